"""Results as pytest-benchmark JSON, so that ``pytest-benchmark compare`` and other tools can read them.

Each cell is a benchmark: ``fullname`` is its id, ``params`` its axes, ``stats`` the total of its samples in
seconds per operation, including raw data. Data for which pytest-benchmark has no place is in ``extra_info``
of each benchmark and under ``tlsbench`` at the top. :mod:`tlsbench.results.reader` reads it back;
``schema.json`` describes it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tlsbench.results.cell import Cell
from tlsbench.results.parts import CellPart
from tlsbench.results.run import Run
from tlsbench.results.stored import FORMAT
from tlsbench.stats import Summary

#: pytest-benchmark's ``stats`` are in seconds only: figures in any other unit are divided by this as well.
#: Their unit is in ``extra_info``.
PER_SECOND = 1e9


def to_json(run: Run, machine_info: Mapping[str, Any]) -> str:
    """The run as the text of a pytest-benchmark JSON file. Non-finite numbers become null."""
    from pytest_benchmark import __version__ as pytest_benchmark_version
    from pytest_benchmark.utils import get_commit_info

    document = {
        "machine_info": machine_info,
        "commit_info": get_commit_info(),
        "benchmarks": [benchmark_from_cell(cell) for cell in run.cells],
        "datetime": run.taken_at.isoformat(),
        "version": pytest_benchmark_version,
        "tlsbench": run_notes(run),
    }
    return json.dumps(finite(document), allow_nan=False)


def run_notes(run: Run) -> dict[str, Any]:
    """The data about a run as a whole, for the top of the document."""
    return {
        "format": FORMAT,
        "conditions": asdict(run.conditions),
        "engines": dict(run.engines),
        "yardsticks": [finite(asdict(yardstick)) for yardstick in run.yardsticks],
        "excluded": [asdict(excluded) for excluded in run.excluded],
        "failures": [asdict(failure) for failure in run.failures],
        "noise_floor": {
            workload: floor if math.isfinite(floor) else None for workload, floor in run.noise_floor.items()
        },
        **({"machines": [finite(asdict(one)) for one in run.machines]} if run.machines else {}),
    }


def benchmark_from_cell(cell: Cell) -> dict[str, Any]:
    """The cell as an entry of ``benchmarks``."""
    from pytest_benchmark.stats import Stats

    stats = Stats()
    for total in cell.totals:
        stats.update(total / PER_SECOND)
    return {
        "group": cell.axes["workload"],
        "name": cell.label,
        "fullname": cell.id,
        "params": dict(cell.axes),
        "param": cell.id,
        "extra_info": extra_info(cell),
        "options": {},
        "stats": {**_figures(cell, stats), "data": stats.data, "iterations": cell.operations},
    }


def _figures(cell: Cell, stats: Any) -> dict[str, Any]:  # noqa: ANN401 - pytest-benchmark has no types
    """pytest-benchmark's figures; only the median of a cell that was read from a file without raw data."""
    if stats.data:
        return dict(stats.as_dict())
    return {**dict.fromkeys(stats.fields), "median": cell.figures["total"].median / PER_SECOND}


def extra_info(cell: Cell) -> dict[str, Any]:
    """The data of a cell that pytest-benchmark's own fields cannot hold."""
    return {
        "tlsbench": {
            "id": cell.id,
            "axes": dict(cell.axes),
            "negotiated": dict(cell.negotiated),
            "instrument": cell.instrument.name,
            "unit": cell.instrument.unit.symbol,
            "figures": {part: _summary_to_json(summary) for part, summary in cell.figures.items()},
            "phases": dict(cell.phases),
            "wire": cell.ledger.plain(),
            "samples": len(cell.totals),
            "operations_per_sample": cell.operations,
            "round_sizes": list(cell.round_sizes),
            "disturbed": cell.disturbed,
            "precision": cell.precision if math.isfinite(cell.precision) else None,
            **({"parts": [_part_to_json(part) for part in cell.parts]} if cell.parts else {}),
        }
    }


def _part_to_json(part: CellPart) -> dict[str, Any]:
    plain = asdict(part)
    interval: Mapping[str, float] = plain.pop("interval")
    return {**plain, **{name: finite(interval[name]) for name in ("median", "low", "high")}}


def _summary_to_json(summary: Summary) -> dict[str, Any]:
    return {
        "median": summary.interval.median,
        "low": finite(summary.interval.low),
        "high": finite(summary.interval.high),
        "p90": summary.p90,
        "p99": summary.p99,
        "round_medians": finite(summary.round_medians),
    }


def finite(value: object) -> object:
    """The value with null for every infinity and NaN, which JSON does not have."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value
