"""The pictures of a run. Each function returns one, or None if the run has nothing for it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from tlsbench.links.network import INITIAL_WINDOW_BYTES
from tlsbench.report.beside import arrows, not_known, of_names
from tlsbench.report.digits import with_unit
from tlsbench.report.naming import labels_of, scenario_of
from tlsbench.report.pictures.choosing import at_equal_ranks, cells_of, greatest, median_of
from tlsbench.report.pictures.implementations import implementations
from tlsbench.report.pictures.network import network
from tlsbench.report.pictures.parts import parts
from tlsbench.report.pictures.scaling import scaling
from tlsbench.report.pictures.shapes import MOST_BARS, MOST_LINES, TOGETHER, Bars, Line, Lines, Picture
from tlsbench.report.pictures.sizes import primitives, throughput
from tlsbench.report.pictures.transports import transports
from tlsbench.report.pictures.versions import versions
from tlsbench.results import Cell, Run
from tlsbench.results.likeness import likeness
from tlsbench.scenarios.axes import AXES
from tlsbench.units import BYTES

_ECDF_POINTS = 120
_MOST_GROUPS = 20


def cost(run: Run) -> Picture | None:
    """What a handshake costs each side."""
    found = at_equal_ranks(cells_of(run, "handshake"), MOST_BARS, median_of, "the fastest to the slowest")
    cells = found.items
    if not cells:
        return None
    return Picture(
        "cost",
        "What a handshake costs",
        "Median time of a handshake on the client's and on the server's side, in µs; the dot is that of both "
        "together, which is not quite the sum of their medians. Each has its 95 % interval."
        f"{found.words}",
        Bars(
            labels_of(cells),
            {side: [cell.figures[side].median / 1e3 for cell in cells] for side in ("client", "server")},
            "µs",
            is_stacked=False,
            totals=[cell.main.median / 1e3 for cell in cells],
            spans={
                **{side: [_span(cell, side) for cell in cells] for side in ("client", "server")},
                TOGETHER: [_span(cell) for cell in cells],
            },
            texts=[f"both {_with_precision(cell)}" for cell in cells],
        ),
        beside=of_names(cells),
        scenario=scenario_of(cells),
        drawn=found.drawn,
    )


def distribution(run: Run) -> Picture | None:
    """How the times of single handshakes are distributed."""
    timed = [cell for cell in cells_of(run, "handshake") if len(cell.totals) > 1]
    found = at_equal_ranks(timed, MOST_LINES, median_of, "the fastest to the slowest")
    cells = found.items
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
        "The share of handshakes that took at most this time, both sides and the harness, up to the 99th "
        f"percentile.{found.words}",
        Lines(lines, "µs, both sides and harness", "% of the handshakes", is_stepped=True),
        beside=of_names(cells),
        scenario=scenario_of(cells),
        drawn=found.drawn,
    )


def wire(run: Run) -> Picture | None:
    """How many bytes a handshake sends each way."""
    distinct: dict[tuple[float, float], Cell] = {}
    for cell in cells_of(run, "handshake"):
        distinct.setdefault((cell.client_bytes, cell.server_bytes), cell)
    found = at_equal_ranks(
        sorted(distinct.values(), key=_sent), MOST_BARS, _sent, "the fewest to the most from the server"
    )
    cells = found.items
    if not any(cell.server_bytes for cell in cells):
        return None
    window = (float(INITIAL_WINDOW_BYTES), "initial congestion window (RFC 6928)")
    near = max(cell.server_bytes for cell in cells) > INITIAL_WINDOW_BYTES / 3
    return Picture(
        "wire",
        "Bytes on the wire",
        "Bytes of a handshake from the client and from the server; cells that send the same are drawn once. "
        f"A server may send {INITIAL_WINDOW_BYTES:,} bytes before it hears from the client.{found.words}",
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
        beside=of_names(cells),
        scenario=scenario_of(cells),
        drawn=found.drawn,
    )


def resumption(run: Run) -> Picture | None:
    """What resumption saves: full and resumed handshakes of the same scenario, side by side."""
    groups: dict[tuple[tuple[str, str], ...], dict[str, Cell]] = defaultdict(dict)
    for cell in cells_of(run, "handshake"):
        rest = {axis: value for axis, value in cell.axes.items() if axis != "resumption"}
        groups[tuple(sorted(rest.items()))][cell.axes.get("resumption", "none")] = cell
    found = greatest(
        [kinds for kinds in groups.values() if "none" in kinds and len(kinds) > 1],
        _MOST_GROUPS,
        _saved,
        "where it saves most",
    )
    both = found.items
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
    beside = [f"The cells also differ in {differing}."] if differing else []
    beside += [f"Unknown for some: {unknown}."] if unknown else []
    names = {kind: "full" if kind == "none" else kind for kind in kinds}
    return Picture(
        "resumption",
        "What resumption saves",
        "Median time of a full handshake and of a resumed one of the same scenario, both sides together, in "
        f"µs, each with its 95 % interval.{found.words}",
        Bars(
            labels_of([one["none"] for one in both]),
            {
                names[kind]: [one[kind].main.median / 1e3 if kind in one else None for one in both]
                for kind in kinds
            },
            "µs",
            is_stacked=False,
            spans={
                names[kind]: [_span(one[kind]) if kind in one else None for one in both] for kind in kinds
            },
        ),
        beside=" ".join(beside),
        scenario=scenario_of([cell for one in both for cell in one.values()]),
        drawn=found.drawn,
    )


def memory(run: Run) -> Picture | None:
    """The memory that an open connection keeps on each side."""
    found = at_equal_ranks(cells_of(run, "memory", BYTES), MOST_BARS, median_of, "the least to the most")
    cells = found.items
    if not cells:
        return None
    return Picture(
        "memory",
        "The memory of a connection",
        f"What an open connection keeps of malloc's memory on each side, in KiB.{found.words}",
        Bars(
            labels_of(cells),
            {
                side: [BYTES.to_shown(cell.figures[side].median) for cell in cells]
                for side in ("client", "server")
            },
            BYTES.shown,
            texts=[f"both {_with_precision(cell)}" for cell in cells],
        ),
        beside=of_names(cells),
        scenario=scenario_of(cells),
        drawn=found.drawn,
    )


def _sent(cell: Cell) -> float:
    return cell.server_bytes


def _saved(kinds: Mapping[str, Cell]) -> float:
    """The greatest factor by which a resumed handshake is faster than the full one."""
    return max(median_of(kinds["none"]) / median_of(cell) for cell in kinds.values())


def _span(cell: Cell, part: str = "") -> tuple[float, float] | None:
    """The interval of a part of a cell, by default its main one, in the unit that is shown."""
    interval = cell.figures[part or cell.instrument.main].interval
    to_shown = cell.instrument.unit.to_shown
    if not math.isfinite(interval.high - interval.low):
        return None
    return to_shown(interval.low), to_shown(interval.high)


def _with_precision(cell: Cell) -> str:
    """The median of a cell's main part with its precision, as in the table."""
    half = f" ±{100 * cell.precision:.1f}%" if math.isfinite(cell.precision) else ""
    return with_unit(median_of(cell), cell.instrument.unit) + half


PICTURES = (
    *(cost, distribution, throughput, primitives, wire, network, resumption, implementations, versions),
    *(transports, parts, memory, scaling),
)


def pictures_of_run(run: Run) -> list[Picture]:
    """All pictures for which a run has data."""
    return [picture for draw in PICTURES if (picture := draw(run)) is not None]
