"""How long the records of a stream are, and how many: their headers are in the clear, whatever they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from tlsbench.errors import WireError
from tlsbench.links.ledger import Direction, Entry, Ledger, summarise
from tlsbench.protocol.messages import RECORD_HEADER_BYTES

#: Of each direction, the content type of each record and the length of its fragment, in order.
RecordLengths = Mapping[Direction, list[tuple[int, int]]]


def record_lengths(entries: Iterable[Entry]) -> RecordLengths:
    """The records in each direction, which writes may cut anywhere.

    :raises WireError: if the bytes end within a record.
    """
    sent: dict[Direction, list[bytes]] = {direction: [] for direction in Direction}
    for direction, data in entries:
        sent[direction].append(data)
    return {direction: _lengths(b"".join(pieces)) for direction, pieces in sent.items()}


def _lengths(data: bytes) -> list[tuple[int, int]]:
    found, at, end = [], 0, len(data)
    while at < end:
        start = at + RECORD_HEADER_BYTES
        length = int.from_bytes(data[at + 3 : start], "big")
        found.append((data[at], length))
        at = start + length
    if at != end:
        raise WireError("the bytes on the wire end within a record")
    return found


def summarise_records(entries: Iterable[Entry]) -> Ledger:
    """Count flights, bytes and records.

    :raises WireError: as :func:`record_lengths` does.
    """
    carried = list(entries)
    lengths = record_lengths(carried)
    return replace(
        summarise(carried),
        client_records=len(lengths[Direction.TO_SERVER]),
        server_records=len(lengths[Direction.TO_CLIENT]),
    )
