"""What one side of a connection handed over at once."""

from __future__ import annotations

from dataclasses import dataclass

from tlsbench.links import Direction


@dataclass(frozen=True, slots=True)
class Piece:
    """What one side handed over at once.

    ``at_ns`` is the time since the connection began; ``spent_ns`` is the time in the sender's library since
    it last handed something over.
    """

    direction: Direction
    data: bytes
    at_ns: int = 0
    spent_ns: int = 0
