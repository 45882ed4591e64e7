"""How many handshakes per second one core does."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from tlsbench.report.findings.contrasts import full_handshakes
from tlsbench.report.findings.finding import Finding
from tlsbench.results import Cell, Run
from tlsbench.units import NANOSECONDS

#: The most key types that the finding mentions; the table has them all.
_MOST = 4


def rate_findings(run: Run) -> Iterator[Finding]:
    """The server's rate of full handshakes for each key type: that of its fastest cell."""
    best: dict[str, Cell] = {}
    for cell in full_handshakes(run):
        if cell.instrument.unit is not NANOSECONDS or cell.axes.get("implementation") == "fake":
            continue
        key = cell.axes.get("key", "")
        if key not in best or cell.server_operations_per_s > best[key].server_operations_per_s:
            best[key] = cell
    rates = [
        _rate(key, cell)
        for key, cell in sorted(best.items(), key=lambda item: -item[1].server_operations_per_s)
        if cell.server_operations_per_s and isfinite(cell.figures["server"].interval.high)
    ]
    if rates:
        first, *others = rates
        rest = ("; ".join(f"{rate} with {of}" for rate, of in others[: _MOST - 1]),) if others else ()
        yield Finding(f"One core serves {first[0]} full handshakes/s with {first[1]}", rest)


def _rate(key: str, cell: Cell) -> tuple[str, str]:
    """The rate with its uncertainty, and the configuration that reached it."""
    side = cell.figures["server"].interval
    half = 100 * side.relative_half_width
    library = cell.axes.get("implementation") or cell.axes.get("server", "")
    tickets = cell.negotiated.get("tickets")
    of = [library, f"TLS {cell.axes['version']}", cell.axes["group"]]
    of += [f"{tickets} ticket{'s' * (tickets != 1)}"] if tickets is not None else []
    return f"{cell.server_operations_per_s:,.0f} (±{half:.1f} %)", f"{key} ({', '.join(of)})"
