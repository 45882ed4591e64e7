"""What a library's QUIC or DTLS costs beyond its own TLS, by the number of datagrams in the ledger.

The same engine does the same key exchange and signatures over each transport. What is left is the transport:
a fixed cost per handshake, and a cost for each datagram that is sealed, sent, opened and acknowledged. The
differences of handshakes with different keys, chains and groups must therefore be linear in their datagrams.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from tlsbench.report.digits import with_unit
from tlsbench.report.findings.finding import Finding
from tlsbench.report.findings.transports import CALLED
from tlsbench.results import Cell, Run
from tlsbench.stats.slope import Slope, slope

#: The half-width of a 95 % interval with many points, in standard errors.
_NORMAL: Final = 1.96


def per_datagram_findings(run: Run) -> Iterator[Finding]:
    """A finding for each library and transport with enough handshakes that differ in their datagrams."""
    points: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    cells = [cell for cell in run.cells if _counts(cell)]
    plain = {_key(cell): cell for cell in cells if cell.axes.get("transport", "tls") == "tls"}
    for cell in cells:
        other = plain.get(_key(cell))
        if cell.axes.get("transport", "tls") in CALLED and other is not None:
            library = cell.axes["implementation"]
            points[library, cell.axes["transport"]].append((_datagrams(cell), _beyond(cell, other)))
    for (library, transport), found in points.items():
        line = slope(found)
        if line is not None:
            yield _finding(run, library, transport, found, line)


def _counts(cell: Cell) -> bool:
    """Whether the cell is a handshake of one library, without a check of the client's address."""
    return (
        cell.axes["workload"] == "handshake"
        and "implementation" in cell.axes
        and cell.axes.get("address_check", "no") == "no"
        and "libraries" in cell.figures
    )


def _key(cell: Cell) -> frozenset[tuple[str, str]]:
    """What the two cells of a pair must have in common: everything but the transport and the MTU."""
    axes: Mapping[str, str] = {**cell.axes, "group": str(cell.negotiated.get("group", ""))}
    return frozenset((axis, value) for axis, value in axes.items() if axis not in ("transport", "mtu"))


def _datagrams(cell: Cell) -> float:
    return ((cell.ledger.client_datagrams or 0) + (cell.ledger.server_datagrams or 0)) / cell.operations


def _beyond(cell: Cell, other: Cell) -> float:
    return cell.figures["libraries"].median - other.figures["libraries"].median


def _finding(
    run: Run, library: str, transport: str, found: list[tuple[float, float]], line: Slope
) -> Finding:
    unit = next(cell for cell in run.cells if _counts(cell)).instrument.unit
    fixed, each, error = (with_unit(one, unit) for one in (line.intercept, line.value, _NORMAL * line.error))
    left, beyond, count = max((abs(over - line.at(datagrams)), over, datagrams) for datagrams, over in found)
    counts = sorted(datagrams for datagrams, _ in found)
    through = f"A line through {len(found)} pairs of handshakes"
    far = f"The farthest from it has {count:.0f} datagrams and differs from TLS by {with_unit(beyond, unit)}"
    return Finding(
        f"{CALLED[transport]} by {library} costs {fixed} a handshake and {each} ± {error} a datagram beyond "
        "its own TLS, whatever the signature and key exchange",
        (
            f"{through}, of {counts[0]:.0f} to {counts[-1]:.0f} datagrams",
            f"{far}: the line does not explain {with_unit(left, unit)} of that",
        ),
    )
