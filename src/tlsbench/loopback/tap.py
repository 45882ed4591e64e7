"""An attacker on the path who records traffic that it cannot decrypt, and replays it."""

from __future__ import annotations

import select
import socket
import threading
from contextlib import suppress
from typing import Self

from tlsbench.errors import HandshakeError, RequestError
from tlsbench.loopback.channel import TIME_LIMIT_S

_CHUNK_BYTES = 64 * 1024


class Tap:
    """A relay in front of a server: it accepts one connection and records the client's first flight.

    Use it as a context manager; leaving it waits for the end of the connection.

    :param address: the server's address.
    """

    def __init__(self, address: tuple[str, int]) -> None:
        self._server = address
        self._flight = bytearray()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(TIME_LIMIT_S)
        name = self._listener.getsockname()
        #: The address for clients to connect to.
        self.address: tuple[str, int] = (name[0], name[1])
        self._thread = threading.Thread(target=self._relay, name="tlsbench-tap", daemon=True)
        self._thread.start()

    @property
    def first_flight(self) -> bytes:
        """All that the client sent before the server sent anything.

        :raises HandshakeError: if no client has sent anything.
        """
        if not self._flight:
            raise HandshakeError("nobody has sent anything this way")
        return bytes(self._flight)

    def _relay(self) -> None:
        with suppress(OSError), self._listener:  # if one side is gone, the other sees an end, too
            client, _ = self._listener.accept()
            with client, socket.create_connection(self._server, TIME_LIMIT_S) as server:
                self._join(client, server)

    def _join(self, client: socket.socket, server: socket.socket) -> None:
        """Relay everything until one side ends."""
        has_answered = False
        while ready := select.select([client, server], [], [], TIME_LIMIT_S)[0]:
            for source, sink in ((server, client), (client, server)):
                if source not in ready:
                    continue
                data = source.recv(_CHUNK_BYTES)
                if not data:
                    return
                if source is server:
                    has_answered = True
                elif not has_answered:
                    self._flight += data
                sink.sendall(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # it is already closed, unless nobody connected
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(2 * TIME_LIMIT_S)


def send_again(address: tuple[str, int], flight: bytes) -> bytes:
    """Send captured bytes over a new TCP connection, and hang up after the first bytes of the answer.

    :returns: the first bytes that the server answered, which only the client could decrypt.
    :raises RequestError: if nothing listens there.
    """
    try:
        with socket.create_connection(address, timeout=TIME_LIMIT_S) as sock:
            sock.sendall(flight)
            return sock.recv(_CHUNK_BYTES)
    except OSError as error:
        raise RequestError(f"cannot send to {address[0]}:{address[1]}: {error.strerror or error}") from error
