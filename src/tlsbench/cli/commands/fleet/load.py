"""``tlsbench fleet load``: the options of ``tlsbench load``, and those of a fleet."""

from __future__ import annotations

import inspect
from typing import Annotated, Any, Final

import typer

from tlsbench.cli import loads
from tlsbench.cli.commands import load as by_one
from tlsbench.cli.fleets import Allow, Certs, Local, Scheduler
from tlsbench.cli.parsing import Written, duration
from tlsbench.cli.teaching import teaches
from tlsbench.session.quantities import seconds

#: The options for one machine only: to simulate a line, or to capture connections.
_ALONE: Final = ("via", "pcap", "pcap_connections")


def _own(
    *,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="HOST:PORT... [SELECTOR]...",
            help="TLS servers that every machine reaches; and what the handshakes must be: version=, "
            "cipher=, group= of one value each.",
        ),
    ],
    processes: Annotated[
        int, typer.Option("--processes", "-p", metavar="N", help="Worker processes on each machine.")
    ] = 1,
    scheduler: Scheduler = None,
    local: Local = 0,
    certs: Certs = None,
    allow: Allow = None,
    clock_limit: Annotated[
        float,
        duration(
            "--clock-limit",
            help="Limit for the uncertainty of the common start: half the round trip to a machine.",
        ),
    ] = Written("50ms", seconds),
) -> None:
    """The options that ``tlsbench load`` lacks, and those that mean something else here."""


@teaches(
    r"""Load a TLS server from many machines at once, as one load.

    All machines begin at one instant, each with its share of --connections or --rate. Counts and histograms
    are added, percentiles never averaged. A machine that is lost is named, what it had reported counts, and
    the others go on.

    \b
    Examples:
      tlsbench fleet load 127.0.0.1:8443 --local 2
      tlsbench fleet load 192.0.2.9:443 --scheduler tls://a:8786 \
        -c 4000 --i-may-load-this-target
      tlsbench fleet load 192.0.2.9:443 --scheduler tls://a:8786 \
        --rate 20000 -p 4 --i-may-load-this-target

    Ctrl-C ends it early on all machines, and prints what there is.
    Exit codes: 0 done, 1 a threshold is missed, 2 wrong request, 3 no connection succeeded or a machine was
    lost, 4 a threshold is undecided, 130 interrupted.
    """
)
def command(**given: Any) -> int:  # noqa: ANN401 - of what the options below are
    """Load, store and print; return the exit code."""
    from tlsbench.cli import output
    from tlsbench.cli.fleets import allowed, cluster
    from tlsbench.fleet.load import Fleet, FleetLoadRequest, fleet_load
    from tlsbench.interrupts import interruptible

    local = given["local"]
    load = loads.request_of({**given, **dict.fromkeys(_ALONE)})
    request = FleetLoadRequest(
        load=load, allowed=allowed(given["allow"], local), clock_limit_s=given["clock_limit"]
    )
    request.check()
    loads.check_outputs(given["json_path"], given["hgrm"])
    note = (lambda _line: None) if given["quiet"] else output.note
    with interruptible() as stop, cluster(given["scheduler"], local, given["certs"], note, stop) as there:
        if stop():
            raise stop.interrupted("interrupted before anything was sent")
        return loads.carry_out(
            load,
            lambda observe: fleet_load(there, request, Fleet(observe, note, stop)),
            stop,
            **{name: given[name] for name in ("quiet", "json_path", "hgrm", "output_format", "undecided")},
        )


def _options() -> inspect.Signature:
    """The parameters of both commands, as typer reads them."""
    theirs = inspect.signature(by_one.command, eval_str=True).parameters
    ours = dict(inspect.signature(_own, eval_str=True).parameters)
    kept = [ours.pop(name, one) for name, one in theirs.items() if name not in _ALONE]
    return inspect.Signature([*kept, *ours.values()], return_annotation=int)


vars(command)["__signature__"] = _options()
command.__annotations__ = {name: one.annotation for name, one in _options().parameters.items()}
