"""Whether a server's first bytes are a HelloRetryRequest, as seen on a socket or on their way to it."""

from __future__ import annotations

from typing import Final

from tlsbench.protocol.messages import HANDSHAKE, HELLO_RETRY_REQUEST_RANDOM, SERVER_HELLO

#: Of the first record: its header (5 bytes), that of the message (4), the version (2) and the random.
HELLO_BYTES: Final = 43


def asks_to_retry(data: bytes) -> bool | None:
    """Whether a server's first bytes are a HelloRetryRequest; None as long as there are too few to tell."""
    if not data or data[0] != HANDSHAKE or (len(data) > 5 and data[5] != SERVER_HELLO):
        return False
    return data[11:HELLO_BYTES] == HELLO_RETRY_REQUEST_RANDOM if len(data) >= HELLO_BYTES else None
