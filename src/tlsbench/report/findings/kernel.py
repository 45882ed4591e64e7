"""The kernel's share of a handshake: over TCP on loopback, compared with the same one in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tlsbench.report.digits import from_to, with_unit
from tlsbench.report.findings.finding import Finding, amount, change_with_interval
from tlsbench.report.findings.pairs import Pair, pairs
from tlsbench.report.naming import names
from tlsbench.results import Run
from tlsbench.stats import Interval, is_difference
from tlsbench.units import NANOSECONDS


@dataclass(frozen=True, slots=True)
class _Carried:
    """A handshake over TCP, and the same one in memory; times in nanoseconds.

    :param opening_ns: the time to open the TCP connection, which is in neither total; 0 if not measured.
    """

    pair: Pair
    opening_ns: float

    @property
    def ratio(self) -> Interval:
        """The ratio of the total over TCP to that in memory, round by round."""
        return self.pair.ratio("total")

    @property
    def in_memory_ns(self) -> float:
        return self.pair.against.figures["total"].median

    def share(self, ratio: float) -> float:
        """The share of a new connection, including its opening, that a handshake in memory does without.

        :param ratio: the ratio of the totals: the median, or an end of its interval.
        """
        return 1 - self.in_memory_ns / (self.in_memory_ns * ratio + self.opening_ns)


def kernel_findings(run: Run) -> Iterator[Finding]:
    """What it costs to carry handshakes over TCP: a ceiling on what bypassing the kernel could save."""
    cells = [
        cell
        for cell in run.cells
        if cell.axes["workload"] == "handshake" and cell.instrument.unit is NANOSECONDS
    ]
    floor = run.noise_floor.get("handshake", 0.0)
    found = [
        _Carried(pair, pair.cell.phases.get("tcp_open", 0.0))
        for pair in pairs(cells, "link", "tcp", "memory")
    ]
    told = [one for one in found if is_difference(one.ratio, floor) and one.ratio.median > 1]
    if told:
        yield _finding(told, len(found) - len(told))


def _finding(told: Sequence[_Carried], untold: int) -> Finding:
    named = zip(names([one.pair.context for one in told]), told, strict=True)
    ordered = sorted(named, key=lambda one: one[1].share(one[1].ratio.median))
    ratios = sorted(one.ratio.median for one in told)
    of = f" ({len(told)} comparisons)" if len(told) > 1 else ""
    details = [_sides(*one) for one in (ordered[0], *ordered[1:][-1:])]
    if untold:
        details.append(f"No significant difference in {untold} more")
    details.append(
        "This is for both ends on loopback, with Python's calls into the kernel: the most that bypassing the "
        "kernel could save, not counting a network card's driver and interrupts"
    )
    more = amount(ratios[0], ratios[-1], "total time")
    return Finding(
        f"TCP on loopback instead of memory: handshakes take {more}{of}",
        tuple(details),
    )


def _sides(context: str, one: _Carried) -> str:
    before, after = (cell.figures["total"].median for cell in (one.pair.against, one.pair.cell))
    carried = f"{from_to(before, after, NANOSECONDS)}, {change_with_interval(one.ratio)}"
    low, middle, high = (100 * one.share(end) for end in (one.ratio.low, one.ratio.median, one.ratio.high))
    opening = (
        f"; opening TCP takes another {with_unit(one.opening_ns, NANOSECONDS)}" if one.opening_ns else ""
    )
    whole = "a new connection with its handshake" if one.opening_ns else "the handshake"
    return (
        f"{context or 'Both sides'}: {carried}{opening}; the kernel's share of {whole} is {middle:.0f} % "
        f"[{low:.0f}, {high:.0f}]"
    )
