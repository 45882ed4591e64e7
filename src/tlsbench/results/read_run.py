"""A run read back from its document: cells, conditions, and what was not measured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from tlsbench.links import Ledger
from tlsbench.results.cell import TIMES, Cell
from tlsbench.results.run import Conditions, Failure, Run
from tlsbench.results.scenario_text import scenario_of_axes
from tlsbench.results.strict import Node, record
from tlsbench.scenarios import Excluded
from tlsbench.scenarios.axes import WORKLOAD_AXES
from tlsbench.stats import Interval, Summary

#: A shorter time is none: no clock tells it from zero.
SHORTEST_NS = 1e-6
#: What is known of the conditions of a pytest run: that pytest-benchmark ruled it.
UNKNOWN_CONDITIONS = Conditions(
    meter="wall",
    seed=0,
    precision=0.0,
    time_budget_s=0.0,
    elapsed_s=0.0,
    stopped_by="pytest-benchmark's options",
    command="pytest",
)


def run_of(root: Node, cells: Sequence[Cell], engines: Mapping[str, str]) -> Run:
    """The run of a document.

    :param cells: those of its benchmarks.
    :param engines: of the machine, where the document does not say which the run used.
    :raises DocumentError: if it is none.
    """
    notes = root.find("tlsbench") or Node({}, "tlsbench", root)
    conditions, own_engines, floors, excluded, failures = (
        notes.find(name) for name in ("conditions", "engines", "noise_floor", "excluded", "failures")
    )
    return Run(
        cells=cells,
        excluded=[record(node, Excluded) for node in excluded.each()] if excluded else [],
        failures=[record(node, Failure) for node in failures.each()] if failures else [],
        conditions=record(conditions, Conditions) if conditions else UNKNOWN_CONDITIONS,
        engines={name: node.text() for name, node in own_engines.items()} if own_engines else engines,
        noise_floor={name: floor(node) for name, node in floors.items()} if floors else {},
        taken_at=moment(root["datetime"]),
    )


def floor(node: Node) -> float:
    """A noise floor; null is infinity: there were too few rounds to tell."""
    return math.inf if node.value is None else node.number(0.0)


def moment(node: Node) -> datetime:
    """A date and time (ISO 8601); UTC where it does not say of what zone it is."""
    wanted = "a date and time such as 2026-11-25T10:00:00+00:00"
    try:
        found = datetime.fromisoformat(node.text())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise node.fault(wanted) from None


def cell_of(benchmark: Node, notes: Node, data_s: Sequence[float]) -> Cell:
    """The cell of an entry of ``benchmarks``.

    :param notes: its ``extra_info.tlsbench``.
    :param data_s: its raw data, in seconds.
    :raises DocumentError: if it is none.
    """
    axes = {axis: node.text() for axis, node in notes["axes"].items()}
    if axes.get("workload") not in WORKLOAD_AXES:
        raise notes["axes"]["workload"].fault(f"one of {', '.join(WORKLOAD_AXES)}")
    phases = notes["phases_ns"]
    return Cell(
        id=notes["id"].text(),
        label=benchmark["name"].text(),
        axes=axes,
        times={name: _summary(notes["times_ns"][name]) for name in TIMES},
        phases_ns={name: node.number() for name, node in phases.items()},
        totals_ns=tuple(1e9 * seconds for seconds in data_s),
        round_sizes=tuple(node.whole(0) for node in notes["round_sizes"].each()),
        operations=notes["operations_per_sample"].whole(1),
        ledger=record(notes["wire"], Ledger, least=0),
        negotiated={name: node.plain() for name, node in notes["negotiated"].items()},
        scenario=scenario_of_axes(axes),
    )


def _summary(node: Node) -> Summary:
    interval = Interval(
        _bound(node["low"], -math.inf), node["median"].number(), _bound(node["high"], math.inf)
    )
    if not interval.low <= interval.median <= interval.high:
        raise node.fault("low, median and high in this order")
    return Summary(interval, node["p90"].number(), node["p99"].number(), node["round_medians"].numbers())


def _bound(node: Node, none: float) -> float:
    """An end of an interval; where there is none 0.1.0 wrote null, and pytest-benchmark an infinity."""
    return none if node.value is None or node.value == none else node.number()


def is_comparable(cell: Cell) -> bool:
    """Whether all medians of the cell's total are above zero: else nothing can be held against it."""
    total = cell.times["total"]
    return min((total.median_ns, *total.round_medians_ns)) >= SHORTEST_NS and bool(total.round_medians_ns)
