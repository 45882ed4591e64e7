"""Results as rows: lists of dicts of plain Python values, all with the same keys.

A figure's name ends in its unit. A value that is unknown, not applicable or infinite (an interval of fewer
than six rounds) is None.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tlsbench.comparison import Judgement, Verdict
from tlsbench.loading import Load, LoadTally
from tlsbench.loading.tally import PHASES
from tlsbench.results import Cell, Run
from tlsbench.results.duel import Duel
from tlsbench.results.stored import Benchmark, Stored
from tlsbench.sampling import PARTS, WALL, Instrument, instrument_for, meter_named
from tlsbench.scenarios.axes import AXES
from tlsbench.scenarios.axis import ENDS
from tlsbench.stats import Interval
from tlsbench.units import BYTES, VIRTUAL_NANOSECONDS

Row = dict[str, Any]

#: The ends of figures' names, if not the unit's symbol: allocated bytes are not bytes on the wire.
_SUFFIXES: Final = {BYTES.symbol: "allocated_bytes", VIRTUAL_NANOSECONDS.symbol: "virtual_ns"}
#: The percentiles of a load's times, by the stem of their column's name.
_PERCENTILES: Final = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p99_9": 99.9, "p99_99": 99.99, "max": 100.0}


def rows_of(stored: Stored) -> list[Row]:
    """The rows of a result of any kind."""
    result = stored.result
    if isinstance(result, Run):
        return _alike([_of_cell(cell, result) for cell in result.cells])
    if isinstance(result, Duel):
        return _alike(list(_of_duel(result)))
    if isinstance(result, Load):
        return list(_of_load(result))
    return _alike([_of_benchmark(benchmark) for benchmark in stored.benchmarks])


def rows_of_judgement(judgement: Judgement) -> list[Row]:
    """A row for each benchmark that both results have."""
    return _alike([_of_verdict(verdict) for verdict in judgement.verdicts])


def _of_cell(cell: Cell, run: Run) -> Row:
    row: Row = {"id": cell.id, **_axes(cell.axes), "instrument": cell.instrument.name}
    for part in dict.fromkeys((*PARTS, *cell.instrument.parts)):
        if part in cell.figures:
            summary = cell.figures[part]
            row |= _interval(part, summary.interval, cell.instrument)
            row[_name(f"{part}_p99", cell.instrument)] = summary.p99
    return {
        **row,
        "precision": _finite(cell.precision),
        "samples": len(cell.totals),
        "disturbed": cell.disturbed,
        "rounds": len(cell.round_sizes),
        "client_bytes": cell.client_bytes,
        "server_bytes": cell.server_bytes,
        "flights": cell.ledger.flights,
        "handshake_flights": cell.ledger.handshake_flights,
        "round_trips": cell.ledger.round_trips,
        "client_datagrams": cell.ledger.client_datagrams,
        "server_datagrams": cell.ledger.server_datagrams,
        "coalesced_datagrams": cell.ledger.coalesced,
        "client_records": cell.ledger.client_records,
        "server_records": cell.ledger.server_records,
        "noise_floor": _finite(run.noise_floor.get(cell.axes["workload"], math.nan)),
        "negotiated": dict(cell.negotiated),
    }


def _of_duel(duel: Duel) -> Iterator[Row]:
    instrument = instrument_for("", meter_named(duel.meter))
    for result in duel.results:
        for part, comparison in result.comparisons.items():
            yield {
                "a": result.a.name,
                "b": result.b.name,
                "a_id": result.a.id,
                "b_id": result.b.id,
                "part": part,
                "instrument": instrument.name,
                **_ratio(comparison.ratio),
                "verdict": comparison.verdict,
                "noise_floor": _finite(comparison.floor),
                "epochs": comparison.epochs,
                "a_negotiated": dict(result.a.negotiated),
                "b_negotiated": dict(result.b.negotiated),
            }


def _of_load(load: Load) -> Iterator[Row]:
    """A row for each phase; with several backends, also for each of theirs, less the whole load's values."""
    yield from _of_phases(load, load.tally, {"backend": None} if load.backends else {}, load.plan.line)
    for one in load.backends:
        rates = {
            "handshakes_per_s": _per_s(one.tally.handshakes, load),
            "requests_per_s": _per_s(one.tally.requests, load),
            "client_busy": None,
        }
        its = {"backend": str(one.target)}
        for row in _of_phases(load, one.tally, its, load.plan.lines.get(one.target, "")):
            yield row | rates


def _per_s(count: int, load: Load) -> float:
    return count / load.elapsed_s if load.elapsed_s else 0.0


def _of_phases(load: Load, tally: LoadTally, backend: Row, line: str) -> Iterator[Row]:
    for phase in PHASES:
        times = tally.times[phase]
        if count := times.get_total_count():
            yield {
                "target": load.plan.where,
                **backend,
                "connections": load.plan.connections,
                "rate_per_s": load.plan.rate_per_s or None,
                "via": line or None,
                "phase": phase,
                "count": count,
                **{
                    f"{name}_ns": times.get_value_at_percentile(percentile)
                    for name, percentile in _PERCENTILES.items()
                },
                "handshakes_per_s": load.handshakes_per_s,
                "requests_per_s": load.requests_per_s,
                "client_busy": load.client_busy,
            }


def _of_benchmark(benchmark: Benchmark) -> Row:
    from statistics import median

    return {
        "id": benchmark.name,
        **benchmark.parameters,
        "instrument": benchmark.instrument.name,
        _name("total", benchmark.instrument): median(benchmark.figures),
        "samples": len(benchmark.figures),
    }


def _of_verdict(verdict: Verdict) -> Row:
    return {
        "id": verdict.id,
        **_axes(verdict.parameters),
        "instrument": verdict.instrument.name,
        **_interval("base", verdict.base, verdict.instrument),
        **_interval("new", verdict.new, verdict.instrument),
        **_ratio(verdict.ratio),
        "p_value": verdict.p_value,
        "noise_floor": _finite(verdict.floor),
        "verdict": verdict.word,
        "more_samples": verdict.more_samples,
    }


def _axes(axes: Mapping[str, str]) -> Row:
    """The axes, always including both ends; numbers are converted, and sizes are in bytes."""
    ends = dict.fromkeys(ENDS, axes["implementation"]) if "implementation" in axes else {}
    return {
        axis: AXES[axis].read(value) if axis in AXES else value for axis, value in {**axes, **ends}.items()
    }


def _interval(what: str, interval: Interval, instrument: Instrument) -> Row:
    return {
        _name(what, instrument): interval.median,
        _name(f"{what}_low", instrument): _finite(interval.low),
        _name(f"{what}_high", instrument): _finite(interval.high),
    }


def _ratio(ratio: Interval) -> Row:
    low = _finite(ratio.low) if math.isfinite(ratio.high) else None
    return {"ratio": ratio.median, "ratio_low": low, "ratio_high": _finite(ratio.high)}


def _name(what: str, instrument: Instrument = WALL) -> str:
    symbol = instrument.unit.symbol
    return f"{what}_{_SUFFIXES.get(symbol, symbol)}"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _alike(rows: Sequence[Row]) -> list[Row]:
    """The rows, each with the keys of all; axes come before figures, in the order of their table."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    order = ["id", *AXES]
    names.sort(key=lambda name: order.index(name) if name in order else len(order))
    return [{name: row.get(name) for name in names} for row in rows]
