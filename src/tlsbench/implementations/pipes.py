"""Memory to read from and write to, by callbacks, for a C library that has none of its own."""

from __future__ import annotations

from collections import deque


class Pipe:
    """The bytes in and out of one connection, for a library that reads and writes by callbacks."""

    __slots__ = ("_at", "_incoming", "_outgoing")

    def __init__(self) -> None:
        self._incoming = b""
        self._at = 0
        self._outgoing: list[bytes] = []

    def __bool__(self) -> bool:
        """Whether received bytes are left."""
        return self._at < len(self._incoming)

    def take(self, most: int) -> bytes:
        """Take up to ``most`` of the received bytes; ``b""`` if none are left."""
        at = self._at
        self._at = at + most
        return self._incoming[at : at + most]

    def put(self, data: bytes) -> None:
        """Add bytes for the other side."""
        self._outgoing.append(data)

    def receive_data(self, data: bytes) -> None:
        """Add bytes from the other side."""
        self._incoming = self._incoming[self._at :] + data
        self._at = 0

    def data_to_send(self) -> bytes:
        """Take the bytes for the other side, each only once."""
        data = b"".join(self._outgoing)
        self._outgoing.clear()
        return data


class DatagramPipe:
    """The same for datagrams: each is put and taken as a whole."""

    __slots__ = ("_incoming", "_outgoing")

    def __init__(self) -> None:
        self._incoming: deque[bytes] = deque()
        self._outgoing: list[bytes] = []

    def take(self, most: int) -> bytes:
        """Take the next received datagram, cut off after ``most`` bytes; ``b""`` if there is none."""
        return self._incoming.popleft()[:most] if self._incoming else b""

    def put(self, datagram: bytes) -> None:
        """Add a datagram for the other side."""
        self._outgoing.append(datagram)

    def receive(self, datagram: bytes) -> None:
        """Add a datagram from the other side; an empty one is ignored."""
        if datagram:
            self._incoming.append(datagram)

    def to_send(self) -> list[bytes]:
        """Take the datagrams for the other side, each only once."""
        datagrams, self._outgoing = self._outgoing, []
        return datagrams
