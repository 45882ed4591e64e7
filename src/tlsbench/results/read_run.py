"""A run read back from its document: cells, conditions, and what was not measured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from tlsbench.links import Ledger
from tlsbench.results.benchmark_json import PER_SECOND
from tlsbench.results.cell import Cell
from tlsbench.results.parts import SIDES, CellPart
from tlsbench.results.run import Conditions, Failure, MachineRun, Run, YardstickRecord
from tlsbench.results.scenario_text import scenario_of_axes
from tlsbench.results.strict import Node, record
from tlsbench.sampling import INSTRUMENTS, METERS, WALL, Instrument, instrument_for
from tlsbench.scenarios import Excluded
from tlsbench.scenarios.axes import WORKLOAD_AXES
from tlsbench.stats import Interval, Summary, median_interval, present
from tlsbench.units import NANOSECONDS
from tlsbench.workloads.parts import PARTS

#: No instrument can distinguish a smaller figure from zero.
LEAST_FIGURE = 1e-6
#: All that is known of the conditions of a pytest run is that pytest-benchmark controlled it.
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
    :param engines: those of the machine, for documents that do not say which the run used.
    :raises DocumentError: if it is not a run.
    """
    notes = root.find("tlsbench") or Node({}, "tlsbench", root)
    conditions, own_engines, floors, excluded, failures, yardsticks = (
        notes.find(name)
        for name in ("conditions", "engines", "noise_floor", "excluded", "failures", "yardsticks")
    )
    known = record(conditions, Conditions) if conditions else UNKNOWN_CONDITIONS
    processes = known.processes if conditions and conditions.find("processes") else 0
    return Run(
        cells=[
            replace(cell, processes=processes if cell.instrument.unit is NANOSECONDS else 0) for cell in cells
        ],
        excluded=[record(node, Excluded) for node in excluded.each()] if excluded else [],
        failures=[record(node, Failure) for node in failures.each()] if failures else [],
        conditions=known,
        engines={name: node.text() for name, node in own_engines.items()} if own_engines else engines,
        noise_floor={name: floor(node) for name, node in floors.items()} if floors else {},
        yardsticks=[_yardstick(node) for node in yardsticks.each()] if yardsticks else [],
        taken_at=moment(root["datetime"]),
        machines=[_machine(node) for node in machines.each()] if (machines := notes.find("machines")) else [],
    )


def _machine(node: Node) -> MachineRun:
    return record(
        node,
        MachineRun,
        noise_floor=lambda floors: {name: floor(one) for name, one in floors.items()},
        yardsticks=lambda all_: [_yardstick(one) for one in all_.each()],
    )


def _yardstick(node: Node) -> YardstickRecord:
    return record(node, YardstickRecord, round_medians=medians_of)


def floor(node: Node) -> float:
    """A noise floor; null means infinity: there were too few rounds to tell."""
    return math.inf if node.value is None else node.number(0.0)


def moment(node: Node) -> datetime:
    """A date and time (ISO 8601), in UTC unless it names another zone."""
    wanted = "a date and time such as 2026-11-25T10:00:00+00:00"
    try:
        found = datetime.fromisoformat(node.text())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise node.fault(wanted) from None


def cell_of(benchmark: Node, notes: Node, data_s: Sequence[float], meter: str) -> Cell:
    """The cell of an entry of ``benchmarks``.

    :param notes: its ``extra_info.tlsbench``.
    :param data_s: its raw data, in seconds.
    :param meter: that of the run; 0.1.0 did not record the instrument of a cell.
    :raises DocumentError: if it is not a cell.
    """
    axes = {axis: node.text() for axis, node in notes["axes"].items()}
    if axes.get("workload") not in WORKLOAD_AXES:
        raise notes["axes"]["workload"].fault(f"one of {', '.join(WORKLOAD_AXES)}")
    instrument = _instrument(notes, axes["workload"], meter)
    figures, phases = (notes.find(name) or notes[f"{old}_ns"] for name, old in _RENAMED.items())
    return Cell(
        id=notes["id"].text(),
        label=benchmark["name"].text(),
        axes=axes,
        instrument=instrument,
        figures=_figures(figures, instrument),
        phases={name: node.number() for name, node in phases.items()},
        totals=tuple(PER_SECOND * seconds for seconds in data_s),
        round_sizes=tuple(node.whole(0) for node in notes["round_sizes"].each()),
        operations=notes["operations_per_sample"].whole(1),
        ledger=record(notes["wire"], Ledger, least=0),
        negotiated={name: node.plain() for name, node in notes["negotiated"].items()},
        scenario=scenario_of_axes(axes),
        disturbed=notes["disturbed"].whole(0) if notes.find("disturbed") else 0,
        parts=tuple(map(_part_of, parts.each())) if (parts := notes.find("parts")) else (),
    )


