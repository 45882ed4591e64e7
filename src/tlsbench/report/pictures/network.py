"""The picture of a network: how long a handshake takes over it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from tlsbench.report.findings.chains import sent_before_the_answer
from tlsbench.report.naming import scenario_of
from tlsbench.report.pictures.choosing import at_equal_ranks
from tlsbench.report.pictures.shapes import MOST_LINES, Line, Lines, Picture
from tlsbench.results import Cell, Run
from tlsbench.sampling.instruments import COMPLETION
from tlsbench.scenarios.axes import AXES

#: The axes whose values make a line of the picture.
_NETWORK_AXES = ("transport", "rtt", "initcwnd", "bandwidth", "loss", "nodelay", "congestion")


def network(run: Run) -> Picture | None:
    """How long a full handshake takes over a network, by what the server sends."""
    series: dict[tuple[str, ...], list[Cell]] = defaultdict(list)
    for cell in run.cells:
        if (
            cell.instrument is COMPLETION
            and cell.axes["resumption"] == "none"
            and cell.axes["version"] == "1.3"
        ):
            series[tuple(cell.axes.get(axis, AXES[axis].neutral) for axis in _NETWORK_AXES)].append(cell)
    rows = {
        values: cells
        for values, cells in series.items()
        if len({sent_before_the_answer(cell) for cell in cells}) > 1
    }
    if not rows:
        return None
    found = at_equal_ranks(list(rows.items()), MOST_LINES, _slowest, "the fastest to the slowest network")
    shown = found.items
    varying = [at for at in range(len(_NETWORK_AXES)) if len({values[at] for values, _ in shown}) > 1]
    lines = []
    for values, cells in shown:
        name = " ".join(f"{_NETWORK_AXES[at]}={values[at]}" for at in varying) or f"rtt={values[1]}"
        ordered = sorted(cells, key=sent_before_the_answer)
        heights = [cell.phases["handshake"] / 1e6 for cell in ordered]
        lines.append(Line(name, [sent_before_the_answer(cell) for cell in ordered], heights))
    return Picture(
        "network",
        "A handshake over a network by what the server sends",
        "Virtual time until the client may send, by the bytes that the server sends before the answer: each "
        f"step is a round trip that the chain costs.{found.words}",
        Lines(lines, "bytes from the server", "ms until the client may send"),
        scenario=scenario_of([cell for _, cells in shown for cell in cells]),
        drawn=found.drawn,
    )


def _slowest(row: tuple[tuple[str, ...], Sequence[Cell]]) -> float:
    return max(cell.phases["handshake"] for cell in row[1])
