"""Recognising a HelloRetryRequest by a server's first bytes, on a socket or in transit."""

from __future__ import annotations

from typing import Final

from tlsbench.protocol.messages import HANDSHAKE, HELLO_RETRY_REQUEST_RANDOM, SERVER_HELLO

#: The start of the first record: its header (5 bytes), the message header (4), version (2) and random (32).
HELLO_BYTES: Final = 43


def asks_to_retry(data: bytes) -> bool | None:
    """Whether a server's first bytes are a HelloRetryRequest; None while there are too few to decide."""
    if not data or data[0] != HANDSHAKE or (len(data) > 5 and data[5] != SERVER_HELLO):
        return False
    return data[11:HELLO_BYTES] == HELLO_RETRY_REQUEST_RANDOM if len(data) >= HELLO_BYTES else None
