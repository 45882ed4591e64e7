"""``tlsbench run`` and ``tlsbench show``."""

from __future__ import annotations

import os
import random
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.collect import collect, collect_counts
from tlsbench.results.environment import Disturbance, machine_info
from tlsbench.results.stored import Foreign
from tlsbench.sampling import METERS, Instrument, Plan, Progress, measure, twins_of
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
    meter: Instrument,
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
            meter=meter,
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
        meter=meter,
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
    """Print the result that ``reference`` means (see :func:`tlsbench.results.storage.find`).

    :raises RequestError: if there is none, or it is one that is shown elsewhere.
    """
    from tlsbench.results.duel import Duel
    from tlsbench.results.reader import read, remarks_of

    _check_format(output_format)
    stored = read(reference)
    result = stored.result
    for remark in remarks_of(stored):
        output.note(f"warning: {remark}")
    if isinstance(result, Run) and result.cells:
        is_baseline = baseline_of(baseline, [dict(cell.axes) for cell in result.cells])
        _print(result, output_format, is_baseline, stored.machine.noted)
        return
    if isinstance(result, Run | Foreign):
        raise RequestError(
            f"{stored.source} holds no cell that tlsbench measured: 'tlsbench report' shows what it holds"
        )
    if output_format != "table":
        what = "duel" if isinstance(result, Duel) else "load"
        raise RequestError(f"{stored.source} is a {what}, which is shown as a table: leave out --format")
    if isinstance(result, Duel):
        from tlsbench.report import duels

        output.write(duels.text(result))
    else:
        from tlsbench.report import loads

        output.show(loads.terminal(result))


def _require_cells(matrix: Matrix) -> None:
    if matrix.scenarios:
        return
    if not matrix.excluded:
        raise RequestError("nothing to measure: the selectors leave nothing of the profile")
    reasons = dict.fromkeys(excluded.reason for excluded in matrix.excluded)
    raise RequestError(f"nothing to measure: {'; '.join(reasons)}")


_FORMATS: dict[str, Callable[[Run, Callable[[Cell], bool] | None, Mapping[str, Any]], str]] = {
    "table": lambda run, is_baseline, _machine: formats.plain(run, is_baseline, _PLAIN_WIDTH),
    "markdown": lambda run, is_baseline, _machine: formats.markdown(run, is_baseline),
    "csv": lambda run, is_baseline, _machine: formats.comma_separated(run, is_baseline),
    "json": lambda run, _is_baseline, machine: to_json(run, machine or machine_info()) + "\n",
}


def _check_format(output_format: str) -> None:
    if output_format not in _FORMATS:
        raise unknown("format", output_format, _FORMATS)


def _print(
    run: Run,
    output_format: str,
    is_baseline: Callable[[Cell], bool] | None,
    machine: Mapping[str, Any] | None = None,
) -> None:
    """Print a run.

    :param machine: where it was measured, as pytest-benchmark notes it; this one without.
    """
    width = output.width()
    if output_format == "table" and width is not None:
        output.show(formats.terminal(run, is_baseline, width))
    else:
        output.write(_FORMATS[output_format](run, is_baseline, machine or {}))


def _outputs(run: Run, request: Request) -> Iterator[Callable[[], str]]:
    """What is to be written of a run."""
    json_path, save, report = request.json_path, request.save, request.report
    if json_path is None and save is None and report is None:
        return
    text = to_json(run, machine_info()) if json_path is not None or save is not None else ""
    if json_path is not None:
        yield lambda: output.written(json_path, text)
    if save is not None:
        yield lambda: f"saved {storage.save(save, text)}"
    if report is not None:
        yield lambda: output.written(report, _page(run, save or request.profile or "run"))


def _page(run: Run, name: str) -> str:
    from tlsbench.report.page import page_of, render, source_of
    from tlsbench.results.reader import machine_of
    from tlsbench.results.stored import stored_run

    return render(page_of([source_of(stored_run(run, name, machine_of(machine_info())), name)]))


def _command() -> str:
    return shlex.join(["tlsbench", *sys.argv[1:]])


def _pin(cpu: int) -> None:
    if not hasattr(os, "sched_setaffinity"):
        raise RequestError("--pin needs Linux: this system does not let a process choose its processor")
    usable = sorted(os.sched_getaffinity(0))
    if cpu not in usable:
        raise RequestError(f"--pin {cpu}: no such processor, valid are {', '.join(map(str, usable))}")
    os.sched_setaffinity(0, {cpu})
