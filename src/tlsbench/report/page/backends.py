"""The backends of a load side by side, as a table of a page."""

from __future__ import annotations

from tlsbench.loading import Load
from tlsbench.report.backends import table_of_backends
from tlsbench.report.page.grid import Grid, GridRow, Heading

_MEANINGS = {
    "target": "a backend",
    "begun": "connections that went to it",
    "share_percent": "of the connections of all backends",
    "resumed_percent": "of its handshakes, those that resumed a session",
    "failures": "connections to it that failed",
    "moved": "connections that would have gone to it, and went to others because it was down",
    "rtt": "what the simulated line to it is like",
}


def grid_of_backends(load: Load) -> Grid:
    """A table with one row per backend."""
    sheet = table_of_backends(load)
    return Grid(
        "Every backend",
        [
            Heading(
                one.name,
                one.heading,
                "name" if one.name == "target" else "axis" if one.kind == "label" else "figure",
                weight=one.weight,
                meaning=_MEANINGS.get(one.name, f"{one.heading} of its connections took at most that"),
            )
            for one in sheet.fields
        ],
        [
            GridRow(
                [
                    entry.labels[one.name]
                    if one.kind == "label"
                    else _figure(entry.figures[one.name].number, entry.text(one.name))
                    if one.name in entry.figures
                    else ""
                    for one in sheet.fields
                ],
                f"backend {entry.labels['target']}",
            )
            for entry in sheet.entries
        ],
        [("spread", load.plan.spread), ("what is down", load.plan.when_down)],
    )


def _figure(number: float | None, text: str) -> str | tuple[float, str]:
    return text if number is None else (float(number), text)
