"""What a page shows of traced handshakes: a line on each, and its ladder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tlsbench.report.findings import Finding
from tlsbench.results.trace_json import TracedHandshake

#: Kinds by the value of the axis ``resumption``; with any other value, a handshake is resumed.
_KINDS: Final = {"": "A full handshake", "early-data": "A 0-RTT handshake"}
#: What no reader of a ladder should miss, even on a page with nothing else.
_NO_BENCHMARK = "a trace is one handshake: its times are not a benchmark; to measure, use 'tlsbench run'"


def headline(traced: TracedHandshake) -> str:
    """A handshake in one line."""
    flights = traced.ladder.flights
    client, server = (
        sum(flight.wire_bytes for flight in flights if flight.sender == side) for side in ("client", "server")
    )
    asked = ("HelloRetryRequest",) * traced.ladder.hello_retry + traced.ladder.address_checks
    retry = "".join(f", with a {name}" for name in asked)
    sizes = f"{client:,} bytes from the client, {server:,} from the server"
    return f"{_kind(traced)} of {traced.ladder.protocol}{retry}: {len(flights)} flights, {sizes}"


def _kind(traced: TracedHandshake) -> str:
    """The kind of a handshake, such as full or resumed, by its scenario."""
    kinds = [part.partition("=")[2] for part in traced.scenario.split() if part.startswith("resumption=")]
    return _KINDS.get("".join(kinds), "A resumed handshake")


def trace_findings(traces: Sequence[TracedHandshake]) -> list[Finding]:
    """A finding on each handshake: its flights, its bytes, and its largest message."""
    return [Finding(headline(one), (one.scenario, *_largest(one))) for one in traces]


def trace_doubts(traces: Sequence[TracedHandshake]) -> list[str]:
    """Cautions against reading too much into ladders."""
    closed = [one.scenario for one in traces if not one.ladder.opened]
    return [
        *([_NO_BENCHMARK] if traces else []),
        *(f"not decrypted, because neither library provides its secrets: {scenario}" for scenario in closed),
    ]


def trace_environment(traces: Sequence[TracedHandshake]) -> list[tuple[str, Sequence[tuple[str, str]]]]:
    """The libraries of each handshake."""
    return [(one.scenario, list(one.engines.items())) for one in traces]


def _largest(traced: TracedHandshake) -> list[str]:
    ladder = traced.ladder
    # over QUIC only the messages, and not frames such as PADDING
    of = [one for one in ladder.messages if ladder.transport != "quic" or one.kind is not None]
    message = max(of, key=lambda one: one.wire_bytes, default=None)
    total = sum(flight.wire_bytes for flight in traced.ladder.flights)
    if message is None or not total:
        return []
    return [f"{message.name} is the largest message: {message.wire_bytes:,} of {total:,} bytes on the wire"]
