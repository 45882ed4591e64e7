"""The runs of several machines as one run, whose cells have the axis ``machine``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from tlsbench.results import Cell, Failure, Run
from tlsbench.results.run import MachineRun
from tlsbench.results.stored import Stored
from tlsbench.scenarios import Excluded
from tlsbench.scenarios.axes import MACHINE


def combined(
    stored: Mapping[str, Stored],
    command: str,
    differences: Sequence[str] = (),
    lost: Mapping[str, str] = MappingProxyType({}),
) -> Run:
    """Combine the runs of several machines into one.

    Its conditions are those that all share, with the worst figures of all; what is specific to a machine,
    such as its yardsticks, is in ``machines``. The noise floor is the largest of all machines.

    :param stored: by the machine's name, what was measured there; at least one.
    :param differences: the allowed differences between the machines.
    :param lost: by name, why a machine was lost.
    """
    runs = {name: _run_of(one) for name, one in stored.items()}
    first = next(iter(runs.values()))
    workloads = dict.fromkeys(workload for run in runs.values() for workload in run.noise_floor)
    stops = dict.fromkeys(run.conditions.stopped_by for run in runs.values())
    return replace(
        first,
        cells=[_on(name, cell) for name, run in runs.items() for cell in run.cells],
        excluded=_excluded(runs),
        failures=[
            Failure(f"{one.id} {MACHINE}={name}", one.error)
            for name, run in runs.items()
            for one in run.failures
        ],
        conditions=replace(
            first.conditions,
            command=command,
            elapsed_s=max(run.conditions.elapsed_s for run in runs.values()),
            stopped_by=", ".join(stops),
            steal_percent=_largest([run.conditions.steal_percent for run in runs.values()]),
            involuntary_switches=None,
            drift=_largest([run.conditions.drift for run in runs.values()]),
            disturbed_percent=_largest([run.conditions.disturbed_percent for run in runs.values()]),
            yardstick_share=None,
            warnings=[
                *differences,
                *(f"{name} was lost: {why}" for name, why in lost.items()),
                *(f"{name}: {line}" for name, run in runs.items() for line in run.conditions.warnings),
            ],
        ),
        engines={name: engine for run in runs.values() for name, engine in run.engines.items()},
        taken_at=max(run.taken_at for run in runs.values()),
        noise_floor={
            workload: max(run.noise_floor.get(workload, math.inf) for run in runs.values())
            for workload in workloads
        },
        yardsticks=(),
        machines=[
            *(_machine(name, one, runs[name]) for name, one in stored.items()),
            *(MachineRun(name=name, lost=why) for name, why in lost.items()),
        ],
    )


def _run_of(stored: Stored) -> Run:
    assert isinstance(stored.result, Run)
    return stored.result


def _largest(values: Sequence[float | None]) -> float | None:
    return max((one for one in values if one is not None), default=None)


def _on(name: str, cell: Cell) -> Cell:
    """The cell, with the machine that measured it as an axis."""
    return replace(
        cell,
        id=f"{cell.id} {MACHINE}={name}",
        label=f"{cell.label} {MACHINE}={name}",
        axes={**cell.axes, MACHINE: name},
    )


def _excluded(runs: Mapping[str, Run]) -> list[Excluded]:
    """What was left out: listed once if it was left out on all machines, otherwise for each machine."""
    everywhere = [
        one for one in next(iter(runs.values())).excluded if all(one in run.excluded for run in runs.values())
    ]
    return [
        *everywhere,
        *(
            Excluded(f"{one.id} {MACHINE}={name}", f"{name}: {one.reason}")
            for name, run in runs.items()
            for one in run.excluded
            if one not in everywhere
        ),
    ]


def _machine(name: str, stored: Stored, run: Run) -> MachineRun:
    machine = stored.machine
    return MachineRun(
        name=name,
        processor=machine.processor,
        cores=machine.cores or 0,
        architecture=machine.architecture,
        python=machine.python_version,
        tlsbench=machine.version,
        elapsed_s=run.conditions.elapsed_s,
        drift=run.conditions.drift,
        noise_floor=run.noise_floor,
        yardsticks=run.yardsticks,
    )
