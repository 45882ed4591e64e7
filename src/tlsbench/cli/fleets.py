"""The options that the fleet commands have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tlsbench.errors import RequestError

if TYPE_CHECKING:
    from tlsbench.fleet.cluster import Cluster

Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        help="The cluster's scheduler, as 'fleet start' prints it: tls://HOST:8786.",
        show_default=False,
    ),
]
Local = Annotated[
    int,
    typer.Option(
        "--local",
        metavar="N",
        help="Try it here, without --scheduler: N workers on this machine, which share its processors.",
        show_default=False,
    ),
]
Certs = Annotated[
    Path | None,
    typer.Option(
        "--certs",
        metavar="DIR",
        help="The certificates of its links. [default: those that 'fleet certs' made, if any]",
        show_default=False,
    ),
]
#: Its values are in :data:`tlsbench.fleet.agreeing.ALLOWED`.
Allow = Annotated[
    list[str] | None,
    typer.Option(
        "--allow",
        metavar="WHAT",
        help="Accept machines that differ in versions or clocks, or share a host (shared-hosts). Repeatable.",
        show_default=False,
    ),
]
#: More workers on one machine would only wait for each other.
MOST_LOCAL = 32


def require_dask() -> None:
    """Check that a fleet is possible here.

    :raises RequestError: if Dask is not installed.
    """
    from importlib.util import find_spec

    if find_spec("distributed") is None:
        raise RequestError(
            "a fleet needs Dask: pip install 'dask distributed', or '.[fleet]' in a clone of tlsbench"
        )


def allowed(names: list[str] | None, local: int = 0) -> frozenset[str]:
    """What the machines may differ in or share.

    :param local: the number of workers on this machine, which implies that they may share it.
    :raises RequestError: if a name is unknown.
    """
    from tlsbench.errors import unknown
    from tlsbench.fleet.agreeing import ALLOWED

    for name in names or ():
        if name not in ALLOWED:
            raise unknown("value of --allow", name, ALLOWED)
    return frozenset([*(names or ()), *(("shared-hosts",) if local else ())])


@contextmanager
def cluster(
    scheduler: str | None,
    local: int,
    certs: Path | None,
    note: Callable[[str], None],
    stop_asked: Callable[[], bool],
) -> Iterator[Cluster]:
    """The cluster that the options describe; a local one ends with the block.

    :raises RequestError: if they describe none.
    """
    from tlsbench.fleet.cluster import connected
    from tlsbench.fleet.security import found
    from tlsbench.fleet.starting import StartRequest, started, wait_for_workers

    require_dask()
    if (scheduler is None) == (local == 0):
        raise RequestError("give --scheduler ADDRESS, or --local N to try it on this machine")
    certificates = found(certs)
    if scheduler is not None:
        with connected(address_of(scheduler, encrypted=certificates is not None), certificates) as there:
            yield there
        return
    if not 1 <= local <= MOST_LOCAL:
        raise RequestError(f"--local {local}: it must be from 1 to {MOST_LOCAL}")
    with (
        started(StartRequest(local=local, certificates=certificates), note) as own,
        connected(own.address, certificates) as here,
    ):
        wait_for_workers(own, lambda: len(here.addresses()), stop_asked)
        yield here


def address_of(text: str, *, encrypted: bool) -> str:
    """A scheduler's address as Dask writes it; a bare HOST:PORT is encrypted if there are certificates.

    :raises RequestError: if the text is not an address.
    """
    from tlsbench.loading import Target

    protocol, separator, rest = text.rpartition("://")
    if separator and protocol not in ("tls", "tcp"):
        raise RequestError(
            f"--scheduler {text}: write tls://HOST:PORT, or tcp://HOST:PORT without encryption"
        )
    try:
        target = Target.parse(rest)
    except RequestError:
        raise RequestError(
            f"--scheduler {text}: write tls://HOST:PORT, such as tls://192.0.2.1:8786"
        ) from None
    return f"{protocol or ('tls' if encrypted else 'tcp')}://{target}"
