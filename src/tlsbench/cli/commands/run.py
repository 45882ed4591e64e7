"""``tlsbench run``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tlsbench.cli import completion
from tlsbench.cli.options import (
    DEFAULT_PRECISION,
    DEFAULT_TIME_BUDGET,
    Baseline,
    JsonPath,
    Meter,
    Precision,
    Profile,
    Quiet,
    Seed,
    Selectors,
    TimeBudget,
)
from tlsbench.cli.parsing import format_of
from tlsbench.cli.teaching import teaches
from tlsbench.cli.usage import axes_help, usage

if TYPE_CHECKING:
    from tlsbench.results import Failure, Run
    from tlsbench.scenarios import Scenario

_FAILED = 3
#: A limit, because each process holds every library in memory.
_MOST_PROCESSES = 32
#: The width of a table that goes to a file or a pipe.
_PLAIN_WIDTH = 200


more_help = axes_help


@teaches(
    r"""Measure scenarios together, prove every sample, and print the table.

    \b
    Examples:
      tlsbench run                                     the quick profile
      tlsbench run group=x25519,X25519MLKEM768         one axis, else defaults
      tlsbench run workload=bulk 'cipher=TLS_AES_*,*CHACHA20*' size=1KiB,16KiB \
        --format markdown
      tlsbench run --like published.json --save here   what others measured

    Ctrl-C ends the run after the current round and keeps what was measured.
    Exit codes: 0 done, 2 wrong request, 3 a cell failed, 130 interrupted.
    """
)
def command(
    *,
    selectors: Selectors = None,
    profile: Profile = None,
    like: Annotated[
        str | None,
        typer.Option(
            "--like",
            metavar="RESULT",
            help="Measure the scenarios of a stored run again, by its meter, to compare with it.",
            show_default=False,
            autocompletion=completion.results,
        ),
    ] = None,
    time_budget: TimeBudget = DEFAULT_TIME_BUDGET,
    precision: Precision = DEFAULT_PRECISION,
    meter: Meter = None,
    seed: Seed,
    pin: Annotated[
        str | None,
        typer.Option(
            "--pin",
            metavar="CPUS",
            help="Pin to this processor, or these (0,2-3; all), one per thread (Linux).",
            show_default=False,
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(
            "--processes",
            min=1,
            max=_MOST_PROCESSES,
            metavar="N",
            help="Sample the rounds in N processes in turn. [default: 1 to 4, by the budget]",
            show_default=False,
        ),
    ] = None,
    baseline: Baseline = None,
    output_format: Annotated[str, format_of("run")] = "table",
    json_path: JsonPath = None,
    save: Annotated[
        str | None,
        typer.Option(
            "--save",
            metavar="NAME",
            help="Save the result in .benchmarks/, as pytest-benchmark does.",
            show_default=False,
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            metavar="PATH",
            help="Write an HTML page, see 'tlsbench report'.",
            show_default=False,
        ),
    ] = None,
    quiet: Quiet = False,
) -> int:
    """Measure, store and print; return the exit code."""
    from functools import partial

    from tlsbench.cli import measuring, output
    from tlsbench.interrupts import interruptible
    from tlsbench.report.live import ProgressView
    from tlsbench.report.runs import report_of_run
    from tlsbench.sampling import WALL, Plan, meter_named
    from tlsbench.session.placing import pin_to
    from tlsbench.session.run import RunRequest, run
    from tlsbench.session.selecting import baseline_of, matrix_of

    model = None if like is None else measuring.stored_run(like, "--like")
    with usage():
        matrix = matrix_of(selectors or (), profile, model)
    request = RunRequest(
        matrix=matrix,
        plan=Plan(time_budget_s=time_budget, precision=precision, seed=seed),
        instrument=meter or (WALL if model is None else meter_named(model.conditions.meter)),
        command=measuring.invocation(),
        processes=processes,
        selectors=() if profile or model else selectors or (),
    )
    request.check()
    with usage():
        is_baseline = baseline_of(baseline, [scenario.axes() for scenario in matrix.scenarios])
    _check_outputs(json_path, save, report)
    if pin is not None:
        pin_to(pin)
    with interruptible() as stop:
        with measuring.screen(quiet=quiet) as screen:
            result = run(request, ProgressView(screen, request.plan, is_baseline), stop)
        interrupted = result.conditions.stopped_by == "interrupt"
        if interrupted and not (result.cells or result.failures):
            raise stop.interrupted("interrupted before anything was measured")
        shapes = [] if report is None or interrupted else request.matrix.scenarios
        page = partial(_page, result, save or profile or "run", shapes)
        stored = output.store(_outputs(result, json_path, save, report, page))
        with output.beside(json_path, report):
            output.report(report_of_run(result, is_baseline), output_format, _PLAIN_WIDTH)
            is_told = output_format == "table" and output.width() is not None
        for line in _failed(result.failures, is_told=is_told):
            output.note(f"tlsbench: {line}")
        if interrupted:
            return stop.exit_code
        return _FAILED if result.failures else stored


def _failed(failures: Sequence[Failure], *, is_told: bool) -> list[str]:
    """The lines on standard error about failed cells: only one if the table on the terminal has them."""
    if is_told and failures:
        return [f"{len(failures)} cell{'s' * (len(failures) > 1)} failed, see above"]
    return [f"{failure.id}: {failure.error}" for failure in failures]


def _check_outputs(json_path: Path | None, save: str | None, report: Path | None) -> None:
    """Refuse early what could not be written after the measurement."""
    from tlsbench.cli import output
    from tlsbench.report.extras import require_plotly
    from tlsbench.report.page.render import MOST_BYTES
    from tlsbench.results import storage

    output.check(json_path, report)
    if save is not None:
        storage.check_save(save)
    if report is not None:
        output.check(report, room_bytes=MOST_BYTES)
        require_plotly()


def _outputs(
    run: Run,
    json_path: Path | None,
    save: str | None,
    report: Path | None,
    page: Callable[[], str],
) -> Iterator[Callable[[], str]]:
    """The steps that write the outputs of a run."""
    from tlsbench.cli import output
    from tlsbench.results import storage
    from tlsbench.results.benchmark_json import to_json
    from tlsbench.results.environment import machine_info

    text = to_json(run, machine_info()) if json_path is not None or save is not None else ""
    if json_path is not None:
        yield lambda: output.written(json_path, text)
    if save is not None:
        yield lambda: f"saved {storage.save(save, text)}"
    if report is not None:
        yield lambda: output.written(report, page())


def _page(run: Run, name: str, scenarios: Sequence[Scenario]) -> str:
    """The page about a run.

    :param scenarios: the scenarios whose ladders it shows, if they were measured.
    """
    from tlsbench.report.page import page_of, render, source_of
    from tlsbench.results.environment import machine_info
    from tlsbench.results.reader import machine_of
    from tlsbench.results.stored import stored_run
    from tlsbench.session.trace import trace_shapes

    measured = {cell.id for cell in run.cells}
    traces, doubts = trace_shapes([one for one in scenarios if one.id in measured])
    source = source_of(stored_run(run, name, machine_of(machine_info())), name)
    return render(page_of([source], traces, doubts))
