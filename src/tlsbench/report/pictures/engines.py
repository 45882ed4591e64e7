"""The pictures that set TLS libraries beside each other: a field of all, and the versions of OpenSSL."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from math import isfinite
from typing import Final

from tlsbench.report.likeness import LOOSE, alike, what_differs
from tlsbench.report.naming import names
from tlsbench.report.pictures.shapes import MOST_LINES, Heat, Line, Lines, Picture
from tlsbench.results import Cell, Run
from tlsbench.stats import Interval
from tlsbench.units import NANOSECONDS

_MOST_COLUMNS: Final = 24
_LEAST_VERSIONS: Final = 3
#: OpenSSL's own, with the letters that it had until 1.1.1.
_OPENSSL: Final = re.compile(r"OpenSSL (\d+)\.(\d+)\.(\d+)([a-z]?)")


def implementations(run: Run) -> Picture | None:
    """Each implementation against each scenario, beside the fastest at it of those that are alike."""
    columns: dict[str, dict[str, Cell]] = defaultdict(dict)
    cells = _timed(run)
    for label, cell in zip(_labels(cells, ("implementation", *LOOSE)), cells, strict=True):
        columns[label].setdefault(cell.axes["implementation"], cell)
    contested = [label for label, by_library in columns.items() if len(by_library) > 1]
    shown = contested[:_MOST_COLUMNS]
    if not shown:
        return None
    rows = list(dict.fromkeys(library for label in shown for library in columns[label]))
    ranked = {label: alike(list(columns[label].values()))[0] for label in shown}
    fastest = {label: min(cell.main.median for cell in ranked[label]) for label in shown}

    def entry(library: str, label: str) -> tuple[float | None, str]:
        cell = columns[label].get(library)
        if cell is None:
            return None, ""
        ratio = cell.main.median / fastest[label]
        return (ratio, f"{ratio:.2f}") if cell in ranked[label] else (None, f"({ratio:.2f})")

    entries = [[entry(library, label) for label in shown] for library in rows]
    return Picture(
        "implementations",
        "Implementations against scenarios",
        "Median time in the libraries over that of the fastest at the same scenario: 1 is the fastest. "
        f"{_unlike(ranked, columns)}{_left_out(len(shown), len(contested), 'scenarios')}",
        Heat(
            _names_of(rows, run),
            shown,
            [[value for value, _ in row] for row in entries],
            [[text for _, text in row] for row in entries],
            "× the fastest",
        ),
    )


def versions(run: Run) -> Picture | None:
    """What a scenario costs in one version of OpenSSL after the other."""
    found: dict[str, dict[tuple[int | str, ...], tuple[str, Cell]]] = defaultdict(dict)
    cells = [cell for cell in _timed(run) if _version_of(cell, run) is not None]
    for label, cell in zip(_labels(cells, ("implementation",)), cells, strict=True):
        version, name = _version_of(cell, run) or ((), "")
        found[label].setdefault(version, (name, cell))
    scenarios = {label: points for label, points in found.items() if len(points) >= _LEAST_VERSIONS}
    shown = list(scenarios)[:MOST_LINES]
    if not shown:
        return None
    every = sorted({version for label in shown for version in scenarios[label]})
    places = {version: float(place) for place, version in enumerate(every)}
    lines = []
    for label in shown:
        points = sorted(scenarios[label].items())
        intervals = [cell.main.interval for _, (_, cell) in points]
        lines.append(
            Line(
                label,
                [places[version] for version, _ in points],
                [interval.median / 1e3 for interval in intervals],
                *_band(intervals),
            )
        )
    ticks = {places[version]: name for label in shown for version, (name, _) in scenarios[label].items()}
    return Picture(
        "versions",
        "One version of OpenSSL after the other",
        "Median time in the libraries with its 95 % interval, in µs, by the version of OpenSSL, each "
        "built by whoever packaged it; of two of one version the first. The axis of times is logarithmic."
        f"{_left_out(len(shown), len(scenarios), 'scenarios')}",
        Lines(lines, "version of OpenSSL", "µs, both sides", y_is_log=True, ticks=ticks),
    )


def _band(intervals: Sequence[Interval]) -> tuple[list[float], list[float]]:
    """The intervals in µs; none, where one of them has no ends."""
    if not all(isfinite(interval.high - interval.low) for interval in intervals):
        return [], []
    return [one.low / 1e3 for one in intervals], [one.high / 1e3 for one in intervals]


def _names_of(libraries: Sequence[str], run: Run) -> list[str]:
    """What rows are called: a libssl by its engine and its file, where that is unique."""
    short = [
        f"{run.engines.get(one, one).partition(' in ')[0]} {one.rpartition('/')[2]}" if "/" in one else one
        for one in libraries
    ]
    return [name if short.count(name) == 1 else one for name, one in zip(short, libraries, strict=True)]


def _timed(run: Run) -> list[Cell]:
    return [
        cell for cell in run.cells if "implementation" in cell.axes and cell.instrument.unit is NANOSECONDS
    ]


def _labels(cells: Sequence[Cell], without: Sequence[str]) -> list[str]:
    named = names([cell.axes for cell in cells], without)
    return [name or cell.axes["workload"] for name, cell in zip(named, cells, strict=True)]


def _version_of(cell: Cell, run: Run) -> tuple[tuple[int | str, ...], str] | None:
    """The version of the OpenSSL of a cell, to be ordered and to be read; None of another library.

    Python's ssl module is left out: what it adds to a resumed handshake is not OpenSSL's.
    """
    library = cell.axes["implementation"]
    match = _OPENSSL.match(run.engines.get(library, "")) if library != "ssl" else None
    if match is None:
        return None
    major, minor, fix, letter = match.groups()
    return (int(major), int(minor), int(fix), letter), match[0].removeprefix("OpenSSL ")


def _unlike(ranked: dict[str, list[Cell]], columns: dict[str, dict[str, Cell]]) -> str:
    """What the cells in brackets have that the others do not."""
    differing = dict.fromkeys(
        f"{cell.axes['implementation']} {what_differs(cell, cells[0])}"
        for label, cells in ranked.items()
        for cell in columns[label].values()
        if cell not in cells
    )
    if not differing:
        return ""
    return f"In brackets, and not ranked, what has another suite or group: {'; '.join(differing)}."


def _left_out(shown: int, of: int, what: str) -> str:
    return f" The first {shown} of {of:,} {what} are drawn; the table has all." if of > shown else ""
