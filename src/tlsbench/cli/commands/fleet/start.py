"""``tlsbench fleet start``."""

from __future__ import annotations

from typing import Annotated

import typer

from tlsbench.cli.fleets import Certs, Local
from tlsbench.cli.options import Quiet
from tlsbench.cli.teaching import teaches
from tlsbench.errors import MeasurementError, RequestError

_LARGEST_PORT = 65535


@teaches(
    r"""Start a scheduler here, and a worker on each host by SSH.

    They run until Ctrl-C. Needs on each host: the same version of tlsbench, its extra 'fleet', and ssh
    without a password. The certificates of 'fleet certs' go to the hosts over ssh, and are removed when it
    ends, as is everything else. docs/examples shows how to start workers on Kubernetes and Slurm.

    \b
    Examples:
      tlsbench fleet start --hosts a,b,c --bind 192.0.2.1 --port 8786
      tlsbench fleet start --hosts a,b --bind 192.0.2.1 \
        --python /opt/tlsbench/bin/python
      tlsbench fleet start --local 2

    Exit codes: 0 it was ended by Ctrl-C, 2 wrong request, 3 a part of it did not start, or all workers ended.
    """
)
def command(
    *,
    hosts: Annotated[
        str,
        typer.Option("--hosts", metavar="A,B,C", help="Hosts to start workers on, as ssh knows them."),
    ] = "",
    local: Local = 0,
    bind: Annotated[
        str, typer.Option("--bind", metavar="ADDRESS", help="Where the scheduler listens.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="PORT", help="Its port; 0 takes a free one.")] = 0,
    python: Annotated[
        str, typer.Option("--python", metavar="PATH", help="Python executable on the hosts.")
    ] = "python3",
    ssh: Annotated[
        str, typer.Option("--ssh", metavar="COMMAND", help="Command used to run programs on a host.")
    ] = "ssh -o BatchMode=yes",
    certs: Certs = None,
    quiet: Quiet = False,
) -> int:
    """Start it, say where it is, and keep it."""
    from tlsbench.cli import output
    from tlsbench.cli.fleets import MOST_LOCAL, require_dask
    from tlsbench.fleet.cluster import connected
    from tlsbench.fleet.security import found
    from tlsbench.fleet.starting import StartRequest, started, wait_for_workers
    from tlsbench.interrupts import interruptible

    require_dask()
    if not 0 <= port <= _LARGEST_PORT:
        raise RequestError(f"--port {port}: it must be from 0 to {_LARGEST_PORT}")
    if not 0 <= local <= MOST_LOCAL:
        raise RequestError(f"--local {local}: it must be from 1 to {MOST_LOCAL}")
    names = tuple(name for name in hosts.split(",") if name)
    if wrong := [name for name in names if name.startswith("-")]:
        raise RequestError(f"--hosts: '{wrong[0]}' is not a host")
    certificates = found(certs)
    request = StartRequest(
        hosts=names, local=local, bind=bind, port=port, python=python, ssh=ssh, certificates=certificates
    )
    note = (lambda _line: None) if quiet else output.note
    with interruptible() as stop, started(request, note) as fleet:
        with connected(fleet.address, certificates) as there:
            wait_for_workers(fleet, lambda: len(there.addresses()), stop)
        output.line(
            f"{len(fleet.parts) - 1} workers are up; Ctrl-C ends them. Use them from another terminal:"
        )
        output.line(f"  tlsbench fleet doctor --scheduler {fleet.address}{_with(local, certs)}")
        while not stop():
            for line in fleet.lost(0.2):
                output.note(f"tlsbench: {line}")
            if fleet.parts[0].has_ended or all(part.has_ended for part in fleet.parts[1:]):
                raise MeasurementError("the fleet is gone: its scheduler or all its workers ended")
    return 0


def _with(local: int, certs: object) -> str:
    """The further options that commands need in order to use it."""
    return f"{f' --certs {certs}' if certs else ''}{' --allow shared-hosts' if local else ''}"
