"""The picture of OpenSSL's versions: what a scenario costs in each of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Final

from tlsbench.report.naming import labels_of, scenario_of
from tlsbench.report.pictures.choosing import at_equal_ranks, median_of
from tlsbench.report.pictures.shapes import MOST_LINES, Line, Lines, Picture
from tlsbench.results import Cell, Run
from tlsbench.stats import Interval
from tlsbench.units import NANOSECONDS

_LEAST_VERSIONS: Final = 3
#: OpenSSL's own version, with the letter that it had up to 1.1.1.
_OPENSSL: Final = re.compile(r"OpenSSL (\d+)\.(\d+)\.(\d+)([a-z]?)")


def versions(run: Run) -> Picture | None:
    """What a scenario costs in each version of OpenSSL."""
    found: dict[str, dict[tuple[int | str, ...], tuple[str, Cell]]] = defaultdict(dict)
    cells = [cell for cell in _timed(run) if _version_of(cell, run) is not None]
    for label, cell in zip(labels_of(cells, ("implementation",)), cells, strict=True):
        version, name = _version_of(cell, run) or ((), "")
        found[label].setdefault(version, (name, cell))
    scenarios = {label: points for label, points in found.items() if len(points) >= _LEAST_VERSIONS}
    if not scenarios:
        return None
    chosen = at_equal_ranks(
        list(scenarios), MOST_LINES, lambda label: _slowest(scenarios[label]), "the fastest to the slowest"
    )
    shown = chosen.items
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
        "Versions of OpenSSL",
        "Median time in the libraries with its 95 % interval, in µs, by the version of OpenSSL, each as its "
        "packager built it; of two builds of one version, the first. The axis of times is logarithmic."
        f"{chosen.words}",
        Lines(lines, "version of OpenSSL", "µs, both sides", y_is_log=True, ticks=ticks),
        scenario=scenario_of([cell for label in shown for _, cell in scenarios[label].values()]),
        drawn=chosen.drawn,
    )


def _slowest(points: Mapping[tuple[int | str, ...], tuple[str, Cell]]) -> float:
    return max(median_of(cell) for _, cell in points.values())


def _band(intervals: Sequence[Interval]) -> tuple[list[float], list[float]]:
    """The ends of the intervals in µs; empty if one of them is not finite."""
    if not all(isfinite(interval.high - interval.low) for interval in intervals):
        return [], []
    return [one.low / 1e3 for one in intervals], [one.high / 1e3 for one in intervals]


def _timed(run: Run) -> list[Cell]:
    return [
        cell for cell in run.cells if "implementation" in cell.axes and cell.instrument.unit is NANOSECONDS
    ]


def _version_of(cell: Cell, run: Run) -> tuple[tuple[int | str, ...], str] | None:
    """The OpenSSL version of a cell, as a sort key and as text; None for another library.

    Python's ssl module is left out, because what it adds to a resumed handshake is not OpenSSL's.
    """
    library = cell.axes["implementation"]
    match = _OPENSSL.match(run.engines.get(library, "")) if library != "ssl" else None
    if match is None:
        return None
    major, minor, fix, letter = match.groups()
    return (int(major), int(minor), int(fix), letter), match[0].removeprefix("OpenSSL ")
