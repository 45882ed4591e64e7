"""How long a client of a server may take for each step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

#: How long a connection that is over waits for the client's end (RFC 9112 section 9.6): closing at once could
#: lose the last answer.
LINGER_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits in seconds, 0 for none.

    :param handshake_s: from the accepted connection to the end of its handshake.
    :param request_s: from a request's first byte to its last; and while it is answered, between two moments
        in which the client takes some of the answer.
    :param idle_s: for a connection without a request.
    """

    handshake_s: float = 10.0
    request_s: float = 60.0
    idle_s: float = 0.0


DEFAULT: Final = Limits()


def deadline(now_s: float, limit_s: float) -> float:
    """When a limit that begins now is over; never, if there is none."""
    return now_s + limit_s if limit_s else math.inf
