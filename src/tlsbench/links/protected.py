"""How much of a handshake is protected, which anyone sees."""

from __future__ import annotations

from collections.abc import Iterable

from tlsbench.links.ledger import Direction, Entry, flights
from tlsbench.links.reader import Reader
from tlsbench.protocol.messages import APPLICATION_DATA


def protected_bytes(entries: Iterable[Entry], direction: Direction) -> int:
    """The bytes of the protected records in the first flight of a side that has some, without their headers.

    In TLS 1.3 these are a side's messages from its EncryptedExtensions or Certificate to its Finished.

    :raises WireError: if a record ends too early.
    """
    for flight in flights(entries):
        if flight.direction is direction and (count := _protected(flight.data)):
            return count
    return 0


def _protected(flight: bytes) -> int:
    records, count = Reader(flight), 0
    while records:
        is_protected = records.number(1) == APPLICATION_DATA
        records.number(2)  # legacy_record_version
        count += len(records.vector(2)) * is_protected
    return count
