"""The axes of what stands in for a certificate, or for a whole one: raw keys, PSKs, and tickets in time."""

from __future__ import annotations

import re
from typing import Final

from tlsbench.errors import RequestError
from tlsbench.scenarios.axis import row

#: The ``authentication`` of a cipher suite of TLS 1.2 that needs a PSK (RFC 4279, RFC 5489).
PSK: Final = "PSK"
#: The workloads in which each connection shakes hands, as these axes mean it.
_WORKLOADS: Final = ("handshake", "completion")
#: As a server's ticket has it: four bytes of seconds, in TLS 1.3 a week at most (RFC 8446 section 4.6.1).
LONGEST_LIFETIME_S: Final = 604_800
_LIFETIMES: Final = ("300", "7200", "86400", "604800")
_UNITS_S: Final = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
#: How long a ticket that is to expire is good for: the shortest that there is.
EXPIRING_LIFETIME_S: Final = 1
#: The states in which a server does not take a ticket, so that the handshake is a full one.
REFUSED_STATES: Final = ("unknown-key", "expired")
#: Those in which its key is another one now.
ROTATED_STATES: Final = ("previous-key", "unknown-key")


def parse_lifetime(word: str) -> str:
    """A lifetime in seconds, from ``"7200"``, ``"2h"``, ``"90min"``, ``"7d"``, or ``"default"``.

    :raises RequestError: if it is none, is 0, or is longer than a week.
    """
    if word.lower() == "default":
        return "default"
    found = re.fullmatch(r"(\d+) ?([a-z]*)", word.lower())
    seconds = int(found[1]) * _UNITS_S.get(found[2] or "s", 0) if found and len(found[1]) < 10 else 0
    if not 0 < seconds <= LONGEST_LIFETIME_S:
        raise RequestError(f"'{word}' is not a ticket lifetime: give 1 to 604800 seconds, such as 7200 or 2h")
    return str(seconds)


CERTIFICATE_TYPE: Final = row(
    meaning="what proves whose key it is: an X.509 certificate, or nothing but the key, which the other side "
    "knows already (RFC 7250)",
    values=("x509", "raw_public_key"),
    default=("x509",),
    neutral="x509",
    workloads=_WORKLOADS,
    aliases={"raw": "raw_public_key", "rpk": "raw_public_key", "rawpublickey": "raw_public_key"},
    denied="it shows X.509 certificates alone",
    rare=True,
)
PSK_MODE: Final = row(
    meaning="whether a handshake by a PSK exchanges keys too (psk_dhe_ke), for forward secrecy, or not",
    values=("psk_dhe_ke", "psk_ke"),
    default=("psk_dhe_ke",),
    neutral="psk_dhe_ke",
    workloads=_WORKLOADS,
    denied="beside a PSK it always exchanges keys",
    rare=True,
)
TICKET_STATE: Final = row(
    meaning="what became of a ticket until it is used: nothing; its key was replaced, and still opens it "
    "(previous-key) or does no more (unknown-key); or its lifetime is over",
    values=("current", "previous-key", *REFUSED_STATES),
    default=("current",),
    neutral="current",
    workloads=_WORKLOADS,
    aliases={"rotated": "previous-key", "retired": "unknown-key"},
    denied="the keys of its tickets cannot be replaced",
    rare=True,
)
TICKET_LIFETIME: Final = row(
    meaning="for how many seconds a server says that its tickets are good (default is the library's own)",
    values=("default", *_LIFETIMES),
    default=("default",),
    neutral="default",
    workloads=_WORKLOADS,
    parse=parse_lifetime,
    denied="the lifetime of its tickets cannot be set",
    ends=("server",),
    rare=True,
)
