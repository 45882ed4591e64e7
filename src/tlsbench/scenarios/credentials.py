"""The axes for what replaces a certificate or a full handshake: raw keys, PSKs, and ticket states."""

from __future__ import annotations

import re
from typing import Final

from tlsbench.errors import RequestError
from tlsbench.scenarios.axis import row

#: The ``authentication`` of a TLS 1.2 cipher suite that needs a PSK (RFC 4279, RFC 5489).
PSK: Final = "PSK"
#: The workloads whose handshakes these axes describe.
_WORKLOADS: Final = ("handshake", "completion")
#: The longest lifetime of a ticket: a week in TLS 1.3 (RFC 8446 section 4.6.1).
LONGEST_LIFETIME_S: Final = 604_800
_LIFETIMES: Final = ("300", "7200", "86400", "604800")
_UNITS_S: Final = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
#: The lifetime of a ticket that is meant to expire: the shortest possible.
EXPIRING_LIFETIME_S: Final = 1
#: The states in which a server rejects a ticket, which leads to a full handshake.
REFUSED_STATES: Final = ("unknown-key", "expired")
#: The states in which the ticket key has been replaced.
ROTATED_STATES: Final = ("previous-key", "unknown-key")


def parse_lifetime(word: str) -> str:
    """A lifetime in seconds, from ``"7200"``, ``"2h"``, ``"90min"`` or ``"7d"``; or ``"default"``.

    :raises RequestError: if it is not a lifetime, is 0, or is longer than a week.
    """
    if word.lower() == "default":
        return "default"
    found = re.fullmatch(r"(\d+) ?([a-z]*)", word.lower())
    seconds = int(found[1]) * _UNITS_S.get(found[2] or "s", 0) if found and len(found[1]) < 10 else 0
    if not 0 < seconds <= LONGEST_LIFETIME_S:
        raise RequestError(f"'{word}' is not a ticket lifetime: give 1 to 604800 seconds, such as 7200 or 2h")
    return str(seconds)


CERTIFICATE_TYPE: Final = row(
    meaning="how a key is authenticated: by an X.509 certificate, or as a raw key that the other side "
    "already knows (RFC 7250)",
    values=("x509", "raw_public_key"),
    default=("x509",),
    neutral="x509",
    workloads=_WORKLOADS,
    aliases={"raw": "raw_public_key", "rpk": "raw_public_key", "rawpublickey": "raw_public_key"},
    denied="it presents only X.509 certificates",
    rare=True,
)
PSK_MODE: Final = row(
    meaning="whether a PSK handshake also exchanges keys, for forward secrecy (psk_dhe_ke), or not (psk_ke)",
    values=("psk_dhe_ke", "psk_ke"),
    default=("psk_dhe_ke",),
    neutral="psk_dhe_ke",
    workloads=_WORKLOADS,
    denied="with a PSK it always exchanges keys too",
    rare=True,
)
TICKET_STATE: Final = row(
    meaning="what happened to a ticket before it is used: nothing; its key was replaced, and the server "
    "still has it (previous-key) or not (unknown-key); or its lifetime ended",
    values=("current", "previous-key", *REFUSED_STATES),
    default=("current",),
    neutral="current",
    workloads=_WORKLOADS,
    aliases={"rotated": "previous-key", "retired": "unknown-key"},
    denied="the keys of its tickets cannot be replaced",
    rare=True,
)
TICKET_LIFETIME: Final = row(
    meaning="lifetime in seconds that the server gives its tickets (default: the library's own)",
    values=("default", *_LIFETIMES),
    default=("default",),
    neutral="default",
    workloads=_WORKLOADS,
    parse=parse_lifetime,
    denied="the lifetime of its tickets cannot be set",
    ends=("server",),
    rare=True,
)
