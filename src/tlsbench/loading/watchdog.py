"""A limit on how long one OpenSSL call can keep a worker busy.

SSL_read(3) keeps reading past tickets and key updates until there is data or the socket is empty. A server
that sends them faster than they are read keeps it there, and the event loop cannot enforce any limit.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from time import monotonic
from typing import Final, Protocol, Self

_LOOK_S: Final = 0.1


class Cuttable(Protocol):
    """A connection that another thread can end."""

    def cut(self) -> None:
        """End its current call, and count it as a timeout."""


@dataclass(slots=True)
class Turn:
    """The connection whose turn it is in a worker's event loop, and the number of that turn."""

    number: int = 0
    connection: Cuttable | None = None


class Watchdog:
    """A thread that cuts off a connection whose turn exceeds the step limit, as a context manager."""

    def __init__(self, turn: Turn, limit_s: float) -> None:
        self._turn, self._limit_s = turn, limit_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="tlsbench-watchdog", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        number, since_s = -1, 0.0
        while not self._ended.wait(_LOOK_S):
            now_s, connection = monotonic(), self._turn.connection
            if connection is None or self._turn.number != number:
                number, since_s = self._turn.number, now_s
            elif now_s - since_s >= self._limit_s:
                connection.cut()
