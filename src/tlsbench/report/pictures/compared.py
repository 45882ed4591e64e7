"""The pictures of several results: two held against each other, and a cell over many."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tlsbench.comparison import Judgement, Recording, Verdict
from tlsbench.report.naming import names
from tlsbench.report.pictures.shapes import MOST_BARS, MOST_LINES, Dots, Line, Lines, Picture
from tlsbench.session.history import changes
from tlsbench.stats import median_interval

#: Times that are farther apart than this factor are drawn on a logarithmic axis.
_WIDE = 5.0
#: So many cells of a comparison are kept, for readers to choose from.
_MOST_KEPT = 200


def comparison(judgement: Judgement) -> Picture | None:
    """Each cell's ratio of two results, those that differ most first."""
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
        "Time in the new result over that in the base, with its 95 % interval; 1 is no change. A cell is "
        "called faster or slower only beyond the noise floor and the drift of both."
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
    """What tells the cells of some verdicts apart; their ids where their parameters do not."""
    found = names([verdict.parameters for verdict in verdicts])
    if len(set(found)) < len(found) or "" in found:
        return [verdict.id for verdict in verdicts]
    return found


def history(recordings: Sequence[tuple[str, Recording]], only: Sequence[str] = ()) -> Picture | None:
    """The median of cells over saved runs, with a note where the judgement calls a change.

    :param recordings: in the order in which they were taken, each with its name.
    :param only: the cells; all that the last run has without.
    """
    if len(recordings) < 2:
        return None
    last = recordings[-1][1]
    cells = [cell for cell in only or last.figures if cell in last.figures]
    titles = names([last.parameters[cell] for cell in cells[:MOST_LINES]])
    called = changes(cells[: len(titles)], recordings)
    lines = [
        replace(_over_runs(cell, recordings, called[cell]), name=title or cell)
        for cell, title in zip(cells, titles, strict=False)
    ]
    shown = [line for line in lines if len(line.x) > 1]
    if not shown:
        return None
    rest = len(cells) - len(shown)
    heights = [height for line in shown for height in line.y]
    return Picture(
        "history",
        "History of cells",
        "Median time of a cell in each saved run, in µs, with its 95 % interval; changes that the comparison "
        "with the run before calls are named." + (f" {rest:,} more cells are not drawn." if rest > 0 else ""),
        Lines(
            shown,
            "run",
            "µs",
            y_is_log=max(heights) > _WIDE * min(heights),
            ticks={float(at): name for at, (name, _) in enumerate(recordings)},
        ),
    )


def _over_runs(name: str, recordings: Sequence[tuple[str, Recording]], called: Mapping[int, str]) -> Line:
    at = [place for place, (_, recording) in enumerate(recordings) if name in recording.figures]
    medians = [median_interval(recordings[place][1].figures[name]) for place in at]
    return Line(
        name,
        [float(place) for place in at],
        [one.median / 1e3 for one in medians],
        [(one.low if math.isfinite(one.low) else one.median) / 1e3 for one in medians],
        [(one.high if math.isfinite(one.high) else one.median) / 1e3 for one in medians],
        {number: called[place] for number, place in enumerate(at) if place in called},
    )
