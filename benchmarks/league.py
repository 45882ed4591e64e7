"""The league table of TLS libraries as Markdown, from a stored run of the profile ``engines``.

    tlsbench run --profile engines --time-budget 10m --json engines.json
    python benchmarks/league.py engines.json [--write docs/engines.md]

A figure is marked if its library did something unlike most, such as another group or number of tickets.
"""

from __future__ import annotations

import math
import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tlsbench.implementations.found_files import SYSTEM, brought_by
from tlsbench.report.beside import stray_words
from tlsbench.report.digits import format_us
from tlsbench.report.table import megabytes_per_s
from tlsbench.results import Cell, Run
from tlsbench.results.likeness import alike, likeness
from tlsbench.results.stored import Stored
from tlsbench.scenarios.axis import ENDS
from tlsbench.units import BYTES

sys.path.insert(0, str(Path(__file__).parent))
import pages

_MARKERS: Final = ("<!-- league table -->", "<!-- end of league table -->")
_PEER: Final = "pyopenssl"
_BY_PATH: Final = "libssl:"
#: What is compared; it applies to both ends.
_LIBRARIES: Final = ("implementation",)


def _sides(cell: Cell) -> str:
    return ", ".join(format_us(cell.figures[side].median / 1e3) for side in ("client", "server"))


def _one(side: str) -> Callable[[Cell], str]:
    return lambda cell: format_us(cell.figures[side].median / 1e3)


def _rate(cell: Cell) -> str:
    rate = megabytes_per_s(cell)
    return "" if rate is None else f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"


def _memory(cell: Cell) -> str:
    return ", ".join(f"{BYTES.to_shown(cell.figures[side].median):.1f}" for side in ("client", "server"))


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table.

    :param which: the axes of its cells.
    :param end: the axis that says which row a cell belongs to.
    """

    title: str
    which: Mapping[str, str]
    show: Callable[[Cell], str]
    end: str = "implementation"

    def cells(self, run: Run) -> list[Cell]:
        """Its cells, for all libraries."""
        return [
            cell
            for cell in run.cells
            if _value(cell, self.end)
            and all((_value(cell, axis) or "none") == value for axis, value in self.which.items())
        ]


def _value(cell: Cell, axis: str) -> str:
    """The value of an axis; a library at both ends is the value for each of them."""
    both = cell.axes.get("implementation", "") if axis in ENDS else ""
    return cell.axes.get(axis, both)


_FULL: Final = {"workload": "handshake", "resumption": "none"}
COLUMNS: Final = (
    Column("1.3 full: client, server", {**_FULL, "version": "1.3"}, _sides),
    Column("by PSK", {"workload": "handshake", "version": "1.3", "resumption": "psk"}, _sides),
    Column("1.2 full", {**_FULL, "version": "1.2"}, _sides),
    Column("by ticket", {"workload": "handshake", "version": "1.2", "resumption": "ticket"}, _sides),
    Column("as client, 1.3", {**_FULL, "version": "1.3", "server": _PEER}, _one("client"), "client"),
    Column("as server, 1.3", {**_FULL, "version": "1.3", "client": _PEER}, _one("server"), "server"),
    Column("as client, 1.2", {**_FULL, "version": "1.2", "server": _PEER}, _one("client"), "client"),
    Column("16 KiB each way, MB/s", {"workload": "bulk"}, _rate),
    Column("KiB an open connection: client, server", {"workload": "memory"}, _memory),
)


def name_of(library: str, engine: str) -> str:
    """The name of a row: its engine, and what provides it."""
    version = engine.partition(" in ")[0]
    if not library.startswith(_BY_PATH):
        return f"{library}: {version}"
    path = library.removeprefix(_BY_PATH)
    owner = brought_by(path)
    return f"{version} ({Path(path).name if owner == SYSTEM else owner})"


def rows(run: Run) -> tuple[list[list[str]], list[str]]:
    """The rows of the table, the fastest full TLS 1.3 handshake first, and the meaning of the marks."""
    shown: dict[str, dict[str, str]] = {}
    order: dict[str, float] = {}
    marks: dict[str, str] = {}
    for column in COLUMNS:
        cells = column.cells(run)
        groups = sorted(alike(cells, _LIBRARIES), key=len, reverse=True)
        for cell in (cell for group in groups for cell in group):
            library = _value(cell, column.end)
            if column.title in shown.get(library, {}):
                continue  # it is as in most
            mark = ""
            if cell not in groups[0]:
                differing = stray_words([likeness(cell, groups[0][0], _LIBRARIES).stray])
                mark = marks.setdefault(differing, _mark(len(marks)))
            shown.setdefault(library, {})[column.title] = column.show(cell) + mark
            if column is COLUMNS[0]:
                order[library] = cell.main.median
    table = [
        [name_of(library, run.engines.get(library, "")), *(found.get(one.title, "–") for one in COLUMNS)]
        for library, found in sorted(shown.items(), key=lambda row: order.get(row[0], float("inf")))
    ]
    return table, [f"{mark} {words}" for words, mark in marks.items()]


def _mark(number: int) -> str:
    return "¹²³⁴⁵⁶⁷⁸⁹"[number] if number < 9 else f"[{number + 1}]"


def lines(stored: Stored) -> Iterator[str]:
    """The table as Markdown, with where and when it was measured."""
    run = stored.result
    if not isinstance(run, Run):
        raise SystemExit(f"{stored.source} is not a run")
    found, marks = rows(run)
    if not found:
        raise SystemExit(f"{stored.source} has no cell of the profile engines")
    floors = ", ".join(
        f"{100 * floor:.1f} % of {name}" for name, floor in run.noise_floor.items() if math.isfinite(floor)
    )
    reached = sum(1 for cell in run.cells if cell.precision <= run.conditions.precision)
    machine = stored.machine
    yield (
        f"{run.taken_at:%Y-%m-%d}, {machine.processor or platform.machine()}, "
        f"{machine.cores or os.cpu_count()} processors, CPython {machine.python_version}; "
        f"{len(run.cells)} cells in {run.conditions.elapsed_s:.0f} s, {reached} at "
        f"±{100 * run.conditions.precision:g} %, noise floor {floors or 'unknown'}. Medians in µs."
    )
    yield ""
    yield f"| engine | {' | '.join(one.title for one in COLUMNS)} |"
    yield "|---" * (len(COLUMNS) + 1) + "|"
    for row in found:
        yield f"| {' | '.join(row)} |"
    if marks:
        yield ""
        why = "Marked cells are not ranked with the others, from which they differ in"
        yield f"{why}: {'; '.join(marks)}."


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, or write it into a page."""
    pages.main((__doc__ or "").partition("\n")[0], lines, _MARKERS, arguments)


if __name__ == "__main__":
    main()
