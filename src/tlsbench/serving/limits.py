"""How long a server's clients may take for each step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

#: How long a finished connection waits for the client to close (RFC 9112 section 9.6): closing at once could
#: lose the last answer.
LINGER_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits in seconds; 0 for no limit.

    :param handshake_s: from accepting a connection to the end of its handshake.
    :param request_s: from the first byte of a request to its last, and then for each piece of the answer
        until the client has taken it.
    :param idle_s: for a connection without a request.
    """

    handshake_s: float = 10.0
    request_s: float = 60.0
    idle_s: float = 0.0


DEFAULT: Final = Limits()


def deadline(now_s: float, limit_s: float) -> float:
    """When a limit that starts now expires; infinity if there is no limit."""
    return now_s + limit_s if limit_s else math.inf
