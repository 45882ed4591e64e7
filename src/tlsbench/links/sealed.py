"""How much a server sealed before its client answered: what the wire of TLS 1.3 says of hidden messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from tlsbench.links.ledger import Direction, Entry
from tlsbench.links.reader import Reader
from tlsbench.protocol.messages import APPLICATION_DATA

#: What each record adds to what it seals: the content type and the tag (RFC 8446 section 5.2).
_SEAL_BYTES: Final = 1 + 16


def sealed_bytes(entries: Iterable[Entry]) -> int:
    """The bytes in a server's sealed records before the client's first sealed one, without their seals.

    In a full handshake without early data these are EncryptedExtensions, Certificate, CertificateVerify and
    Finished (RFC 8446 section 4).

    :raises WireError: if a record ends too early.
    """
    from_server, from_client = bytearray(), bytearray()
    for direction, data in entries:
        if direction is Direction.TO_CLIENT:
            from_server += data
            continue
        from_client += data
        if any(kind == APPLICATION_DATA for kind, _ in _records(bytes(from_client))):
            break
    return sum(
        length - _SEAL_BYTES for kind, length in _records(bytes(from_server)) if kind == APPLICATION_DATA
    )


def _records(data: bytes) -> Iterator[tuple[int, int]]:
    """The content type of each record, and how many bytes it has."""
    records = Reader(data)
    while records:
        kind = records.number(1)
        records.number(2)  # legacy_record_version
        yield kind, len(records.vector(2))
