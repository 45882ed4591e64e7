"""Which alert ended a connection: from the library's error message, or from the alert record."""

from __future__ import annotations

import re
from typing import Final

from tlsbench.protocol.alerts import DESCRIPTIONS, FATAL
from tlsbench.protocol.messages import ALERT

#: The record of an unencrypted alert (RFC 8446 section 5.1): the type, two bytes of version, the length 2,
#: the level fatal, the description.
_RECORD: Final = re.compile(bytes([ALERT]) + rb"\x03.\x00\x02" + bytes([FATAL]) + b"(.)", re.DOTALL)
#: Each library spells alerts in its own way: "tlsv1 alert unknown ca", "received fatal alert: UnknownCA".
_WORDS: Final = re.compile(r"alert[:_ ]*(?:number [0-9]+)?(.*)", re.IGNORECASE | re.DOTALL)


def _squeezed(text: str) -> str:
    return re.sub("[^a-z]", "", text.lower())


#: Longest first, since one is a prefix of another.
_BY_WORDS: Final = sorted(
    ((_squeezed(name), name) for name in DESCRIPTIONS.values()), key=lambda pair: -len(pair[0])
)


def alert_behind(reason: str, received: bytes, sent: bytes) -> str | None:
    """The alert that ended a failed connection.

    :param reason: why it failed, in the words of the library.
    :param received: the last bytes from the client; a client with OpenSSL refuses a chain in plaintext.
    :param sent: the last bytes sent to it.
    :returns: such as ``"sent handshake_failure"`` or ``"received unknown_ca"``; None if no alert is known. An
        alert that the server sends encrypted is not recognised.
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
