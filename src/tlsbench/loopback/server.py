"""A small HTTPS server on loopback: a thread for each connection, and a certificate that can be changed."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import h11
from cryptography import x509
from OpenSSL import SSL

from tlsbench.errors import HandshakeError, RequestError
from tlsbench.loopback.alerts import Alert
from tlsbench.loopback.channel import TIME_LIMIT_S, Channel
from tlsbench.loopback.setups import ServerSetup

#: How long a connection may be idle between two requests.
_IDLE_S = 30.0
_MOST_HEADER_BYTES = 16 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What came of a connection, as the server saw it.

    :param client: the certificate that the client showed, None if it showed none.
    :param problem: why it failed, ``""`` if it did not.
    :param alert: the alert that was sent or received for that.
    """

    peer: str
    version: str = ""
    cipher: str = ""
    group: str = ""
    client: x509.Certificate | None = None
    requests: int = 0
    problem: str = ""
    alert: Alert | None = None


def greeting(visit: Visit) -> str:
    """What the server answers: what was negotiated, in words."""
    name = visit.client.subject.rfc4514_string() if visit.client is not None else "none"
    return (
        f"This is TLS.\nversion: {visit.version}\ncipher suite: {visit.cipher}\ngroup: {visit.group}\n"
        f"client certificate: {name}\nrequest: {visit.requests} of this connection\n"
    )


class Server:
    """A server that listens from its making to its closing; use it in a ``with``.

    :param bind: address and port; port 0 takes any that is free.
    :param observe: told of each connection that ended; from that connection's thread.
    """

    def __init__(
        self,
        setup: ServerSetup,
        bind: tuple[str, int] = ("127.0.0.1", 0),
        observe: Callable[[Visit], None] = lambda _visit: None,
        time_limit_s: float = TIME_LIMIT_S,
    ) -> None:
        self._context = setup.context()
        self._observe = observe
        self._time_limit_s = time_limit_s
        self._visits: queue.Queue[Visit] = queue.Queue()
        self._open: set[socket.socket] = set()
        try:
            self._listener = socket.create_server(bind)
        except OSError as error:
            raise RequestError(f"cannot listen on {bind[0]}:{bind[1]}: {error.strerror}") from error
        address = self._listener.getsockname()
        self.address: tuple[str, int] = (address[0], address[1])
        self._thread = threading.Thread(target=self._accept, name="tlsbench-server", daemon=True)
        self._thread.start()

    def renew(self, setup: ServerSetup) -> None:
        """Show another certificate from the next connection on; those that are open stay as they are."""
        self._context = setup.context()

    def next_visit(self) -> Visit:
        """The next connection that has ended, in the order of their ends.

        :raises HandshakeError: if none ends for a long time.
        """
        try:
            return self._visits.get(timeout=2 * TIME_LIMIT_S)
        except queue.Empty:
            raise HandshakeError("no connection has ended") from None

    def close(self) -> None:
        """Stop listening and drop what is open."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listener.close()
        for sock in tuple(self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(TIME_LIMIT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, peer = self._listener.accept()
            except OSError:
                return
            self._open.add(sock)
            name = f"{peer[0]}:{peer[1]}"
            threading.Thread(
                target=self._serve, args=(sock, name), name="tlsbench-visit", daemon=True
            ).start()

    def _serve(self, sock: socket.socket, peer: str) -> None:
        connection = SSL.Connection(self._context, None)
        connection.set_accept_state()
        channel = Channel(connection, sock, "server", self._time_limit_s)
        visit = Visit(peer=peer)
        try:
            channel.handshake()
            sock.settimeout(_IDLE_S)
            visit = _seen(channel, peer)
            visit = self._answer(channel, visit)
        except (HandshakeError, h11.RemoteProtocolError) as error:
            visit = _seen(channel, peer, problem=str(error), requests=visit.requests)
        finally:
            channel.close()
            self._open.discard(sock)
            self._visits.put(visit)
            self._observe(visit)

    def _answer(self, channel: Channel, visit: Visit) -> Visit:
        """Answer requests until the client has no more."""
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=_MOST_HEADER_BYTES)
        has_body = between_requests = True
        while True:
            event = http.next_event()
            if event is h11.NEED_DATA:
                try:
                    http.receive_data(channel.read())
                except HandshakeError:
                    if channel.refusal is None and between_requests:
                        return visit  # gone without close_notify, as browsers go
                    raise
                between_requests = False
            elif isinstance(event, h11.Request):
                has_body = event.method != b"HEAD"
            elif isinstance(event, h11.EndOfMessage):
                visit = _seen(channel, visit.peer, requests=visit.requests + 1)
                body = greeting(visit).encode()
                response = h11.Response(
                    status_code=200,
                    headers=[
                        ("Content-Type", "text/plain; charset=utf-8"),
                        ("Content-Length", str(len(body))),
                    ],
                )
                parts = (response, *((h11.Data(data=body),) if has_body else ()), h11.EndOfMessage())
                channel.write(b"".join(http.send(part) or b"" for part in parts))
                if http.our_state is h11.MUST_CLOSE:
                    return visit
                http.start_next_cycle()
                between_requests = True
            elif isinstance(event, h11.ConnectionClosed):
                return visit


def _seen(channel: Channel, peer: str, problem: str = "", requests: int = 0) -> Visit:
    connection = channel.connection
    return Visit(
        peer=peer,
        version=connection.get_protocol_version_name(),
        cipher=connection.get_cipher_name() or "",
        group=connection.get_group_name() or "",
        client=connection.get_peer_certificate(as_cryptography=True),
        requests=requests,
        problem=problem,
        alert=channel.refusal,
    )
