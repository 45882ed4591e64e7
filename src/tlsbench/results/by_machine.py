"""The run of a fleet split by machine, as if each had measured alone."""

from __future__ import annotations

from dataclasses import replace

from tlsbench.results.cell import Cell
from tlsbench.results.run import Run
from tlsbench.results.stored import Machine, Stored, stored_run
from tlsbench.scenarios.axes import MACHINE


def of_machine(run: Run, name: str) -> Stored:
    """The results of one machine, with the ids that its cells have outside a fleet."""
    one = next(machine for machine in run.machines if machine.name == name)
    cells = [_alone(cell) for cell in run.cells if cell.axes.get(MACHINE) == name]
    own = replace(
        run,
        cells=cells,
        machines=(),
        noise_floor=one.noise_floor,
        yardsticks=one.yardsticks,
        conditions=replace(run.conditions, drift=one.drift, elapsed_s=one.elapsed_s),
    )
    machine = Machine(
        processor=one.processor,
        cores=one.cores,
        architecture=one.architecture,
        python_version=one.python,
        version=one.tlsbench,
    )
    return stored_run(own, name, machine)


def _alone(cell: Cell) -> Cell:
    suffix = f" {MACHINE}={cell.axes[MACHINE]}"
    return replace(
        cell,
        id=cell.id.removesuffix(suffix),
        label=cell.label.removesuffix(suffix),
        axes={axis: value for axis, value in cell.axes.items() if axis != MACHINE},
    )
