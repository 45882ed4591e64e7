"""``tlsbench fleet run``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tlsbench.cli.fleets import Allow, Certs, Local, Scheduler
from tlsbench.cli.options import (
    DEFAULT_PRECISION,
    DEFAULT_TIME_BUDGET,
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
    from tlsbench.fleet.run import FleetRun

_FAILED = 3
_PLAIN_WIDTH = 200

more_help = axes_help


@teaches(
    r"""Measure the same scenarios on every machine of a fleet.

    The results are printed side by side. One task at a time on each machine, however many workers it has.
    The results have the axis machine; those of machines with the same type of processor are pooled, and each
    machine is compared with the first, by yardsticks where the processors are the same.

    \b
    Examples:
      tlsbench fleet run key=rsa-2048,ecdsa-secp256r1 --local 2
      tlsbench fleet run --profile quick --scheduler tls://192.0.2.1:8786 \
        --folder machines --json fleet.json
      tlsbench compare machines/a.json machines/b.json

    Ctrl-C ends it after the current round on all machines and keeps what was measured.
    Exit codes: 0 done, 2 wrong request, 3 a cell failed or a machine was lost, 130 interrupted.
    """
)
def command(
    *,
    selectors: Selectors = None,
    profile: Profile = None,
    scheduler: Scheduler = None,
    local: Local = 0,
    certs: Certs = None,
    allow: Allow = None,
    time_budget: TimeBudget = DEFAULT_TIME_BUDGET,
    precision: Precision = DEFAULT_PRECISION,
    meter: Meter = None,
    seed: Seed,
    output_format: Annotated[str, format_of("run")] = "table",
    json_path: JsonPath = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder",
            metavar="DIR",
            help="Write each machine's result to DIR/NAME.json as soon as it arrives. Made if missing.",
            show_default=False,
        ),
    ] = None,
    quiet: Quiet = False,
) -> int:
    """Measure, store and print; return the exit code."""
    from tlsbench.cli import measuring, output
    from tlsbench.cli.fleets import allowed, cluster
    from tlsbench.errors import RequestError
    from tlsbench.fleet.run import FleetRunRequest, Watcher, fleet_run
    from tlsbench.interrupts import interruptible
    from tlsbench.report.runs import report_of_run
    from tlsbench.sampling import WALL, Plan
    from tlsbench.session.run import RunRequest
    from tlsbench.session.selecting import matrix_of

    with usage():
        matrix = matrix_of(selectors or (), profile)
    request = FleetRunRequest(
        run=RunRequest(
            matrix=matrix,
            plan=Plan(time_budget_s=time_budget, precision=precision, seed=seed),
            instrument=meter or WALL,
            command=measuring.invocation(),
        ),
        selectors=tuple(selectors or ()),
        profile=profile,
        allowed=allowed(allow, local),
    )
    request.run.check()
    output.check(json_path)
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RequestError(f"--folder {folder}: {error.strerror}") from None
        output.check(folder / "machine.json")
    note = (lambda _line: None) if quiet else output.note
    problems = 0

    def keep(name: str, document: str) -> None:
        nonlocal problems
        if folder is not None:
            path = folder / f"{_file_name(name)}.json"
            problems |= output.store([lambda: output.written(path, document)])

    with interruptible() as stop, cluster(scheduler, local, certs, note, stop) as there:
        if stop():
            raise stop.interrupted("interrupted before anything was measured")
        with measuring.screen(quiet=quiet) as screen:
            progress = _Progress(screen.show, time_budget)
            found = fleet_run(there, request, Watcher(progress.heard, note, stop, keep))
        problems |= output.store(_outputs(found, json_path))
        with output.beside(json_path):
            output.report(report_of_run(found.run), output_format, _PLAIN_WIDTH)
        for failure in found.run.failures:
            output.note(f"tlsbench: {failure.id}: {failure.error}")
        for name, why in found.lost.items():
            output.note(f"tlsbench: {name} was lost: {why}")
        if found.interrupted:
            return stop.exit_code
    return _FAILED if found.run.failures or found.lost else problems


def _file_name(name: str) -> str:
    """The name of a machine's file: the machine's name, without what could change the path."""
    return (
        "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in name).lstrip(".")
        or "machine"
    )


def _outputs(found: FleetRun, json_path: Path | None) -> Iterator[Callable[[], str]]:
    from tlsbench.cli import output
    from tlsbench.results.benchmark_json import to_json
    from tlsbench.results.environment import machine_info

    if json_path is not None:
        yield lambda: output.written(json_path, to_json(found.run, machine_info()))


class _Progress:
    """The progress of the machines, in one line."""

    def __init__(self, show: Callable[[str, str, float], None], budget_s: float) -> None:
        self._show, self._budget_s = show, budget_s
        self._machines: dict[str, Mapping[str, object]] = {}

    def heard(self, name: str, message: Mapping[str, object]) -> None:
        """Take a machine's message about its progress."""
        self._machines[name] = message
        seconds = [float(str(one["elapsed_s"])) for one in self._machines.values()]
        words = ", ".join(
            f"{machine} {one['stage']} {one['done_cells']}/{one['of']}"
            for machine, one in self._machines.items()
        )
        self._show("measuring", words, min(1.0, min(seconds) / self._budget_s))
