"""Which alert ended a connection: from the library's words, or from the record that goes out."""

from __future__ import annotations

import re
from typing import Final

from tlsbench.protocol.alerts import DESCRIPTIONS, FATAL
from tlsbench.protocol.messages import ALERT

#: A record of an alert that is not encrypted (RFC 8446 section 5.1): the type, two bytes of version, the
#: length 2, the level fatal, the description.
_RECORD: Final = re.compile(bytes([ALERT]) + rb"\x03.\x00\x02" + bytes([FATAL]) + b"(.)", re.DOTALL)
#: Each library spells them its own way: "tlsv1 alert unknown ca", "received fatal alert: UnknownCA".
_WORDS: Final = re.compile(r"alert[:_ ]*(?:number [0-9]+)?(.*)", re.IGNORECASE | re.DOTALL)


def _squeezed(text: str) -> str:
    return re.sub("[^a-z]", "", text.lower())


#: Longest first, for one is the beginning of another.
_BY_WORDS: Final = sorted(
    ((_squeezed(name), name) for name in DESCRIPTIONS.values()), key=lambda pair: -len(pair[0])
)


def alert_behind(reason: str, received: bytes, sent: bytes) -> str | None:
    """The alert of a connection that failed.

    :param reason: why, in the words of the library.
    :param received: the last bytes of the client; OpenSSL's sends its refusal of a chain plain.
    :param sent: the last bytes for it.
    :returns: ``"sent handshake_failure"`` or ``"received unknown_ca"``; None where none is known. An alert
        that the server sends encrypted is not seen.
    """
    for way, data in (("received", received), ("sent", sent)):
        if (record := _RECORD.search(data)) and (name := DESCRIPTIONS.get(record[1][0])):
            return f"{way} {name}"
    if words := _WORDS.search(reason):
        squeezed = _squeezed(words[1])
        for known, name in _BY_WORDS:
            if squeezed.startswith(known):
                return f"received {name}"
    return None
