"""The results of a load on the machines of a fleet, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tlsbench.loading import Load
from tlsbench.loading.machines import MachineLoad, skew_ms
from tlsbench.report.digits import format_count, format_duration_us
from tlsbench.report.findings.finding import Finding
from tlsbench.report.sheets import Entry, Field, Figure, Sheet

_FIELDS: Final = (
    Field("machine", "machine", "label"),
    Field("connections", "share"),
    Field("handshakes", "handshakes"),
    Field("handshakes_per_s", "per s"),
    Field("p99_us", "handshake p99"),
    Field("failures", "failed"),
    Field("began_ms", "began ms"),
    Field("why", "", "label", wraps=True),
)
#: A machine is reported as slow if its rate for its share is this fraction below the next.
_SLOW: Final = 0.1
#: Wall clocks that are off by more than this are reported.
_CLOCKS_MS: Final = 1000.0


def sheets_of_machines(load: Load) -> list[Sheet]:
    """A table with one row per machine of a fleet; empty for a load by one machine."""
    if not load.machines:
        return []
    entries = [
        Entry(one.name, {"machine": one.name, "why": _why(one)}, _figures(one)) for one in load.machines
    ]
    return [Sheet("by machine", _FIELDS, entries)]


def _figures(one: MachineLoad) -> dict[str, Figure]:
    failed, p99_us = sum(one.tally.failures.values()), one.handshake_p99_ns / 1e3
    share = f"{one.rate_per_s:g}/s" if one.rate_per_s else f"{one.connections:,}"
    late = "-" if one.late_ms is None else f"{one.late_ms:+.1f} ±{one.uncertain_ms:.1f}"
    return {
        "connections": Figure(one.connections, share),
        "handshakes": Figure(one.tally.handshakes, format_count(one.tally.handshakes)),
        "handshakes_per_s": Figure(one.handshakes_per_s, format_count(one.handshakes_per_s), "per_s"),
        "p99_us": Figure(p99_us, format_duration_us(p99_us) if one.tally.handshakes else "-", "us"),
        "failures": Figure(failed, format_count(failed)),
        "began_ms": Figure(one.late_ms, late, "ms"),
    }


def _why(one: MachineLoad) -> str:
    """Remarks on a machine: that it was lost, and its failures by kind."""
    kinds = [f"{count:,} × {kind}" for kind, count in one.tally.failures.items()]
    return "; ".join([*([f"lost: {one.lost}"] if one.lost else []), *kinds])


def findings_of_machines(load: Load) -> list[Finding]:
    """Which machine was slowest, and which were lost."""
    found = []
    if slowest := _slowest([one for one in load.machines if not one.lost]):
        found.append(Finding(slowest))
    if load.lost_machines:
        names = [one.name for one in load.machines if one.lost]
        found.append(
            Finding(
                f"Lost {len(names)} of {len(load.machines)} machines: {', '.join(names)}", load.lost_machines
            )
        )
    return found


def _slowest(machines: Sequence[MachineLoad]) -> str:
    """The machine that did least for its share, in words; ``""`` if none is notably slow."""
    if len(machines) < 2:
        return ""
    rates = {one.name: _per_share(one) for one in machines}
    first, *others = sorted(machines, key=_per_share)
    least = min(rates[one.name] for one in others)
    if rates[first.name] >= (1 - _SLOW) * least:
        return ""
    behind = f"{first.handshakes_per_s:,.0f} handshakes/s, {1 - rates[first.name] / least:.0%} less"
    p99 = format_duration_us(first.handshake_p99_ns / 1e3)
    return f"Slowest machine: {first.name}, {behind} for its share than the next (handshake p99 {p99} µs)"


def _per_share(one: MachineLoad) -> float:
    return one.handshakes_per_s / (one.rate_per_s or one.connections or 1)


def notes_on_machines(load: Load) -> list[str]:
    """How closely together the machines began, and what differed among them."""
    if not load.machines:
        return []
    line = f"{len(load.machines)} machines, each with its share"
    if (skew := skew_ms(load.machines)) is not None:
        line += f"; their first connections began within {skew[0]:.1f} ms of each other (± {skew[1]:.1f} ms)"
    off = [one for one in load.machines if abs(one.clock_off_ms) > _CLOCKS_MS]
    clocks = [f"the clock of {one.name} is off by {one.clock_off_ms / 1e3:+.1f} s" for one in off]
    return [line, *clocks, *load.differences]
