"""Results as pytest-benchmark JSON, so that ``pytest-benchmark compare`` and others read them.

Each cell is a benchmark: ``fullname`` is its id, ``params`` its axes, ``stats`` the total of its
samples in seconds for each operation, raw data included. What pytest-benchmark has no place for is in
``extra_info`` of each benchmark and under ``tlsbench`` at the top.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from tlsbench.errors import RequestError
from tlsbench.links import Ledger
from tlsbench.results.cell import TIMES, Cell
from tlsbench.results.run import Conditions, Failure, Run
from tlsbench.scenarios import Excluded
from tlsbench.scenarios.axes import WORKLOAD_AXES
from tlsbench.stats import Interval, Summary


def to_json(run: Run, machine_info: Mapping[str, Any]) -> str:
    """The run as the text of a pytest-benchmark JSON file. Not finite numbers become null."""
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
    """What there is to say of a run as a whole, for the top of the document."""
    return {
        "conditions": asdict(run.conditions),
        "engines": dict(run.engines),
        "excluded": [asdict(excluded) for excluded in run.excluded],
        "failures": [asdict(failure) for failure in run.failures],
        "noise_floor": {
            workload: floor if math.isfinite(floor) else None for workload, floor in run.noise_floor.items()
        },
    }


def benchmark_from_cell(cell: Cell) -> dict[str, Any]:
    """The cell as an entry of ``benchmarks``."""
    from pytest_benchmark.stats import Stats

    stats = Stats()
    for total_ns in cell.totals_ns:
        stats.update(total_ns / 1e9)
    return {
        "group": cell.axes["workload"],
        "name": cell.label,
        "fullname": cell.id,
        "params": dict(cell.axes),
        "param": cell.id,
        "extra_info": extra_info(cell),
        "options": {},
        "stats": {**stats.as_dict(), "data": stats.data, "iterations": cell.operations},
    }


def extra_info(cell: Cell) -> dict[str, Any]:
    """What pytest-benchmark's own fields cannot hold of a cell."""
    return {
        "tlsbench": {
            "id": cell.id,
            "axes": dict(cell.axes),
            "negotiated": dict(cell.negotiated),
            "times_ns": {name: _summary_to_json(summary) for name, summary in cell.times.items()},
            "phases_ns": dict(cell.phases_ns),
            "wire": asdict(cell.ledger),
            "samples": len(cell.totals_ns),
            "operations_per_sample": cell.operations,
            "round_sizes": list(cell.round_sizes),
            "precision": cell.precision if math.isfinite(cell.precision) else None,
        }
    }


def from_json(text: str, source: str) -> Run:
    """Read a run back.

    :param source: where the text comes from, for the error.
    :raises RequestError: if it is no result of tlsbench; in one line that says why.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RequestError(f"{source} is not JSON: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("benchmarks"), list):
        raise RequestError(f"{source} is no pytest-benchmark result: it has no list 'benchmarks'")
    try:
        notes = document.get("tlsbench", {})
        cells = [
            _cell(benchmark)
            for benchmark in document["benchmarks"]
            if "tlsbench" in benchmark.get("extra_info", {})
        ]
        run = Run(
            cells=cells,
            excluded=[Excluded(**excluded) for excluded in notes.get("excluded", ())],
            failures=[Failure(**failure) for failure in notes.get("failures", ())],
            conditions=_conditions(notes["conditions"]) if "conditions" in notes else _UNKNOWN,
            engines=notes.get("engines")
            or document.get("machine_info", {}).get("tlsbench", {}).get("engines", {}),
            noise_floor={
                workload: math.inf if floor is None else float(floor)
                for workload, floor in notes.get("noise_floor", {}).items()
            },
            taken_at=datetime.fromisoformat(document["datetime"]).astimezone(UTC),
        )
    except KeyError as error:
        raise RequestError(f"{source} is no result of tlsbench: it lacks {error}") from None
    except (AttributeError, TypeError, ValueError) as error:
        raise RequestError(f"{source} is no result of tlsbench: a field is malformed ({error})") from None
    if not cells:
        raise RequestError(f"{source} holds no cell that tlsbench measured")
    return run


def _conditions(notes: Mapping[str, Any]) -> Conditions:
    return Conditions(**{**notes, "warnings": tuple(str(warning) for warning in notes.get("warnings", ()))})


#: What is known of the conditions of a pytest run: that pytest-benchmark ruled it.
_UNKNOWN = Conditions(
    meter="wall",
    seed=0,
    precision=0.0,
    time_budget_s=0.0,
    elapsed_s=0.0,
    stopped_by="pytest-benchmark's options",
    command="pytest",
)


def _cell(benchmark: Mapping[str, Any]) -> Cell:
    notes = benchmark["extra_info"]["tlsbench"]
    totals = benchmark["stats"].get("data")
    times = {name: _summary_from_json(notes["times_ns"][name]) for name in TIMES}
    if times["total"].median_ns <= 0:
        raise ValueError("a total that is not above zero")
    axes = {str(axis): str(value) for axis, value in notes["axes"].items()}
    if axes["workload"] not in WORKLOAD_AXES:
        raise ValueError(f"no workload: {axes['workload']}")
    return Cell(
        id=str(notes["id"]),
        label=str(benchmark["name"]),
        axes=axes,
        times=times,
        phases_ns={str(name): float(value) for name, value in notes["phases_ns"].items()},
        totals_ns=tuple(float(total) * 1e9 for total in totals or ()),
        round_sizes=tuple(int(size) for size in notes["round_sizes"]),
        operations=int(notes["operations_per_sample"]),
        ledger=Ledger(**notes["wire"]),
        negotiated=dict(notes["negotiated"]),
    )


def _summary_to_json(summary: Summary) -> dict[str, Any]:
    return {
        "median": summary.interval.median,
        "low": summary.interval.low,
        "high": summary.interval.high,
        "p90": summary.p90_ns,
        "p99": summary.p99_ns,
        "round_medians": list(summary.round_medians_ns),
    }


def _summary_from_json(notes: Mapping[str, Any]) -> Summary:
    low, high = _bound(notes["low"], -math.inf), _bound(notes["high"], math.inf)
    return Summary(
        Interval(low, _number(notes["median"]), high),
        _number(notes["p90"]),
        _number(notes["p99"]),
        tuple(_number(median) for median in notes["round_medians"]),
    )


def _bound(value: Any, none: float) -> float:  # noqa: ANN401 - JSON
    """An end of an interval; where there is none pytest-benchmark writes an infinity, and we write null."""
    return none if value is None or float(value) == none else _number(value)


def _number(value: Any) -> float:  # noqa: ANN401 - JSON, in which Python reads NaN and Infinity too
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{number} is no figure")
    return number


def finite(value: object) -> object:
    """The value with null for every infinity and NaN, which JSON does not have."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value
