"""Links that carry datagrams: each may be lost or arrive twice; the ledger records it as it was sent."""

from __future__ import annotations

from typing import Protocol

from tlsbench.links.ledger import Direction, Entry


class DatagramLink(Protocol):
    """Carries datagrams for one connection after another, all driven by one thread."""

    def carry(self, direction: Direction, datagram: bytes) -> tuple[bytes, ...]:
        """Send one datagram to the other side, and record it.

        :returns: the copies of it that arrive there; none if it is lost.
        """

    def take_ledger(self) -> list[Entry]:
        """Return what was sent since the last call, in order."""

    def close(self) -> None:
        """Release the link's resources."""


class MemoryDatagrams:
    """Hands each datagram over in memory, without the kernel and without loss."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def carry(self, direction: Direction, datagram: bytes) -> tuple[bytes, ...]:
        self._entries.append((direction, datagram))
        return (datagram,)

    def take_ledger(self) -> list[Entry]:
        entries, self._entries = self._entries, []
        return entries

    def close(self) -> None:
        pass
