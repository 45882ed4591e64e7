"""What the models have in common: how much is read, how often limits are looked at, words for errors."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from tlsbench.serving.session import Service, Session

READ_BYTES: Final = 64 * 1024
TICK_S: Final = 0.1
#: This often time limits are looked at.
SWEEP_S: Final = 0.25
#: How long connections that are open at the stop may go on.
DRAIN_S: Final = 3.0
#: How long accepting waits when descriptors run out: some may have been closed by then.
NO_DESCRIPTORS_S: Final = 0.05

#: Serves a listening socket until the function says stop; calls it at each tick.
Model = Callable[[socket.socket, Service, Callable[[], bool]], None]


class Open(Protocol):
    """A connection, to whatever model it belongs."""

    session: Session

    def close(self) -> None:
        """Close it."""


def lost(error: OSError) -> str:
    """Why a connection is gone."""
    return "connection reset" if error.errno in (errno.ECONNRESET, errno.EPIPE) else str(error.strerror)


@dataclass(slots=True)
class Refusals:
    """What could not be accepted: counted once for a time without descriptors, however often it was tried.

    The connections themselves wait in the backlog until they can be accepted.
    """

    service: Service
    _accepted: int = -1

    def count(self, error: OSError) -> None:
        """Count it, unless nothing was accepted since the last."""
        accepted = self.service.tally.accepted
        if accepted != self._accepted:
            self.service.tally.fail(f"accept: {error.strerror}")
        self._accepted = accepted


def expire(connections: Iterable[Open], now_s: float) -> None:
    """Close those whose time is over."""
    for one in [one for one in connections if one.session.deadline_s <= now_s]:
        one.session.expire()
        one.close()
