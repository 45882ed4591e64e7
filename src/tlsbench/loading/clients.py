"""Clients that return to a service, each with the session that it got last."""

from __future__ import annotations

import random
from typing import Any


class Clients:
    """The sessions of some clients, a random one of which returns next.

    No client returns before all have connected once: until then each connection is by a new client.

    :param count: how many clients there are.
    :param seed: of the random choice of the next client.
    """

    def __init__(self, count: int, seed: int) -> None:
        self._count = count
        self._random = random.Random(seed)  # noqa: S311 - drawn to be repeated, not to be secret
        self._sessions: list[Any] = []
        self._have_all_come = False

    def __bool__(self) -> bool:
        """Whether a client can return."""
        return self._have_all_come and bool(self._sessions)

    def append(self, session: Any) -> None:  # noqa: ANN401 - a session of whichever library
        """Let a client keep a session; if all have one, that of a random client is replaced."""
        if len(self._sessions) < self._count:
            self._sessions.append(session)
        else:
            self._sessions[self._random.randrange(self._count)] = session
        self._have_all_come |= len(self._sessions) == self._count

    def pop(self) -> Any:  # noqa: ANN401
        """Take the session of a random client, which then has none until it gets another."""
        sessions = self._sessions
        at = self._random.randrange(len(sessions))
        sessions[at], sessions[-1] = sessions[-1], sessions[at]
        return sessions.pop()
