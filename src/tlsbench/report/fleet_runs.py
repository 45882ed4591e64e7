"""The machines of a run by a fleet, side by side and pooled by processor type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from statistics import median
from typing import Final

from tlsbench.comparison import Judgement, judge, recording_of
from tlsbench.report.digits import format_count, format_duration_us
from tlsbench.report.naming import named, telling
from tlsbench.report.sheets import Entry, Field, Figure, Sheet
from tlsbench.results import Cell, Run
from tlsbench.results.by_machine import of_machine
from tlsbench.results.run import MachineRun
from tlsbench.scenarios.axes import MACHINE
from tlsbench.stats import geometric_mean
from tlsbench.units import NANOSECONDS

_MACHINES: Final = (
    Field("machine", "machine", "label"),
    Field("cells", "cells"),
    Field("absolute", "× first"),
    Field("differ", "differ"),
    Field("processor", "processor", "label", wraps=True),
    Field("judged", "by", "label", wraps=True),
)
_POOLED: Final = (
    Field("cell", "cell", "label", wraps=True),
    Field("machines", "machines"),
    Field("median", "median µs"),
    Field("low", "least"),
    Field("high", "most"),
    Field("spread", "spread"),
)


def sheets_of_fleet(run: Run) -> list[Sheet]:
    """The machines of a run by a fleet, and its cells pooled; empty for a run by one machine."""
    measured = [one for one in run.machines if not one.lost]
    if not measured:
        return []
    return [_beside(run, measured), *_pooled(run, measured)]


def _beside(run: Run, machines: Sequence[MachineRun]) -> Sheet:
    """Each machine compared with the first; the verdicts use the yardsticks that they share, if any."""
    first = of_machine(run, machines[0].name)
    entries = []
    for one in machines:
        own = of_machine(run, one.name)
        figures = {"cells": Figure(len(own.benchmarks), format_count(len(own.benchmarks)))}
        judged = "the first"
        if one is not machines[0] and own.benchmarks and first.benchmarks:
            judgement = judge(recording_of(first), recording_of(own))
            figures |= _compared(judgement)
            judged = _by(judgement)
        entries.append(
            Entry(one.name, {"machine": one.name, "processor": one.kind, "judged": judged}, figures)
        )
    return Sheet(f"machines, each compared with {machines[0].name}", _MACHINES, entries)


def _compared(judgement: Judgement) -> Mapping[str, Figure]:
    verdicts = judgement.verdicts
    if not verdicts:
        return {}
    ratio = geometric_mean([one.absolute.median for one in verdicts])
    differ = sum(1 for one in verdicts if one.verdict != "~")
    return {
        "absolute": Figure(ratio, f"{ratio:.2f}"),
        "differ": Figure(differ, f"{differ} of {len(verdicts)}"),
    }


def _by(judgement: Judgement) -> str:
    names = dict.fromkeys(name for one in judgement.verdicts for name in one.yardsticks)
    return f"yardsticks: {', '.join(names)}" if names else "uncorrected figures"


def _pooled(run: Run, machines: Sequence[MachineRun]) -> Iterator[Sheet]:
    """For each processor type of several machines, its cells over all of them."""
    kinds: dict[str, list[str]] = defaultdict(list)
    for one in machines:
        kinds[one.kind].append(one.name)
    for kind, names in kinds.items():
        cells: dict[str, list[Cell]] = defaultdict(list)
        for cell in run.cells:
            if cell.axes.get(MACHINE) in names and cell.instrument.unit is NANOSECONDS:
                cells[cell.id.rpartition(f" {MACHINE}=")[0]].append(cell)
        several = {id_: found for id_, found in cells.items() if len(found) > 1}
        if several:
            told = telling([found[0].axes for found in several.values()], (MACHINE,))
            yield Sheet(
                f"pooled: {len(names)} machines of {kind}",
                _POOLED,
                [_entry(id_, found, told) for id_, found in several.items()],
            )


def _entry(id_: str, cells: Sequence[Cell], told: Sequence[str]) -> Entry:
    """A cell over machines: the median of their medians, and the least and the greatest of them."""
    medians_us = sorted(cell.main.median / 1e3 for cell in cells)
    middle = median(medians_us)
    spread = medians_us[-1] / medians_us[0] - 1 if medians_us[0] > 0 else float("nan")
    name = named(cells[0].axes, told) or cells[0].axes["workload"]
    return Entry(
        id_,
        {"cell": name},
        {
            "machines": Figure(len(cells), format_count(len(cells))),
            "median": Figure(middle, format_duration_us(middle), "us"),
            "low": Figure(medians_us[0], format_duration_us(medians_us[0]), "us"),
            "high": Figure(medians_us[-1], format_duration_us(medians_us[-1]), "us"),
            "spread": Figure(100 * spread, f"{100 * spread:.1f} %" if isfinite(spread) else "-", "percent"),
        },
    )


def notes_on_fleet(run: Run) -> list[str]:
    """How the machines measured, and how to read their figures."""
    if not run.machines:
        return []
    lost = [f"lost: {one.name}: {one.lost}" for one in run.machines if one.lost]
    apart = "a ratio of two machines compares times that were not measured in the same rounds"
    return [
        f"{len(run.machines)} machines measured the same matrix independently; {apart}",
        "pooled: the median of the machines' medians, with the least and the greatest of them",
        *lost,
    ]
