"""The records of a stream, whose headers are in the clear whatever they hold (RFC 8446 section 5.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from tlsbench.errors import WireError
from tlsbench.links.ledger import Direction, Entry, Ledger, summarise
from tlsbench.protocol.messages import RECORD_HEADER_BYTES

#: For each direction, the content type and the fragment length of each record, in order.
RecordLengths = Mapping[Direction, list[tuple[int, int]]]
_TORN = "the bytes on the wire end within a record"


def records_in(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The content type and the fragment of each record, in order.

    :raises WireError: at a record that ends too early, after the records before it have been yielded.
    """
    at = 0
    while at < len(data):
        end = _end(data, at)
        if end > len(data):
            raise WireError(_TORN)
        yield data[at], data[at + RECORD_HEADER_BYTES : end]
        at = end


def records_sent(entries: Iterable[Entry]) -> Iterator[tuple[Direction, int, bytes]]:
    """The records of both directions, in the order of their last bytes: writes may split them anywhere.

    :raises WireError: if a direction ends within a record, after all whole records have been yielded.
    """
    waiting = dict.fromkeys(Direction, b"")
    for direction, data in entries:
        stream, at = waiting[direction] + data, 0
        while at < len(stream) and (end := _end(stream, at)) <= len(stream):
            yield direction, stream[at], stream[at + RECORD_HEADER_BYTES : end]
            at = end
        waiting[direction] = stream[at:]
    if any(waiting.values()):
        raise WireError(_TORN)


def _end(data: bytes, at: int) -> int:
    """The end of the record that begins at ``at``; beyond the end of the data if it is incomplete."""
    start = at + RECORD_HEADER_BYTES
    return start + int.from_bytes(data[at + 3 : start], "big")


def record_lengths(entries: Iterable[Entry]) -> RecordLengths:
    """The records in each direction.

    :raises WireError: as :func:`records_sent` does.
    """
    found: dict[Direction, list[tuple[int, int]]] = {direction: [] for direction in Direction}
    for direction, kind, fragment in records_sent(entries):
        found[direction].append((kind, len(fragment)))
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
