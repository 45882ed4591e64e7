"""The pictures of several results: two compared, and cells over many."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from tlsbench.comparison import Judgement, Verdict
from tlsbench.report.naming import called, names
from tlsbench.report.pictures.shapes import MOST_BARS, MOST_LINES, Dots, Line, Lines, Picture
from tlsbench.session.history import CellHistory

#: Times that are farther apart than this factor are drawn on a logarithmic axis.
_WIDE = 5.0
#: The most runs that an axis has room to name.
_MOST_TICKS = 16
#: The most cells of a comparison that are kept for readers to choose from.
_MOST_KEPT = 200


def comparison(judgement: Judgement) -> Picture | None:
    """The ratio of two results for each cell, those that differ most first."""
    verdicts = sorted(
        judgement.verdicts,
        key=lambda verdict: (verdict.verdict == "~", -abs(math.log(verdict.ratio.median))),
    )[:_MOST_KEPT]
    if not verdicts:
        return None
    rest = max(0, len(judgement.verdicts) - MOST_BARS)
    return Picture(
        "comparison",
        "What has changed",
        "Time in the new result over that in the base, with its 95 % interval; 1 means no change. A cell is "
        "called faster or slower only beyond the noise floor and the drift of both runs."
        + (f" {rest:,} more are in the table." if rest else ""),
        Dots(
            verdict_names(verdicts),
            [verdict.ratio.median for verdict in verdicts],
            [
                (verdict.ratio.low, verdict.ratio.high) if math.isfinite(verdict.ratio.high) else None
                for verdict in verdicts
            ],
            [verdict.verdict for verdict in verdicts],
            "new / base",
            1.0,
        ),
        drawn=tuple(range(MOST_BARS)) if rest else (),
    )


def verdict_names(verdicts: Sequence[Verdict]) -> list[str]:
    """What distinguishes the cells of verdicts: their parameters, or their ids if those do not."""
    found = names([verdict.parameters for verdict in verdicts])
    if len(set(found)) < len(found) or "" in found:
        return called([verdict.id for verdict in verdicts], [{} for _ in verdicts])
    return found


def history(cells: Sequence[CellHistory], labels: Sequence[str], left_out: int = 0) -> Picture | None:
    """Cells over saved runs, relative to the first, with a note at each change found.

    :param labels: the names of the runs, in the order in which they were taken.
    :param left_out: the number of further cells.
    """
    followed = [cell for cell in cells if sum(point is not None for point in cell.points) > 1]
    drawn = followed[:MOST_LINES]
    if not drawn:
        return None
    lines = [
        _over_runs(cell, name)
        for cell, name in zip(
            drawn, called([cell.id for cell in drawn], [cell.axes for cell in drawn]), strict=True
        )
    ]
    heights = [height for line in lines for height in line.y]
    rest = left_out + len(cells) - len(drawn)
    weak = sum(cell.weak for cell in drawn)
    return Picture(
        "history",
        "History of cells",
        "Each cell's figure over that in the first run that has it, corrected for the change of the "
        "yardsticks, with its 95 % interval. A change compares all runs since the previous change with all "
        "runs until the next; the verdict is that of a comparison, but with wider intervals the more runs "
        "and cells there are."
        + (f" {weakness(weak)}." if weak else "")
        + (f" {rest:,} more cells are not drawn." if rest > 0 else ""),
        Lines(
            lines,
            "run",
            "× the first run",
            y_is_log=max(heights) > _WIDE * min(heights),
            ticks=_ticks(labels, [at for cell in drawn for at in cell.changes]),
        ),
    )


def weakness(count: int) -> str:
    """The remark on ``count`` points that were compared without yardsticks."""
    return (
        f"* no yardsticks (points: {count}): compared with the previous run by uncorrected times, which "
        "differ by 10 to 40 % between runs on one machine even if nothing changed"
    )


def _over_runs(cell: CellHistory, name: str) -> Line:
    known = {at: point.ratio for at, point in enumerate(cell.points) if point is not None}
    places = list(known)
    return Line(
        name,
        [float(at) for at in known],
        [one.median for one in known.values()],
        [one.low if math.isfinite(one.high) else one.median for one in known.values()],
        [one.high if math.isfinite(one.high) else one.median for one in known.values()],
        {places.index(at): str(change) for at, change in cell.changes.items()},
    )


def _ticks(labels: Sequence[str], always: Collection[int]) -> dict[float, str]:
    """The runs to name: as many as are legible, with the first, the last, and those with a change."""
    every, last = math.ceil(len(labels) / _MOST_TICKS), len(labels) - 1
    always = {*always, last}
    kept = {at for at in range(0, last, every) if all(abs(at - one) >= every for one in always)} | always
    return {float(at): labels[at] for at in sorted(kept)}
