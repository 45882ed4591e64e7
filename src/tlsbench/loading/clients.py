"""Clients that come back to a service, each with the session that it got last."""

from __future__ import annotations

import random
from typing import Any


class Clients:
    """The sessions of some clients, a random one of which comes back next.

    Nobody comes back before every client has been there once: until then each is a new one.

    :param count: how many there are.
    :param seed: of who comes next.
    """

    def __init__(self, count: int, seed: int) -> None:
        self._count = count
        self._random = random.Random(seed)  # noqa: S311 - drawn to be repeated, not to be secret
        self._sessions: list[Any] = []
        self._have_all_come = False

    def __bool__(self) -> bool:
        """Whether one can come back."""
        return self._have_all_come and bool(self._sessions)

    def append(self, session: Any) -> None:  # noqa: ANN401 - a session of whichever library
        """Let a client keep a session; where all have one, a random client's is replaced."""
        if len(self._sessions) < self._count:
            self._sessions.append(session)
        else:
            self._sessions[self._random.randrange(self._count)] = session
        self._have_all_come |= len(self._sessions) == self._count

    def pop(self) -> Any:  # noqa: ANN401
        """The session of a random client, which has none then until it gets another."""
        sessions = self._sessions
        at = self._random.randrange(len(sessions))
        sessions[at], sessions[-1] = sessions[-1], sessions[at]
        return sessions.pop()
