"""What a C library without memory of its own for that reads from and writes to, by callbacks."""

from __future__ import annotations

from collections import deque


class Pipe:
    """The bytes in and out of one connection, for a library that calls back for them."""

    __slots__ = ("_at", "_incoming", "_outgoing")

    def __init__(self) -> None:
        self._incoming = b""
        self._at = 0
        self._outgoing: list[bytes] = []

    def __bool__(self) -> bool:
        """Whether bytes that came in are left."""
        return self._at < len(self._incoming)

    def take(self, most: int) -> bytes:
        """Up to ``most`` of the bytes that came in; ``b""`` if none are left."""
        at = self._at
        self._at = at + most
        return self._incoming[at : at + most]

    def put(self, data: bytes) -> None:
        """Bytes for the other side."""
        self._outgoing.append(data)

    def receive_data(self, data: bytes) -> None:
        """Bytes from the other side."""
        self._incoming = self._incoming[self._at :] + data
        self._at = 0

    def data_to_send(self) -> bytes:
        """What was put in here, each byte only once."""
        data = b"".join(self._outgoing)
        self._outgoing.clear()
        return data


class DatagramPipe:
    """The same for datagrams: each is taken and put in one piece."""

    __slots__ = ("_incoming", "_outgoing")

    def __init__(self) -> None:
        self._incoming: deque[bytes] = deque()
        self._outgoing: list[bytes] = []

    def take(self, most: int) -> bytes:
        """The next datagram that came in, cut off behind ``most`` bytes; ``b""`` if there is none."""
        return self._incoming.popleft()[:most] if self._incoming else b""

    def put(self, datagram: bytes) -> None:
        """A datagram for the other side."""
        self._outgoing.append(datagram)

    def receive(self, datagram: bytes) -> None:
        """A datagram from the other side; an empty one says nothing."""
        if datagram:
            self._incoming.append(datagram)

    def to_send(self) -> list[bytes]:
        """What was put in here, each datagram only once."""
        datagrams, self._outgoing = self._outgoing, []
        return datagrams
