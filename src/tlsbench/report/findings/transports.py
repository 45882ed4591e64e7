"""What QUIC and DTLS cost compared with TLS over TCP: per handshake, byte, round trip and request."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tlsbench.protocol.quic import AMPLIFICATION
from tlsbench.report.digits import from_to
from tlsbench.report.findings.chains import chain_name, sent_before_the_answer
from tlsbench.report.findings.finding import Finding, change_with_interval, round_trips
from tlsbench.report.table import ratio_of
from tlsbench.results import Cell, Run
from tlsbench.scenarios.networks import read_rtt
from tlsbench.stats import Interval, is_difference

#: What may differ between a cell over datagrams and its counterpart over TLS; all else must be the same.
_OF_THE_LIBRARY: Final = frozenset(("implementation", "client", "server"))
_MAY_DIFFER: Final = _OF_THE_LIBRARY | {"transport", "group", "mtu"}
_NOUNS: Final = {
    "handshake": "a handshake",
    "bulk": "a byte of bulk data",
    "echo": "a round trip of a stream",
    "request": "a request",
}
CALLED: Final = {"quic": "QUIC", "dtls": "DTLS"}
#: The workloads to compare. Full and resumed handshakes of DTLS are choices in :mod:`.contrasts`.
COMPARED: Final = {"quic": tuple(_NOUNS), "dtls": ("bulk", "echo")}
#: How a finding names the place of handshakes, by workload.
_WHERE: Final = {"handshake": "", "completion": " over a network"}
_MOST_CHAINS: Final = 6
_NS_PER_MS: Final = 1e6


def transport_findings(run: Run) -> Iterator[Finding]:
    """What datagrams cost compared with TLS in the same run, and where a chain costs a round trip."""
    for transport, workloads in COMPARED.items():
        for workload in workloads:
            yield from _beside_tls(run, workload, _NOUNS[workload], transport)
    yield from _over_network(run.cells)
    yield from _amplification(run.cells)


def beside_tls(run: Run, workload: str, transport: str) -> dict[str, list[tuple[Cell, Cell]]]:
    """The cells of a transport that have a counterpart over TLS, each with that, by library."""
    found: dict[str, list[tuple[Cell, Cell]]] = defaultdict(list)
    over_tls = _of(run.cells, workload, "tls")
    for cell in _of(run.cells, workload, transport):
        if "libraries" in cell.figures and (other := _like(cell, over_tls)) is not None:
            found[_library(cell)].append((cell, other))
    return found


def _beside_tls(run: Run, workload: str, noun: str, transport: str) -> Iterator[Finding]:
    """A finding for each library, on its first cell that differs significantly from TLS."""
    floor = run.noise_floor.get(workload, 0.0)
    for library, found in beside_tls(run, workload, transport).items():
        told = [(cell, other) for cell, other in found if is_difference(ratio_of(cell, other), floor)]
        cell, other = (told or found)[0]
        peer = _library(other)
        what = f"{CALLED[transport]} by {library} instead of TLS"
        what += "" if peer == library else f" by {peer}"
        trips = _round_trips(cell, other)
        if told:
            change = f"{change_with_interval(ratio_of(cell, other))} in the {cell.instrument.noun} of {noun}"
            details = (*_details(cell, other), *_more(told[1:]))
            yield Finding(f"{what}: {change}{', and ' if trips else ''}{trips}", details)
        elif trips:
            yield Finding(
                f"{what}: {trips}; no significant difference in the {cell.instrument.noun} of {noun}"
            )


def _of(cells: Sequence[Cell], workload: str, transport: str) -> list[Cell]:
    return [
        cell
        for cell in cells
        if cell.axes["workload"] == workload
        and cell.axes.get("transport", "tls") == transport
        and cell.axes.get("address_check", "no") == "no"
        and "total" in cell.figures
    ]


def _library(cell: Cell) -> str:
    axes = cell.axes
    return axes.get("implementation") or f"{axes['client']} and {axes['server']}"


def _like(cell: Cell, others: Sequence[Cell]) -> Cell | None:
    """The cell over TLS to compare with: that of the same library, otherwise the fastest."""
    like = [other for other in others if _rest(other.axes) == _rest(cell.axes)]
    same = [other for other in like if _library(other) == _library(cell)]
    return min(same or like, key=lambda other: other.main.median, default=None)


def _rest(axes: Mapping[str, str]) -> dict[str, str]:
    return {axis: value for axis, value in axes.items() if axis not in _MAY_DIFFER}


def _round_trips(cell: Cell, other: Cell) -> str:
    """The round trips until the client may send, compared with a connection that TCP must open first."""
    ours, theirs = cell.ledger.round_trips, other.ledger.round_trips
    if cell.axes["workload"] != "handshake" or ours is None or theirs is None:
        return ""
    first = f"{round_trips(ours)} until the client may send"
    return f"{first} instead of {theirs + 1}, because TCP is not opened first"


def _details(cell: Cell, other: Cell) -> Iterator[str]:
    """Absolute figures with their intervals, and what the ledger says about the difference."""
    unit = cell.instrument.unit
    sides = "; ".join(
        f"{side} {change_with_interval(ratio_of(cell, other, side))}" for side in ("client", "server")
    )
    if cell.axes["workload"] == "bulk":
        ours, theirs = (_per_byte(one) for one in (cell, other))
        yield f"{_ns(theirs)} → {_ns(ours)} a byte, sealed and opened; {sides}"
    else:
        yield f"{from_to(other.main.median, cell.main.median, unit)}; {sides}"
    sent = cell.client_bytes + cell.server_bytes, other.client_bytes + other.server_bytes
    datagrams = (cell.ledger.client_datagrams or 0) + (cell.ledger.server_datagrams or 0)
    in_datagrams = f" in {datagrams / cell.operations:,.3g} datagrams" if datagrams else ""
    yield f"On the wire {sent[0]:,.0f} bytes{in_datagrams}, over TLS {sent[1]:,.0f}"
    groups = cell.negotiated.get("group"), other.negotiated.get("group")
    if cell.axes["workload"] == "handshake" and groups[0] != groups[1]:
        yield f"They exchange keys by {groups[0]} and by {groups[1]}, which is part of the difference"


def _per_byte(cell: Cell) -> Interval:
    """Nanoseconds for each byte of application data: an operation has its size each way."""
    assert cell.scenario is not None
    count, found = 2 * cell.scenario.size, cell.main.interval
    return Interval(found.low / count, found.median / count, found.high / count)


def _ns(found: Interval) -> str:
    return f"{found.median:.3g} ns [{found.low:.3g}, {found.high:.3g}]"


def _more(told: Sequence[tuple[Cell, Cell]]) -> Iterator[str]:
    if told:
        ratios = sorted((ratio_of(cell, other) for cell, other in told), key=lambda ratio: ratio.median)
        least, most = (change_with_interval(one) for one in (ratios[0], ratios[-1]))
        more = least if least == most else f"{least} to {most}"
        yield f"In {len(told)} more of its cells: {more}"


def _over_network(cells: Sequence[Cell]) -> Iterator[Finding]:
    """How much sooner QUIC brings the first byte of an answer, by round-trip time."""
    over_tls = [cell for cell in _of(cells, "completion", "tls") if cell.phases]
    sooner: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for cell in _of(cells, "completion", "quic"):
        if cell.phases and (other := _like(cell, over_tls)) is not None:
            rtt_ms = read_rtt(cell.axes["rtt"])
            before, after = (one.phases["first_byte"] / _NS_PER_MS for one in (other, cell))
            sooner[_library(cell), _library(other)][cell.axes["rtt"]].append(before + rtt_ms - after)
    for (library, peer), by_rtt in sooner.items():
        told = ", ".join(
            f"{min(saved):,.1f} to {max(saved):,.1f} ms at rtt={rtt}"
            if len(saved) > 1
            else f"{saved[0]:,.1f} ms at rtt={rtt}"
            for rtt, saved in sorted(by_rtt.items(), key=lambda one: read_rtt(one[0]))
        )
        what = f"QUIC by {library} instead of TLS" + ("" if peer == library else f" by {peer}")
        yield Finding(
            f"{what} brings the first byte of an answer sooner by {told}".replace("by -", "by −"),
            ("This includes the round trip that opens TCP",),
        )


def _amplification(cells: Sequence[Cell]) -> Iterator[Finding]:
    """The chains that exceed what a QUIC server may send before it has validated the client's address."""
    by_library: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for workload in ("handshake", "completion"):
        for cell in _of(cells, workload, "quic"):
            if cell.axes.get("resumption", "none") == "none" and cell.ledger.round_trips:
                by_library[_library(cell), workload].append(cell)
    for (library, workload), members in by_library.items():
        chains: dict[str, Cell] = {}
        for cell in sorted(members, key=lambda one: one.server_bytes):
            chains.setdefault(chain_name(cell.axes), cell)
        least = min(cell.ledger.round_trips or 0 for cell in chains.values())
        held = {name: cell for name, cell in chains.items() if (cell.ledger.round_trips or 0) > least}
        if len(chains) < 2:
            continue
        limit = (
            f"A QUIC server sends at most {AMPLIFICATION} times what it received until the client's address "
            f"is validated (RFC 9000 section 8.1): with {library}{_WHERE[workload]}"
        )
        if not held:
            yield Finding(f"{limit} none of {len(chains)} chains costs an extra round trip")
            continue
        named = [f"{name} ({_held_back(cell)})" for name, cell in list(held.items())[:_MOST_CHAINS]]
        more = f" and {len(held) - len(named)} more" if len(held) > len(named) else ""
        yield Finding(
            f"{limit} {len(held)} of {len(chains)} chains cost a handshake more than {round_trips(least)}",
            ("; ".join(named) + more,),
        )


def _held_back(cell: Cell) -> str:
    """What each side sent in the first round trip, if it was counted, and the number of round trips."""
    trips, sizes = round_trips(cell.ledger.round_trips or 0), cell.ledger.sizes
    if sizes is None:
        return f"{sent_before_the_answer(cell):,.0f} bytes from the server, {trips}"
    sent, answered = (sum(flight) for flight in sizes[:2])
    return (
        f"{answered:,} bytes sent for {sent:,} received, of {cell.server_bytes:,.0f} from the server, {trips}"
    )
