"""The pictures of threads: operations per second by their number, for a library and for a server."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from tlsbench.loading import Load
from tlsbench.report.beside import of_names
from tlsbench.report.findings.scaling import series_of
from tlsbench.report.naming import labels_of, scenario_of
from tlsbench.report.pictures.choosing import at_equal_ranks
from tlsbench.report.pictures.loads import scenario_of_loads
from tlsbench.report.pictures.shapes import MOST_LINES, Line, Lines, Picture
from tlsbench.results import Cell, Run
from tlsbench.results.scaling import threads_of
from tlsbench.sampling.instruments import SCALING
from tlsbench.stats import Interval, rounds_interval


def scaling(run: Run) -> Picture | None:
    """Operations per second by the number of threads, and those of as many processes."""
    cells = [cell for cell in run.cells if cell.instrument is SCALING]
    rows = [row for row in series_of(cells) if len(row) > 1]
    if not rows:
        return None
    found = at_equal_ranks(rows, MOST_LINES // 2, _most, "the slowest to the fastest")
    shown = found.items
    names = labels_of([row[0] for row in shown], ("threads",))
    lines = [
        _line(f"{kind}: {name}" if len(shown) > 1 else kind, row, part)
        for name, row in zip(names, shown, strict=True)
        for kind, part in (("threads", "total"), ("processes", "processes"))
    ]
    ticks = {float(threads_of(cell)): cell.axes["threads"] for row in shown for cell in row}
    return Picture(
        "scaling",
        "Threads against processes",
        "Operations per second of all threads of one process together, and of as many processes in the same "
        "rounds, by wall-clock time, with 95 % intervals. Where the two lines diverge, the threads hold each "
        f"other up.{found.words}",
        Lines(lines, "threads, or processes", "operations a second", ticks=dict(sorted(ticks.items()))),
        beside=of_names([row[0] for row in shown], ("threads",)),
        scenario=scenario_of([cell for row in shown for cell in row]),
        drawn=[2 * at + kind for at in found.drawn for kind in (0, 1)],
    )


def _line(name: str, row: Sequence[Cell], part: str) -> Line:
    times = [cell.figures[part].interval for cell in row]
    known = all(math.isfinite(one.high - one.low) and one.low > 0 for one in times)
    return Line(
        name,
        [float(threads_of(cell)) for cell in row],
        [1e9 / one.median for one in times],
        [1e9 / one.high for one in times] if known else (),
        [1e9 / one.low for one in times] if known else (),
    )


def _most(row: Sequence[Cell]) -> float:
    return max(cell.operations_per_s for cell in row)


def serving(loads: Sequence[tuple[str, Load]]) -> Picture | None:
    """Handshakes per second of several loads, by the number of the server's threads."""
    by_server: dict[str, list[Load]] = defaultdict(list)
    for _, load in loads:
        if load.server is not None and load.server.threads:
            by_server[load.server.name].append(load)
    rows = {
        name: sorted(found, key=_threads)
        for name, found in by_server.items()
        if len({_threads(load) for load in found}) > 1
    }
    if not rows:
        return None
    lines = [_of_server(name, found) for name, found in rows.items()]
    told = [load for found in rows.values() for load in found]
    return Picture(
        "serving",
        "Connections by threads of the server",
        "Handshakes per second of each load, with the 95 % interval over its seconds, by the number of "
        "server threads (of all its processes). The client runs on the same machine: if it is the limit, the "
        "load says so.",
        Lines(
            lines,
            "threads of the server",
            "handshakes a second",
            ticks={float(one): str(one) for one in sorted({_threads(load) for load in told})},
        ),
        scenario=scenario_of_loads(told),
    )


def _threads(load: Load) -> int:
    assert load.server is not None
    return load.server.threads


def _of_server(name: str, loads: Sequence[Load]) -> Line:
    intervals = [_interval(load) for load in loads]
    known = all(math.isfinite(one.high - one.low) for one in intervals)
    return Line(
        name,
        [float(_threads(load)) for load in loads],
        [load.handshakes_per_s for load in loads],
        [one.low for one in intervals] if known else (),
        [one.high for one in intervals] if known else (),
    )


def _interval(load: Load) -> Interval:
    return rounds_interval([float(one.handshakes) for one in load.seconds])
