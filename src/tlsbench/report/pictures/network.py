"""The picture of a network: how long a handshake takes over it."""

from __future__ import annotations

from collections import defaultdict

from tlsbench.report.findings.network import sent_before_the_answer
from tlsbench.report.pictures.shapes import MOST_LINES, Line, Lines, Picture
from tlsbench.results import Cell, Run
from tlsbench.sampling.instruments import COMPLETION

#: What a line of the picture of the network is of.
_NETWORK_AXES = ("rtt", "initcwnd", "bandwidth", "loss", "nodelay", "congestion")


def network(run: Run) -> Picture | None:
    """How long a full handshake takes over a network, by what the server sends."""
    series: dict[tuple[str, ...], list[Cell]] = defaultdict(list)
    for cell in run.cells:
        if (
            cell.instrument is COMPLETION
            and cell.axes["resumption"] == "none"
            and cell.axes["version"] == "1.3"
        ):
            series[tuple(cell.axes[axis] for axis in _NETWORK_AXES)].append(cell)
    rows = {
        values: cells
        for values, cells in series.items()
        if len({sent_before_the_answer(cell) for cell in cells}) > 1
    }
    shown = list(rows.items())[:MOST_LINES]
    left_out = (
        f" The first {MOST_LINES} of {len(rows):,} are drawn; the table has all."
        if len(rows) > MOST_LINES
        else ""
    )
    if not shown:
        return None
    varying = [at for at in range(len(_NETWORK_AXES)) if len({values[at] for values, _ in shown}) > 1]
    lines = []
    for values, cells in shown:
        name = " ".join(f"{_NETWORK_AXES[at]}={values[at]}" for at in varying) or f"rtt={values[0]}"
        ordered = sorted(cells, key=sent_before_the_answer)
        heights = [cell.phases["handshake"] / 1e6 for cell in ordered]
        lines.append(Line(name, [sent_before_the_answer(cell) for cell in ordered], heights))
    return Picture(
        "network",
        "A handshake over a network by what the server sends",
        "Virtual time until the client may send, by the bytes of the server without the answer: a step is a "
        f"round trip that the chain costs.{left_out}",
        Lines(lines, "bytes from the server", "ms until the client may send"),
    )
