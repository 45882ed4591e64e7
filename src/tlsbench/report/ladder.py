"""A traced handshake as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tlsbench.decryption.decoding import Message
    from tlsbench.decryption.messages import Compression
    from tlsbench.results.trace_json import TracedHandshake
    from tlsbench.tracing.ladder import LadderFlight, RecordLine

WIDTH: Final = 80
_INNER: Final = WIDTH - 4
#: What each kind of address check asks for.
_PROOFS: Final = {"HelloVerifyRequest": "cookie", "Retry": "token"}
#: Marks a space at which a line must not break.
KEPT: Final = "\N{NO-BREAK SPACE}"


def ladder_text(trace: TracedHandshake) -> str:
    """The ladder within 80 columns: the client on the left, the server on the right."""
    return "\n".join((*_head(trace), "", *_rungs(trace), "", *_foot(trace))) + "\n"


def _head(trace: TracedHandshake) -> Iterator[str]:
    yield from textwrap.wrap(trace.scenario, WIDTH, break_on_hyphens=False)
    yield from textwrap.wrap(", ".join(f"{name}: {engine}" for name, engine in trace.engines.items()), WIDTH)
    yield f"{trace.ladder.protocol}, {trace.ladder.cipher}"
    yield from textwrap.wrap(trace.ladder.note, WIDTH)


def _rungs(trace: TracedHandshake) -> Iterator[str]:
    unit = trace.ladder.carrier.unit
    yield f"{'client':<{WIDTH - 6}}server"
    for number, flight in enumerate(trace.ladder.flights, 1):
        from_client = flight.sender == "client"
        spent = f"{flight.spent_ns / 1e6:.2f} ms in the {flight.sender}"
        yield _row(spent if from_client else spent.rjust(_INNER))
        title = f"─── flight {number}: {flight.wire_bytes:,} bytes, {parts_of(flight, unit)} "
        yield (f"├{title:─<{WIDTH - 3}}▶│" if from_client else f"│◀{title:─<{WIDTH - 3}}┤")
        for message in lines_of(flight):
            yield from map(_row, _message(message, unit))
        yield from map(_row, _records(flight, unit))


def lines_of(flight: LadderFlight) -> Iterator[Message]:
    """The messages of a flight, one line each; consecutive identical frames of a packet share a line."""
    for message, alike in groupby(flight.messages):
        count = len(list(alike))
        if message.kind is None and count > 1:
            whole = message.wire_bytes * count
            yield replace(message, name=f"{message.name} × {count}", wire_bytes=whole)
        else:
            yield from [message] * count


def parts_of(flight: LadderFlight, unit: str) -> str:
    """The number of datagrams, if any, and of records or packets."""
    counts = [("datagram", len(flight.datagrams)), (unit, len(flight.records))]
    return ", ".join(f"{count} {name}{'s' * (count != 1)}" for name, count in counts if count or name == unit)


def _message(message: Message, unit: str) -> Iterator[str]:
    state = "encrypted" if message.encrypted else "in the clear"
    first, last = message.records[0] + 1, message.records[-1] + 1
    where = f"{unit} {first}" if first == last else f"{unit}s {first}-{last}"
    name = message.name if message.opened else f"({message.name}: not decrypted)"
    yield f"  {name:<34}{message.wire_bytes:>8,}  {state:<14}{where}"
    parts = [f"{one.name}{KEPT}{one.wire_bytes:,}" for one in message.extensions]
    if message.certificates_bytes:
        sizes = " + ".join(f"{size:,}" for size in message.certificates_bytes)
        parts.insert(0, f"certificates {sizes}")
    if message.compression:
        parts.insert(0, compression_text(message.compression))
    for line in textwrap.wrap(", ".join(parts), _INNER, initial_indent="    ", subsequent_indent="    "):
        yield line.replace(KEPT, " ")


def compression_text(compression: Compression) -> str:
    """How certificates are compressed: ``zlib, of 1,463 bytes``."""
    return f"{compression.algorithm}, of {compression.uncompressed_bytes:,} bytes"


def _records(flight: LadderFlight, unit: str) -> Iterator[str]:
    lists = {f"{unit}s": [_record(one, unit) for one in flight.records]}
    if flight.datagrams:
        lists["datagrams"] = [f"{size:,}" for size in flight.datagrams]
    for name, sizes in lists.items():
        text = f"{name} of {', '.join(sizes)}"
        for line in textwrap.wrap(text, _INNER, initial_indent="  ", subsequent_indent="    "):
            yield line.replace(KEPT, " ")


def _record(record: RecordLine, unit: str) -> str:
    size = f"{record.wire_bytes:,}"
    return size if unit == "record" else f"{size}{KEPT}({record.content_type})"


def _row(text: str) -> str:
    return f"│ {text:<{_INNER}} │"


def _foot(trace: TracedHandshake) -> Iterator[str]:
    flights = trace.ladder.flights
    by = {
        sender: sum(one.wire_bytes for one in flights if one.sender == sender)
        for sender in ("client", "server")
    }
    yield f"{len(flights)} flights; {by['client']:,} bytes from the client, {by['server']:,} from the server"
    if trace.ladder.hello_retry:
        yield "The server asked for another key share: one more round trip (HelloRetryRequest)."
    for asked in trace.ladder.address_checks:
        yield f"The server asked for its {_PROOFS[asked]}: one more round trip ({asked})."
    yield trace.ladder.carrier.opening
    if trace.keys_from:
        said = f"Decrypted with the key log of {trace.keys_from}, which is off in every measurement."
        yield from textwrap.wrap(said, WIDTH)
    elif not trace.ladder.opened:
        names = " and ".join(trace.engines)
        yield from textwrap.wrap(
            f"Encrypted messages stay encrypted: {names} provides no key log. Set client= or server= to a "
            "library that does: pyopenssl, libssl, ssl, utls or rtls.",
            WIDTH,
        )
