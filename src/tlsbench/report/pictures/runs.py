"""The pictures of a run. Each function gives one, or None where the run has nothing for it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np

from tlsbench.links.network import INITIAL_WINDOW_BYTES
from tlsbench.report.beside import arrows, not_known, of_names
from tlsbench.report.naming import names
from tlsbench.report.pictures.implementations import implementations
from tlsbench.report.pictures.network import network
from tlsbench.report.pictures.shapes import MOST_BARS, MOST_LINES, Bars, Line, Lines, Picture
from tlsbench.report.pictures.versions import versions
from tlsbench.report.table import megabytes_per_s
from tlsbench.results import Cell, Run
from tlsbench.results.likeness import likeness
from tlsbench.scenarios.axes import AXES
from tlsbench.scenarios.sizes import parse_size
from tlsbench.units import BYTES, NANOSECONDS, Unit

_T = TypeVar("_T")
_ECDF_POINTS = 120
_MOST_CROSSINGS = 4
#: Where lines are closer than that, as a logarithm, neither is ahead.
_LEAD = 0.03


def labels_of(cells: Sequence[Cell], without: Sequence[str] = ()) -> list[str]:
    """What to write beside each of some cells."""
    named = names([cell.axes for cell in cells], without)
    return [name or cell.axes["workload"] for name, cell in zip(named, cells, strict=True)]


def cost(run: Run) -> Picture | None:
    """What a handshake costs each side."""
    cells, left_out = _first(_of(run, "handshake"), MOST_BARS)
    if not cells:
        return None
    return Picture(
        "cost",
        "What a handshake costs",
        "Median time of a handshake on the client's and on the server's side, in µs; the dot is that of "
        "both together, which is not quite the sum of their medians, with its 95 % interval." + left_out,
        Bars(
            labels_of(cells),
            {side: [cell.figures[side].median / 1e3 for cell in cells] for side in ("client", "server")},
            "µs",
            spans=[_span(cell) for cell in cells],
            totals=[cell.main.median / 1e3 for cell in cells],
        ),
        of_names(cells),
    )


def distribution(run: Run) -> Picture | None:
    """How the times of single handshakes are distributed."""
    cells, left_out = _first([cell for cell in _of(run, "handshake") if len(cell.totals) > 1], MOST_LINES)
    if not cells:
        return None
    lines = []
    for label, cell in zip(labels_of(cells), cells, strict=True):
        shares = np.linspace(0.0, 0.99, _ECDF_POINTS)
        times = np.quantile(np.asarray(cell.totals), shares) / 1e3
        lines.append(Line(label, [float(time) for time in times], [float(100 * share) for share in shares]))
    return Picture(
        "distribution",
        "How single handshakes are distributed",
        "The share of handshakes that took at most so long, both sides and the harness, up to the 99th "
        f"percentile.{left_out}",
        Lines(lines, "µs, both sides and harness", "% of the handshakes", is_stepped=True),
        of_names(cells),
    )


def throughput(run: Run) -> Picture | None:
    """How fast application data goes through TLS records, by the size of a piece."""
    return _by_size("throughput", "Throughput of TLS by size", _of(run, "bulk"))


def primitives(run: Run) -> Picture | None:
    """How fast primitives are alone, by the size of their input."""
    return _by_size("primitives", "Throughput of primitives by size", _of(run, "primitive"))


def _by_size(kind: str, title: str, cells: Sequence[Cell]) -> Picture | None:
    series: dict[tuple[tuple[str, str], ...], list[Cell]] = defaultdict(list)
    for cell in cells:
        if "size" in cell.axes:
            rest = {axis: value for axis, value in cell.axes.items() if axis != "size"}
            series[tuple(sorted(rest.items()))].append(cell)
    rows = [sorted(row, key=_size) for row in series.values() if len({_size(cell) for cell in row}) > 1]
    shown, left_out = _first(rows, MOST_LINES)
    if not shown:
        return None
    lines = [
        Line(label, [_size(cell) for cell in row], [megabytes_per_s(cell) or 0.0 for cell in row])
        for label, row in zip(labels_of([row[0] for row in shown], ("size",)), shown, strict=True)
    ]
    sizes = {_size(cell): cell.axes["size"] for row in shown for cell in row}
    crossings = [
        (f"{one.name} and {other.name} at about {_bytes(at)}", (at, height))
        for number, one in enumerate(lines)
        for other in lines[:number]
        for at, height in _crossings(one, other)
    ]
    told = "; ".join(words for words, _ in crossings[:_MOST_CROSSINGS])
    said = f" Lines cross (○): {told}." if told else ""
    return Picture(
        kind,
        title,
        "Payload over the time in the libraries, in MB/s, by the bytes of one operation; both axes are "
        f"logarithmic.{said}{left_out}",
        Lines(
            lines,
            "bytes in one operation",
            "MB/s",
            x_is_log=True,
            y_is_log=True,
            ticks=sizes,
            marks=[at for _, at in crossings],
        ),
        of_names([row[0] for row in shown], ("size",)),
    )


def wire(run: Run) -> Picture | None:
    """How many bytes a handshake sends each way."""
    distinct: dict[tuple[float, float], Cell] = {}
    for cell in _of(run, "handshake"):
        distinct.setdefault((cell.client_bytes, cell.server_bytes), cell)
    cells, left_out = _first(sorted(distinct.values(), key=lambda cell: cell.server_bytes), MOST_BARS)
    if not any(cell.server_bytes for cell in cells):
        return None
    window = (float(INITIAL_WINDOW_BYTES), "initial congestion window (RFC 6928)")
    near = max(cell.server_bytes for cell in cells) > INITIAL_WINDOW_BYTES / 3
    return Picture(
        "wire",
        "Bytes on the wire",
        "Bytes of a handshake from the client and from the server; cells that send the same are drawn once. "
        f"A server may send {INITIAL_WINDOW_BYTES:,} bytes before it hears from the client." + left_out,
        Bars(
            labels_of(cells),
            {
                "client to server": [cell.client_bytes for cell in cells],
                "server to client": [cell.server_bytes for cell in cells],
            },
            "bytes",
            is_stacked=False,
            mark=window if near else None,
        ),
        of_names(cells),
    )


def resumption(run: Run) -> Picture | None:
    """What resumption saves: full and resumed handshakes of the same scenario, side by side."""
    groups: dict[tuple[tuple[str, str], ...], dict[str, Cell]] = defaultdict(dict)
    for cell in _of(run, "handshake"):
        rest = {axis: value for axis, value in cell.axes.items() if axis != "resumption"}
        groups[tuple(sorted(rest.items()))][cell.axes.get("resumption", "none")] = cell
    both, left_out = _first([kinds for kinds in groups.values() if "none" in kinds and len(kinds) > 1], 20)
    if not both:
        return None
    kinds = [kind for kind in AXES["resumption"].values if any(kind in one for one in both)]
    pairs = [
        likeness(cell, one["none"], ("resumption",))
        for one in both
        for kind, cell in one.items()
        if kind != "none"
    ]
    differing, unknown = arrows(pairs), not_known(pairs)
    beside = [f"Beside that they differ in {differing}."] if differing else []
    beside += [f"Not known of all: {unknown}."] if unknown else []
    return Picture(
        "resumption",
        "What resumption saves",
        "Median time of a full handshake and of a resumed one of the same scenario, both sides together, in "
        f"µs.{left_out}",
        Bars(
            labels_of([one["none"] for one in both]),
            {
                "full" if kind == "none" else kind: [
                    one[kind].main.median / 1e3 if kind in one else 0.0 for one in both
                ]
                for kind in kinds
            },
            "µs",
            is_stacked=False,
        ),
        " ".join(beside),
    )


def memory(run: Run) -> Picture | None:
    """What an open connection keeps on each side."""
    cells, left_out = _first(_of(run, "memory", BYTES), MOST_BARS)
    if not cells:
        return None
    return Picture(
        "memory",
        "The memory of a connection",
        f"What an open connection keeps of malloc's memory on each side, in KiB.{left_out}",
        Bars(
            labels_of(cells),
            {
                side: [BYTES.to_shown(cell.figures[side].median) for cell in cells]
                for side in ("client", "server")
            },
            BYTES.shown,
        ),
        of_names(cells),
    )


def _of(run: Run, workload: str, unit: Unit = NANOSECONDS) -> list[Cell]:
    """The cells of a workload whose figures are of this unit."""
    return [cell for cell in run.cells if cell.axes["workload"] == workload and cell.instrument.unit is unit]


def _first(items: Sequence[_T], most: int) -> tuple[Sequence[_T], str]:
    """The first of many, and words on the rest."""
    if len(items) <= most:
        return items, ""
    return items[:most], f" The first {most} of {len(items):,} are drawn; the table has all."


def _size(cell: Cell) -> float:
    return float(parse_size(cell.axes["size"]))


def _span(cell: Cell) -> tuple[float, float] | None:
    """The interval of the time in both libraries, in µs."""
    interval = cell.main.interval
    if not math.isfinite(interval.high - interval.low):
        return None
    return interval.low / 1e3, interval.high / 1e3


def _crossings(one: Line, other: Line) -> list[tuple[float, float]]:
    """Where one line overtakes another, between sizes that both have; by straight lines on log axes."""
    at: Mapping[float, float] = dict(zip(other.x, other.y, strict=True))
    leads = [(x, math.log(y / at[x])) for x, y in zip(one.x, one.y, strict=True) if x in at and y > 0 < at[x]]
    clear = [(math.log(x), lead) for x, lead in leads if abs(lead) > _LEAD]
    found = [
        x + (next_x - x) * lead / (lead - next_lead)
        for (x, lead), (next_x, next_lead) in pairwise(clear)
        if lead * next_lead < 0
    ]
    xs, ys = np.log(one.x), np.log(one.y)
    return [(math.exp(x), math.exp(float(np.interp(x, xs, ys)))) for x in found]


def _bytes(count: float) -> str:
    return f"{count / 1024:.1f} KiB" if count >= 1024 else f"{count:.0f} B"


PICTURES = (
    *(cost, distribution, throughput, primitives, wire, network, resumption, implementations, versions),
    memory,
)


def pictures_of_run(run: Run) -> list[Picture]:
    """All pictures that a run has something for."""
    return [picture for draw in PICTURES if (picture := draw(run)) is not None]
