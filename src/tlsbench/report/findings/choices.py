"""Findings on a choice between two values of an axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

from tlsbench.links.network import INITIAL_WINDOW_BYTES
from tlsbench.report.beside import arrows, not_known
from tlsbench.report.digits import from_to
from tlsbench.report.findings.finding import Finding, amount, change, change_with_interval
from tlsbench.report.findings.pairs import Pair
from tlsbench.report.naming import names
from tlsbench.results import Cell, Run
from tlsbench.stats import is_difference


@dataclass(frozen=True, slots=True)
class Contrast:
    """Two values of an axis that people choose between.

    :param title: what the choice is about.
    :param value: the value that the finding is about.
    :param against: the value that it is compared with.
    :param follows: axes whose values may differ too, because they follow from the choice.
    :param brings: facts in which the cells may differ as well; the finding then says so.
    :param tells_bytes: whether the bytes on the wire are part of the answer.
    :param beside: another axis, and the value of it that cells with ``against`` must have.
    :param of_sessions: whether resumed handshakes are compared too.
    """

    title: str
    axis: str
    value: str
    against: str
    follows: tuple[str, ...] = ()
    tells_bytes: bool = False
    brings: tuple[str, ...] = ()
    beside: tuple[str, str] | None = None
    of_sessions: bool = False

    def takes(self, cell: Cell) -> bool:
        """Whether a cell may be on either side of the choice."""
        if self.beside is None or cell.axes.get(self.axis) != self.against:
            return True
        axis, value = self.beside
        return cell.axes.get(axis) == value


def told_finding(
    contrast: Contrast,
    told: Sequence[Pair],
    untold: int,
    not_alike: int = 0,
    unlike: str = "",
    *,
    what: str = "handshakes",
) -> Finding:
    """The finding on a choice that significantly changes the time of some pairs.

    :param told: the pairs that differ by more than their uncertainty; ``untold`` is the number of the others.
    :param not_alike: the number of pairs not compared, because they also differ in what ``unlike`` names.
    :param what: what takes the time.
    """
    ratios = sorted(pair.ratio().median for pair in told)
    trips = _round_trips(told)
    details = _details(contrast, told, trips)
    if untold:
        details.append(f"No significant difference in {untold} more")
    noun = told[0].cell.instrument.noun
    return Finding(
        f"{contrast.title}: {what} take {amount(ratios[0], ratios[-1], noun)}{trips}{_count(told)}",
        (*details, *_not_compared(not_alike, unlike)),
    )


def level_finding(
    contrast: Contrast,
    level: Sequence[Pair],
    run: Run,
    not_alike: int = 0,
    unlike: str = "",
    *,
    what: str = "handshakes",
) -> Finding:
    """The finding on a choice that does not significantly change the time of both sides together.

    It may still change the time of one side, the round trips and the bytes on the wire.

    :param level: the pairs that differ by it, none by more than its uncertainty and the noise floor.
    :param not_alike: the number of pairs not compared, because they also differ in what ``unlike`` names.
    """
    noun = level[0].cell.instrument.noun
    floor = run.noise_floor.get(level[0].cell.axes["workload"], 0.0)
    known = isfinite(floor) and any(isfinite(pair.ratio().high) for pair in level)
    trips = _round_trips(level)
    sides = []
    for side in ("server", "client"):
        ratios = [pair.ratio(side) for pair in level if side in pair.cell.figures]
        if len(ratios) == len(level) and all(is_difference(ratio, floor) for ratio in ratios):
            medians = sorted(ratio.median for ratio in ratios)
            sides.append(f"the {side} takes {amount(medians[0], medians[-1], noun)}")
    if sides:
        said = f"{', '.join(sides)}, and both together show no significant difference"
    else:
        found = "no significant difference" if known else "too few rounds to tell a difference"
        said = f"{found} in the {noun} of {what}"
    return Finding(
        f"{contrast.title}: {said}{trips and ', but'}{trips.removeprefix(' and')}{_count(level)}",
        (*_details(contrast, level, trips), *_not_compared(not_alike, unlike)),
    )


def _count(of: Sequence[Pair]) -> str:
    return f" ({len(of)} comparisons)" if len(of) > 1 else ""


def _details(contrast: Contrast, of: Sequence[Pair], trips: str) -> list[str]:
    """The figures of the pairs with the lowest and highest ratio, bytes on the wire, and what else differs.

    :param trips: what the headline says about round trips.
    """
    named = zip(names([pair.context for pair in of]), of, strict=True)
    ordered = sorted(named, key=lambda one: one[1].ratio().median)
    details = [_sides(*ordered[0])]
    if len(ordered) > 1:
        details.append(_sides(*ordered[-1]))
    if contrast.tells_bytes:
        details.append(f"On the wire {_bytes(ordered[0][1])}")
        details += _beyond_the_window(ordered[0][1])
    besides = [pair.beside for pair in of]
    if differing := arrows(besides, ("round trips",) if trips else ()):
        details.append(f"They also differ in {differing}")
    if unknown := not_known(besides):
        details.append(f"Unknown for one or both: {unknown}")
    return details


def _not_compared(not_alike: int, unlike: str) -> list[str]:
    if not not_alike:
        return []
    return [f"{not_alike} more are not compared, because they also differ in {unlike}"]


def _round_trips(told: Sequence[Pair]) -> str:
    """How the choice changes the round trips, if it does so alike in every pair."""
    changes = {
        (pair.against.ledger.round_trips, pair.cell.ledger.round_trips)
        for pair in told
        if pair.against.ledger.round_trips is not None and pair.cell.ledger.round_trips is not None
    }
    if len(changes) != 1:
        return ""
    [(before, after)] = changes
    assert before is not None
    assert after is not None
    if before == after:
        return ""
    count = abs(before - after)
    noun = "round trip" if count == 1 else "round trips"
    return f" and {count} {noun} {'fewer' if after < before else 'more'} ({before} → {after})"


def _sides(context: str, pair: Pair) -> str:
    unit = pair.cell.instrument.unit
    carried = from_to(pair.against.main.median, pair.cell.main.median, unit)
    sides = "".join(
        f"; {side} {change_with_interval(ratio)}"
        for side in ("client", "server")
        if side in pair.cell.figures and isfinite((ratio := pair.ratio(side)).high)
    )
    ratio = pair.ratio()
    total = (
        change_with_interval(ratio) if isfinite(ratio.high) else f"{change(ratio.median)} [too few rounds]"
    )
    return f"{context or 'Both sides'}: {carried}, {total}{sides}"


def _bytes(pair: Pair) -> str:
    def change(ours: float, theirs: float) -> str:
        return f"{ours - theirs:+,.0f} bytes"

    cell, other = pair.cell, pair.against
    return (
        f"{change(cell.client_bytes, other.client_bytes)} from the client, "
        f"{change(cell.server_bytes, other.server_bytes)} from the server"
    )


def _beyond_the_window(pair: Pair) -> Iterator[str]:
    """A sentence if the choice makes the server's flight larger than what it may send at once."""
    if pair.against.server_bytes <= INITIAL_WINDOW_BYTES < pair.cell.server_bytes:
        yield (
            f"The server then sends {pair.cell.server_bytes:,.0f} bytes, more than the "
            f"{INITIAL_WINDOW_BYTES:,} of the initial congestion window (RFC 6928): over a network that can "
            "cost one more round trip"
        )
