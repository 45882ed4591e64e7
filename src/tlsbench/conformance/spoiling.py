"""Bytes that go wrong in transit: they arrive one by one, are lost, or are changed."""

from __future__ import annotations

import random

from tlsbench.implementations import Endpoint
from tlsbench.links import Direction, MemoryLink


class Slowly:
    """An end that continues after each byte that it receives."""

    def __init__(self, end: Endpoint) -> None:
        self.end = end
        self.done = False

    def go_on(self) -> None:
        self.done = self.done or self.end.handshake()

    def give_to(self, other: Slowly) -> None:
        for byte in self.end.data_to_send():
            other.end.receive_data(bytes([byte]))
            other.go_on()


class Cut(MemoryLink):
    """A link that loses the second half of the first flight in one direction."""

    def __init__(self, direction: Direction) -> None:
        super().__init__()
        self._direction: Direction | None = direction

    def carry(self, direction: Direction, data: bytes) -> bytes:
        if direction is self._direction:
            self._direction = None
            data = data[: len(data) // 2]
        return super().carry(direction, data)


class Fuzzed(MemoryLink):
    """A link that changes something in one of the first three flights: it flips, removes or doubles bytes."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance
        self._flight = chance.randrange(3)

    def carry(self, direction: Direction, data: bytes) -> bytes:
        self._flight -= 1
        return super().carry(direction, self._changed(data) if self._flight == -1 else data)

    def _changed(self, data: bytes) -> bytes:
        start = self._chance.randrange(len(data))
        end = min(len(data), start + self._chance.choice((1, 2, 4, 64)))
        flipped = bytes(byte ^ self._chance.randrange(1, 256) for byte in data[start:end])
        piece = self._chance.choice((flipped, flipped, flipped, b"", data[start:end] * 2))
        return data[:start] + piece + data[end:]
