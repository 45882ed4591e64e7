"""``tlsbench fleet certs``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tlsbench.cli.teaching import teaches
from tlsbench.errors import RequestError

_MOST_DAYS = 3650.0


@teaches(
    r"""Make the certificates with which a fleet trusts its machines.

    Mutual TLS between scheduler, workers and client, from a root whose key is discarded. Only you can
    read the keys (mode 0600). fleet start, run and load use them if they are in the usual
    folder; for workers that are started otherwise, copy root.pem and worker.pem to each machine.

    \b
    Examples:
      tlsbench fleet certs
      tlsbench fleet certs ./fleet-certs --days 7
      tlsbench fleet certs /etc/tlsbench-fleet --days 365
    """
)
def command(
    *,
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            help="An empty or new folder. [default: ~/.config/tlsbench/fleet]",
            show_default=False,
        ),
    ] = None,
    days: Annotated[float, typer.Option("--days", metavar="DAYS", help="How long they are valid.")] = 30,
) -> None:
    """Make them, and say where they are."""
    from tlsbench.cli import output
    from tlsbench.fleet.security import ROLES, make, usual_folder

    if not 0 < days <= _MOST_DAYS:
        raise RequestError(f"--days {days:g}: it must be above 0, and {_MOST_DAYS:g} at most")
    made = make(folder or usual_folder(), days)
    output.line(f"{made.folder}: valid for {days:g} days")
    output.line(f"  {made.root.name:<16}the root that all of them trust; its key was discarded")
    for role in ROLES:
        output.line(f"  {made.of(role).name:<16}certificate and key of the {role}")
    if folder is not None:
        output.line(f"Next: give --certs {folder} to fleet start, run and load")
