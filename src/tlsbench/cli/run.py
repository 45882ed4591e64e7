"""``tlsbench run`` and ``tlsbench show``."""

from __future__ import annotations

import os
import random
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from tlsbench.cli import output
from tlsbench.cli.request import baseline_of, fraction, matrix_of, seconds
from tlsbench.errors import RequestError, unknown
from tlsbench.interrupts import interruptible
from tlsbench.report import formats
from tlsbench.report.extras import require_plotly
from tlsbench.report.live import ProgressView, Screen
from tlsbench.report.page.render import MOST_BYTES
from tlsbench.results import Cell, Run, storage
from tlsbench.results.benchmark_json import from_json, to_json
from tlsbench.results.collect import collect, collect_counts
from tlsbench.results.environment import Disturbance, machine_info
from tlsbench.sampling import METERS, Meter, Plan, Progress, measure, twins_of
from tlsbench.sampling.instructions import (
    INSTRUCTIONS,
    PROCESSES_PER_COUNT,
    count_instructions,
    require_valgrind,
)
from tlsbench.sampling.places import interpreter_of, places
from tlsbench.scenarios import Matrix

_FAILED = 3
#: The width of a table that goes to a file or a pipe.
_PLAIN_WIDTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What ``tlsbench run`` was asked for, as it was written."""

    selectors: tuple[str, ...]
    profile: str | None
    time_budget: str
    precision: str
    meter: str
    seed: int | None
    pin: int | None
    baseline: str | None
    output_format: str
    json_path: Path | None
    save: str | None
    report: Path | None
    quiet: bool


def run_request(request: Request) -> int:
    """Measure, store and print; the exit code.

    :raises RequestError: before anything is measured, if the request is wrong.
    """
    _check_format(request.output_format)
    matrix = matrix_of(request.selectors, request.profile)
    _require_cells(matrix)
    is_baseline = baseline_of(request.baseline, [scenario.axes() for scenario in matrix.scenarios])
    plan = Plan(
        time_budget_s=seconds(request.time_budget),
        precision=fraction(request.precision),
        seed=random.SystemRandom().randrange(2**31) if request.seed is None else request.seed,
    )
    _check_meter(request.meter, matrix)
    output.check(request.json_path, request.report)
    if request.save is not None:
        storage.check_save(request.save)
    if request.report is not None:
        output.check(request.report, room_bytes=MOST_BYTES)
        require_plotly()
    if request.pin is not None:
        _pin(request.pin)
    with interruptible() as stop:
        if request.meter == INSTRUCTIONS:
            run = _counted(matrix, plan, stop, quiet=request.quiet)
        else:
            run = _timed(matrix, plan, METERS[request.meter], is_baseline, stop, quiet=request.quiet)
        interrupted = run.conditions.stopped_by == "interrupt"
        if interrupted and not run.cells:
            raise stop.interrupted("interrupted before anything was measured")
        stored = output.store(_outputs(run, request))
        with output.beside(request.json_path, request.report):
            _print(run, request.output_format, is_baseline)
        for failure in run.failures:
            output.note(f"tlsbench: {failure.id}: {failure.error}")
        if interrupted:
            return stop.exit_code
        return _FAILED if run.failures else stored


def _check_meter(meter: str, matrix: Matrix) -> None:
    if meter == INSTRUCTIONS:
        require_valgrind()
        if any(scenario.workload == "memory" for scenario in matrix.scenarios):
            raise RequestError("workload=memory is counted by malloc: leave out --meter instructions")
    elif meter not in METERS:
        raise unknown("meter", meter, (*METERS, INSTRUCTIONS))


def _timed(
    matrix: Matrix,
    plan: Plan,
    meter: Meter,
    is_baseline: Callable[[Cell], bool] | None,
    asked: Callable[[], bool],
    *,
    quiet: bool,
) -> Run:
    """Measure with a clock, all cells together and the twins with them."""
    cells = len(matrix.scenarios)

    def run_so_far(progress: Progress) -> Run:
        return collect(
            progress.series[:cells],
            matrix.excluded,
            plan,
            meter=meter.name,
            command=_command(),
            elapsed_s=progress.elapsed_s,
            stopped_by="nothing yet",
            twins=progress.series[cells:],
        )

    before = Disturbance.now()
    with places(matrix.scenarios, meter) as make, Screen(Console(stderr=True), quiet=quiet) as screen:
        scenarios = [*matrix.scenarios, *twins_of(matrix.scenarios)]
        view = ProgressView(screen, plan, run_so_far, is_baseline)
        outcome = measure(scenarios, make, plan, view, asked)
    return collect(
        outcome.series[:cells],
        matrix.excluded,
        plan,
        meter=meter.name,
        command=_command(),
        elapsed_s=outcome.elapsed_s,
        stopped_by=outcome.stopped_by,
        before=before,
        twins=outcome.series[cells:],
    )


def _counted(matrix: Matrix, plan: Plan, asked: Callable[[], bool], *, quiet: bool) -> Run:
    """Count instructions, each cell in processes of its own."""
    began = time.monotonic()
    with Screen(Console(stderr=True), quiet=quiet) as screen:

        def observe(done: int, of: int) -> None:
            screen.show("counting", f"{done} of {of} processes", done / of)

        observe(0, len(matrix.scenarios) * PROCESSES_PER_COUNT)
        counts = count_instructions(
            [(scenario, interpreter_of(scenario)) for scenario in matrix.scenarios], observe, asked
        )
    return collect_counts(
        list(zip(matrix.scenarios, counts, strict=True)),
        matrix.excluded,
        plan,
        command=_command(),
        elapsed_s=time.monotonic() - began,
    )


def show(reference: str, baseline: str | None, output_format: str) -> None:
    """Print the run that ``reference`` means (see :func:`tlsbench.results.storage.find`)."""
    _check_format(output_format)
    path = storage.find(reference)
    text = storage.read_text(path)
    if _show_load(text, path, output_format):
        return
    run = from_json(text, str(path))
    _print(run, output_format, baseline_of(baseline, [dict(cell.axes) for cell in run.cells]))


def _show_load(text: str, path: Path, output_format: str) -> bool:
    """Print a stored load; False if the text holds none."""
    from tlsbench.report import loads
    from tlsbench.results.load_json import load_from_json

    load = load_from_json(text, str(path))
    if load is None:
        return False
    if output_format != "table":
        raise RequestError(f"{path} is a load, which is shown as a table: leave out --format")
    output.show(loads.terminal(load))
    return True


def _require_cells(matrix: Matrix) -> None:
    if matrix.scenarios:
        return
    if not matrix.excluded:
        raise RequestError("nothing to measure: the selectors leave nothing of the profile")
    reasons = dict.fromkeys(excluded.reason for excluded in matrix.excluded)
    raise RequestError(f"nothing to measure: {'; '.join(reasons)}")


_FORMATS: dict[str, Callable[[Run, Callable[[Cell], bool] | None], str]] = {
    "table": lambda run, is_baseline: formats.plain(run, is_baseline, _PLAIN_WIDTH),
    "markdown": formats.markdown,
    "csv": formats.comma_separated,
    "json": lambda run, _is_baseline: to_json(run, machine_info()) + "\n",
}


def _check_format(output_format: str) -> None:
    if output_format not in _FORMATS:
        raise unknown("format", output_format, _FORMATS)


def _print(run: Run, output_format: str, is_baseline: Callable[[Cell], bool] | None) -> None:
    width = output.width()
    if output_format == "table" and width is not None:
        output.show(formats.terminal(run, is_baseline, width))
    else:
        output.write(_FORMATS[output_format](run, is_baseline))


def _outputs(run: Run, request: Request) -> Iterator[Callable[[], str]]:
    """What is to be written of a run."""
    json_path, save, report = request.json_path, request.save, request.report
    if json_path is None and save is None and report is None:
        return
    text = to_json(run, machine_info())
    if json_path is not None:
        yield lambda: output.written(json_path, text)
    if save is not None:
        yield lambda: f"saved {storage.save(save, text)}"
    if report is not None:
        yield lambda: output.written(report, _page(text, save or request.profile or "run"))


def _page(text: str, name: str) -> str:
    from tlsbench.report.page import page_of, render, source_of

    return render(page_of([source_of(text, name)]))


def _command() -> str:
    return shlex.join(["tlsbench", *sys.argv[1:]])


def _pin(cpu: int) -> None:
    if not hasattr(os, "sched_setaffinity"):
        raise RequestError("--pin needs Linux: this system does not let a process choose its processor")
    usable = sorted(os.sched_getaffinity(0))
    if cpu not in usable:
        raise RequestError(f"--pin {cpu}: no such processor, valid are {', '.join(map(str, usable))}")
    os.sched_setaffinity(0, {cpu})
