"""The options of commands that capture live connections, and the messages about the captures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tlsbench.errors import OutputError, RequestError

if TYPE_CHECKING:
    from tlsbench.tracing.live import LiveCapture

#: How many connections are captured if no number is given.
_CONNECTIONS: Final = 10

PcapPath = Annotated[
    Path | None,
    typer.Option(
        "--pcap",
        metavar="PATH",
        help="Capture the first connections with their secrets, for Wireshark (pcapng); if PATH ends "
        "with .pcap, a pcap and a separate key log.",
        show_default=False,
    ),
]
PcapConnections = Annotated[
    int | None,
    typer.Option(
        "--pcap-connections",
        metavar="N",
        help=f"Capture this many connections, the first MiB of each. [default: {_CONNECTIONS}]",
        show_default=False,
    ),
]


def captured(path: Path | None, connections: int | None) -> int:
    """How many connections to capture; 0 for none.

    :raises RequestError: if the options are invalid.
    """
    from tlsbench.tracing.live import MOST_CONNECTIONS

    if path is None:
        if connections is not None:
            raise RequestError(f"--pcap-connections {connections}: this needs a capture: add --pcap PATH")
        return 0
    most = _CONNECTIONS if connections is None else connections
    if not 1 <= most <= MOST_CONNECTIONS:
        raise RequestError(f"--pcap-connections {most}: it must be from 1 to {MOST_CONNECTIONS}")
    return most


def outputs(path: Path | None) -> tuple[Path | None, ...]:
    """The files of a capture, to be checked with a command's other outputs."""
    from tlsbench.tracing.capture import key_log_beside

    return (path, key_log_beside(path)) if path is not None else ()


@contextmanager
def capture(path: Path | None, most: int, of: str, *, has_keys: bool = True) -> Iterator[LiveCapture | None]:
    """Capture into a file, and announce it in a line; yield None without a path.

    :param most: how many connections are captured at most.
    :param of: what is captured, in the words that the file says about itself.
    :param has_keys: whether there are secrets for it.
    :raises OutputError: if it cannot be written.
    """
    from tlsbench.cli import output
    from tlsbench.tracing.live import LiveCapture

    if path is None:
        yield None
        return
    what = "with their secrets" if has_keys else "without secrets, which this library does not provide"
    with LiveCapture(path, most, f"{of}, TCP and IP headers made up") as made:
        output.note(
            f"--pcap: the first {most} connections are captured {what}: the figures include this cost"
        )
        yield made


def steps(made: LiveCapture | None) -> Iterator[Callable[[], str]]:
    """The message about a finished capture, as a step of :func:`tlsbench.cli.output.store`."""
    if made is not None:
        yield lambda: _written(made)


def _written(made: LiveCapture) -> str:
    """The message that says where it is, and how many connections it has.

    :raises OutputError: if it could not be written to the end.
    """
    from tlsbench.cli import output

    if made.problem:
        raise OutputError(f"{made.problem}: the capture ends there")
    count = f" ({made.connections} connection{'s' * (made.connections != 1)})"
    return output.wrote(made.path, count, is_secret=made.has_secrets)
