"""A traced handshake as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tlsbench.results.trace_json import TracedHandshake
    from tlsbench.tracing.decoding import Message
    from tlsbench.tracing.ladder import LadderFlight

WIDTH: Final = 80
_INNER: Final = WIDTH - 4
#: Stands for a space at which no line ends.
_KEPT: Final = "\N{NO-BREAK SPACE}"


def ladder_text(trace: TracedHandshake) -> str:
    """The ladder within 80 columns: the client at the left, the server at the right."""
    return "\n".join((*_head(trace), "", *_rungs(trace), "", *_foot(trace))) + "\n"


def _head(trace: TracedHandshake) -> Iterator[str]:
    yield from textwrap.wrap(trace.scenario, WIDTH, break_on_hyphens=False)
    yield from textwrap.wrap(", ".join(f"{name}: {engine}" for name, engine in trace.engines.items()), WIDTH)
    yield f"{trace.ladder.protocol}, {trace.ladder.cipher}"
    yield from textwrap.wrap(trace.ladder.note, WIDTH)


def _rungs(trace: TracedHandshake) -> Iterator[str]:
    yield f"{'client':<{WIDTH - 6}}server"
    for number, flight in enumerate(trace.ladder.flights, 1):
        from_client = flight.sender == "client"
        spent = f"{flight.spent_ns / 1e6:.2f} ms in the {flight.sender}"
        yield _row(spent if from_client else spent.rjust(_INNER))
        records = f"{len(flight.records)} record{'' if len(flight.records) == 1 else 's'}"
        title = f"─── flight {number}: {flight.wire_bytes:,} bytes, {records} "
        yield (f"├{title:─<{WIDTH - 3}}▶│" if from_client else f"│◀{title:─<{WIDTH - 3}}┤")
        for message in flight.messages:
            yield from map(_row, _message(message))
        yield from map(_row, _records(flight))


def _message(message: Message) -> Iterator[str]:
    state = "encrypted" if message.encrypted else "in the clear"
    first, last = message.records[0] + 1, message.records[-1] + 1
    where = f"record {first}" if first == last else f"records {first}-{last}"
    name = message.name if message.opened else f"({message.name}: not decrypted)"
    yield f"  {name:<34}{message.wire_bytes:>8,}  {state:<14}{where}"
    parts = [f"{one.name}{_KEPT}{one.wire_bytes:,}" for one in message.extensions]
    if message.certificates_bytes:
        sizes = " + ".join(f"{size:,}" for size in message.certificates_bytes)
        parts.insert(0, f"certificates {sizes}")
    for line in textwrap.wrap(", ".join(parts), _INNER, initial_indent="    ", subsequent_indent="    "):
        yield line.replace(_KEPT, " ")


def _records(flight: LadderFlight) -> Iterator[str]:
    sizes = ", ".join(f"{one.wire_bytes:,}" for one in flight.records)
    carried = f"; datagrams of {', '.join(f'{size:,}' for size in flight.datagrams)}"
    told = f"records of {sizes}{carried if flight.datagrams else ''}"
    yield from textwrap.wrap(told, _INNER, initial_indent="  ", subsequent_indent="    ")


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
        yield "The server asked for another key share: a round trip more (HelloRetryRequest)."
    if any(message.name == "HelloVerifyRequest" for message in trace.ladder.messages):
        yield "The server asked for its cookie: a round trip more (HelloVerifyRequest)."
    if trace.keys_from:
        said = f"Decrypted with the key log of {trace.keys_from}, which is off in every measurement."
        yield from textwrap.wrap(said, WIDTH)
    elif not trace.ladder.opened:
        names = " and ".join(trace.engines)
        yield from textwrap.wrap(
            f"What is encrypted stays so: {names} gives no key log. Give client= or server= a library that "
            "does: pyopenssl, libssl, ssl, utls or rtls.",
            WIDTH,
        )
