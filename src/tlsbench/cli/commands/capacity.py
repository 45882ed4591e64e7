"""``tlsbench capacity``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tlsbench.cli import completion
from tlsbench.cli.options import DEFAULT_TIME_BUDGET, RESULT, FiguresPath, Quiet, Seed, Selectors, TimeBudget
from tlsbench.cli.parsing import Written, duration, format_of, lazily, option
from tlsbench.cli.teaching import teaches
from tlsbench.cli.usage import UsageError, axes_help, usage
from tlsbench.session.quantities import rate, seconds, share

if TYPE_CHECKING:
    from tlsbench.interrupts import Stop
    from tlsbench.results import Run
    from tlsbench.sampling import Plan
    from tlsbench.session.capacity import Capacity
    from tlsbench.session.capacity_request import CapacityRequest
    from tlsbench.stats import Estimate

_PLAIN_WIDTH = 160
_FAILED = 3

more_help = axes_help


@teaches(
    r"""Estimate the cores, memory and bandwidth that a load needs, from measured cells.

    The first value of each axis is the request. Further values, or else other keys and libraries of this
    machine, are shown as alternatives, as are other resumption rates and other ticket lifetimes.

    \b
    Examples:
      tlsbench capacity --connections 20000/s --resumed 60% --transfer 50KiB \
        --open 100000 key=ecdsa-secp256r1
      tlsbench capacity -c 500/s --resumed 80% key=rsa-2048,ecdsa-secp256r1 \
        implementation=ssl,pyopenssl
      tlsbench capacity -c 20000/s --from saved-run --headroom 50%

    Exit codes: 0 done, 2 wrong request, 3 a cell failed, 130 interrupted.
    """
)
def command(
    *,
    selectors: Selectors = None,
    connections: Annotated[
        float,
        option(
            rate,
            "--connections",
            "-c",
            metavar="RATE",
            help="New connections: 20000/s, 900/min. [required]",
            show_default=False,
        ),
    ] = 0.0,
    resumed: Annotated[
        float,
        option(
            share, "--resumed", metavar="SHARE", help="Share of the connections that resume a session: 60%."
        ),
    ] = Written("0%", share),
    transfer: Annotated[
        int,
        option(
            lazily("tlsbench.scenarios.sizes:parse_size"),
            "--transfer",
            metavar="SIZE",
            help="Application data that the server sends on each: 50KiB.",
            show_default=False,
        ),
    ] = 0,
    open_connections: Annotated[
        int,
        typer.Option(
            "--open",
            metavar="N",
            help="Connections open at the same time. Their memory alone: 'tlsbench run workload=memory'.",
            show_default=False,
        ),
    ] = 0,
    headroom: Annotated[
        float, option(share, "--headroom", metavar="SHARE", help="Share of each resource to keep free.")
    ] = Written("30%", share),
    ticket_lifetime: Annotated[
        float, duration("--ticket-lifetime", help="Ticket lifetime at which this share resumes: 10m, 2h.")
    ] = Written("2h", seconds),
    beyond: Annotated[
        str | None,
        typer.Option(
            "--beyond",
            metavar="TIME",
            help="Processor time of a connection beyond TLS (kernel, program): 60us; 'serve' measures that "
            "of 'tlsbench serve'. [default: left out]",
            show_default=False,
        ),
    ] = None,
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="RESULT",
            help=f"Take the cells from a stored result. {RESULT} [default: measured now]",
            show_default=False,
            autocompletion=completion.results,
        ),
    ] = None,
    alone: Annotated[bool, typer.Option("--alone", help="Show no alternatives.")] = False,
    time_budget: TimeBudget = DEFAULT_TIME_BUDGET,
    seed: Seed,
    output_format: Annotated[str, format_of("capacity")] = "table",
    json_path: FiguresPath = None,
    save: Annotated[
        str | None,
        typer.Option(
            "--save",
            metavar="NAME",
            help="Save the measured cells in .benchmarks/, for --from.",
            show_default=False,
        ),
    ] = None,
    quiet: Quiet = False,
) -> int:
    """Measure or read, compute, store and print; return the exit code."""
    from dataclasses import replace

    from tlsbench.cli import measuring, output
    from tlsbench.errors import RequestError
    from tlsbench.interrupts import interruptible
    from tlsbench.report.capacity import document, report_of_capacity
    from tlsbench.results import storage
    from tlsbench.sampling import Plan
    from tlsbench.session.capacity_request import CapacityRequest
    from tlsbench.session.sizing import Demand

    if not connections:
        raise UsageError(
            "--connections is missing, the rate of new connections: 500/s; for the memory of open "
            "connections alone, use 'tlsbench run workload=memory'"
        )
    demand = Demand(
        connections_per_s=connections,
        resumed=resumed,
        transfer_bytes=transfer,
        open_connections=open_connections,
        headroom=headroom,
    )
    request = CapacityRequest(
        demand=demand, selectors=selectors or (), ticket_lifetime_s=ticket_lifetime, alone=alone
    )
    with usage():
        request.check()
        check_beyond(beyond)
    if from_ is not None and save is not None:
        raise RequestError("--from reads cells that are stored: leave out --save")
    output.check(json_path)
    if save is not None:
        storage.check_save(save)
    with interruptible() as stop:
        if from_ is not None:
            run, saved = measuring.stored_run(from_, "--from"), 0
        else:
            plan = Plan(time_budget_s=time_budget, precision=0.01, seed=seed)
            run = _measured(request, plan, stop, quiet=quiet)
            to_save = [] if save is None or not run.cells else [lambda: _saved(run, save)]
            saved = output.store(to_save)  # before anything else can fail
            for failure in run.failures:
                output.note(f"tlsbench: {failure.id}: {failure.error}")
            if run.conditions.stopped_by == "interrupt":
                raise stop.interrupted("interrupted before everything was measured")
        capacity = _computed(request, run, from_)
        if beyond is not None:
            found, words = _beyond(beyond, capacity, stop)
            capacity = _computed(replace(request, beyond_ns=found, beyond_words=words), run, from_)
        text = document(capacity)
        stored = output.store([] if json_path is None else [lambda: output.written(json_path, text)])
        with output.beside(json_path):
            output.report(report_of_capacity(capacity), output_format, _PLAIN_WIDTH)
        return _FAILED if run.failures and from_ is None else stored or saved


def check_beyond(text: str | None) -> None:
    """Refuse early what is not a time beyond TLS.

    :raises RequestError: if it is neither a time nor ``serve``.
    """
    from tlsbench.session.beyond import SERVE
    from tlsbench.session.quantities import nanoseconds

    if text not in (None, SERVE):
        nanoseconds(text)


def _computed(request: CapacityRequest, run: Run, from_: str | None) -> Capacity:
    """The capacity that a run implies."""
    from tlsbench.session.capacity import capacity_of
    from tlsbench.session.capacity_request import cells_for

    return capacity_of(request, run, from_ or "", cells_for(request).scenarios[0] if from_ is None else None)


def _measured(request: CapacityRequest, plan: Plan, stop: Stop, *, quiet: bool) -> Run:
    from tlsbench.cli import measuring
    from tlsbench.report.live import ProgressView
    from tlsbench.session.capacity_request import cells_for
    from tlsbench.session.run import RunRequest, run

    with usage():
        matrix = cells_for(request)
    asked = RunRequest(matrix=matrix, plan=plan, command=measuring.invocation())
    asked.check()
    with measuring.screen(quiet=quiet) as screen:
        return run(asked, ProgressView(screen, plan, None), stop)


def _saved(run: Run, name: str) -> str:
    """Save the cells, and say where."""
    from tlsbench.results import storage
    from tlsbench.results.benchmark_json import to_json
    from tlsbench.results.environment import machine_info

    return f"saved {storage.save(name, to_json(run, machine_info()))}"


def _beyond(text: str, capacity: Capacity, stop: Stop) -> tuple[Estimate, str]:
    """The processor time of a connection beyond TLS, and its source in words.

    :raises Interrupted: if the command was interrupted before that was measured.
    """
    from tlsbench.errors import MeasurementError
    from tlsbench.session.beyond import OF_SERVE, SERVE, beyond_tls
    from tlsbench.session.quantities import nanoseconds
    from tlsbench.stats import Estimate

    if text != SERVE:
        return Estimate.exact(nanoseconds(text)), f"{text} for each connection, as given"
    try:
        found = beyond_tls(capacity.server, capacity.request.demand.transfer_bytes, stop_asked=stop)
    except MeasurementError:
        if not stop():
            raise
    if stop():
        raise stop.interrupted("interrupted before everything was measured")
    return found, OF_SERVE