#: Their names in 0.1.0, without the unit.
_RENAMED = {"figures": "times", "phases": "phases"}


def _instrument(notes: Node, workload: str, meter: str) -> Instrument:
    noted = notes.find("instrument")
    if noted is None:
        return instrument_for(workload, METERS.get(meter, WALL))
    if noted.text() not in INSTRUMENTS:
        raise noted.fault(f"one of {', '.join(INSTRUMENTS)}")
    return INSTRUMENTS[noted.text()]


def _figures(node: Node, instrument: Instrument) -> dict[str, Summary]:
    """A summary for each part; that of the libraries is computed if a file lacks it."""
    read = {part: _summary(one) for part in instrument.parts if (one := _part(node, part))}
    return {part: read[part] if part in read else _libraries(read) for part in instrument.parts}


def _part(node: Node, part: str) -> Node | None:
    return node.find(part) if part == "libraries" else node[part]


def _libraries(parts: Mapping[str, Summary]) -> Summary:
    """The libraries' time, for a file that has only that of each side.

    The medians of rounds are added, and the interval is that of the sums. The 90th and 99th percentiles are
    the sums of the sides' or the total's, whichever is less: a sample's total is never less than its
    libraries' time.
    """
    client, server, total = (parts[name] for name in ("client", "server", "total"))
    medians = tuple(map(sum, zip(client.round_medians, server.round_medians, strict=False)))
    interval = (
        median_interval(medians) if medians else Interval(-math.inf, client.median + server.median, math.inf)
    )
    return Summary(
        interval, min(client.p90 + server.p90, total.p90), min(client.p99 + server.p99, total.p99), medians
    )


def _part_of(node: Node) -> CellPart:
    for name, valid in (("side", SIDES), ("part", PARTS)):
        if node[name].text() not in valid:
            raise node[name].fault(f"one of {', '.join(valid)}")
    return CellPart(
        side=node["side"].text(),
        part=node["part"].text(),
        operation=node["operation"].text(),
        count=node["count"].number(0.0),
        size_bytes=node["size_bytes"].whole(0),
        source=node["source"].text(),
        interval=_interval(node),
    )


def _interval(node: Node) -> Interval:
    interval = Interval(
        _bound(node["low"], -math.inf), node["median"].number(), _bound(node["high"], math.inf)
    )
    if not interval.low <= interval.median <= interval.high:
        raise node.fault("low, median and high in this order")
    return interval


def _summary(node: Node) -> Summary:
    interval = _interval(node)
    return Summary(interval, node["p90"].number(), node["p99"].number(), medians_of(node["round_medians"]))


def medians_of(node: Node) -> tuple[float, ...]:
    """The medians of rounds; null means NaN, for a round without samples."""
    if isinstance(node.value, list) and None in node.value:
        return tuple(math.nan if one.value is None else one.number() for one in node.each())
    return node.numbers()


def _bound(node: Node, none: float) -> float:
    """An end of an interval; if there is none, 0.1.0 wrote null, and pytest-benchmark an infinity."""
    return none if node.value is None or node.value == none else node.number()


def is_comparable(cell: Cell) -> bool:
    """Whether all medians of a cell's main figure are above zero; otherwise it cannot be compared."""
    medians = present(cell.main.round_medians)
    return len(medians) > 0 and min(cell.main.median, *medians) >= LEAST_FIGURE
