"""Links, which carry bytes from one end of a connection to the other and keep the ledger."""

from __future__ import annotations

import select
import socket
import struct
from collections.abc import Callable
from typing import Final, Protocol

from tlsbench.errors import MeasurementError, RequestError
from tlsbench.links.ledger import Direction, Entry

_RECEIVE_BYTES = 256 * 1024
_STALL_SECONDS = 10.0
#: SO_LINGER (socket(7)): on, with a timeout of zero.
_RESET: Final = struct.pack("ii", 1, 0)


class Link(Protocol):
    """Carries bytes for one connection after another, all driven by one thread."""

    def carry(self, direction: Direction, data: bytes) -> bytes:
        """Carry all of ``data`` to the other side, and record it.

        :returns: the bytes as they arrived.
        """

    def take_ledger(self) -> list[Entry]:
        """Return what was carried since the last call, in order."""

    def close(self) -> None:
        """Release the link's resources."""


class MemoryLink:
    """Hands the bytes over in memory, without the kernel."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def carry(self, direction: Direction, data: bytes) -> bytes:
        self._entries.append((direction, data))
        return data

    def take_ledger(self) -> list[Entry]:
        entries, self._entries = self._entries, []
        return entries

    def close(self) -> None:
        pass


class SocketLink:
    """A connected pair of stream sockets in one thread.

    The cost of carrying TLS is part of the total; the cost of connecting the pair is not.
    """

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self._entries: list[Entry] = []
        self._use(client, server)

    def _use(self, client: socket.socket, server: socket.socket) -> None:
        self._client, self._server = client, server
        client.setblocking(False)  # noqa: FBT003 - it takes no name
        server.setblocking(False)  # noqa: FBT003 - it takes no name

    def carry(self, direction: Direction, data: bytes) -> bytes:
        source, sink = (
            (self._client, self._server) if direction is Direction.TO_SERVER else (self._server, self._client)
        )
        self._entries.append((direction, data))
        unsent, arrived = memoryview(data), bytearray()
        while len(arrived) < len(data):
            try:
                if unsent:
                    unsent = unsent[source.send(unsent) :]
            except BlockingIOError:
                pass  # the kernel's buffer is full: empty it below
            try:
                received = sink.recv(_RECEIVE_BYTES)
            except BlockingIOError:
                writers = [source] if unsent else []
                if not any(select.select([sink], writers, [], _STALL_SECONDS)):
                    raise MeasurementError("the link stalled: bytes sent did not arrive") from None
            else:
                if not received:
                    raise MeasurementError("the link was closed during a connection")
                arrived += received
        return bytes(arrived)

    def take_ledger(self) -> list[Entry]:
        entries, self._entries = self._entries, []
        return entries

    def close(self) -> None:
        self._client.close()
        self._server.close()


class TcpLink(SocketLink):
    """A TCP connection over the loopback interface, with TCP_NODELAY at both ends.

    It can be reopened for each handshake, so that opening it can be timed separately.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._address = self._listener.getsockname()
        super().__init__(*self._connected())

    def _connected(self) -> tuple[socket.socket, socket.socket]:
        client = socket.create_connection(self._address)
        server, _ = self._listener.accept()
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client, server

    def open_ns(self, clock: Callable[[], int]) -> int:
        """Open another connection, and drop the old one.

        :returns: the time that opening it took at both ends, in nanoseconds.
        :raises MeasurementError: if the system lacks the resources for it.
        """
        try:
            began = clock()
            pair = self._connected()
            took_ns = clock() - began
        except OSError as error:
            raise MeasurementError(f"cannot open a TCP connection: {error}") from error
        self._drop()
        self._use(*pair)
        return took_ns

    def _drop(self) -> None:
        # By a reset: an ordinary close keeps the port busy for a minute (TIME_WAIT).
        self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        super().close()

    def close(self) -> None:
        self._drop()
        self._listener.close()


def unix_link() -> SocketLink:
    """A pair of connected Unix domain stream sockets."""
    return SocketLink(*socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM))


LINKS: dict[str, Callable[[], Link]] = {"memory": MemoryLink, "tcp": TcpLink, "unix": unix_link}


def open_link(name: str) -> Link:
    """Open the link of that name, a value of the axis ``link``.

    :raises RequestError: if the system lacks the resources for it (file descriptors, ports).
    """
    try:
        return LINKS[name]()
    except OSError as error:
        raise RequestError(f"cannot open a {name} link: {error}") from error
