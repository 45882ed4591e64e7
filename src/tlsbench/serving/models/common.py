"""What the models share: how much is read, how often limits are checked, the wording of errors."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from tlsbench.serving.session import Service, Session

READ_BYTES: Final = 64 * 1024
TICK_S: Final = 0.1
#: How often time limits are checked.
SWEEP_S: Final = 0.25
#: How long open connections may continue after the stop.
DRAIN_S: Final = 3.0
#: How long accepting pauses when descriptors run out: some may have been closed by then.
NO_DESCRIPTORS_S: Final = 0.05

#: Serves a listening socket until the function, called at each tick, says to stop.
Model = Callable[[socket.socket, Service, Callable[[], bool]], None]


class Open(Protocol):
    """An open connection of any model."""

    session: Session

    def close(self) -> None:
        """Close it."""


def lost(error: OSError) -> str:
    """Why a connection was lost."""
    return "connection reset" if error.errno in (errno.ECONNRESET, errno.EPIPE) else str(error.strerror)


@dataclass(slots=True)
class Refusals:
    """Failures to accept: one for each period without descriptors, however many attempts it had.

    The connections themselves wait in the backlog until they can be accepted.
    """

    service: Service
    _accepted: int = -1

    def count(self, error: OSError) -> None:
        """Count a failure, unless nothing was accepted since the last one."""
        accepted = self.service.tally.accepted
        if accepted != self._accepted:
            self.service.tally.fail(f"accept: {error.strerror}")
        self._accepted = accepted


def expire(connections: Iterable[Open], now_s: float) -> None:
    """Close the connections whose time is up."""
    for one in [one for one in connections if one.session.deadline_s <= now_s]:
        one.session.expire()
        one.close()
