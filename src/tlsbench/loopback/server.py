"""A small HTTPS server on loopback, with a thread for each connection and a replaceable certificate."""

from __future__ import annotations

import contextlib
import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from cryptography import x509
from OpenSSL import SSL

from tlsbench.errors import HandshakeError, RequestError
from tlsbench.implementations.pyopenssl import bindings
from tlsbench.implementations.pyopenssl.tapped import MakeTap, TappedConnection, untapped
from tlsbench.loopback.alerts import Alert
from tlsbench.loopback.channel import TIME_LIMIT_S, Channel
from tlsbench.loopback.http import Content, HttpServer
from tlsbench.loopback.setups import ServerSetup

#: How long a connection may be idle between two requests.
_IDLE_S = 30.0
#: How long a finished connection may wait for the client to close (RFC 9112 section 9.6).
_LINGER_S = 1.0
#: How long to wait after a connection could not be accepted: descriptors may be free by then.
_NO_DESCRIPTORS_S = 0.05
#: Visits that have not been fetched yet; if there are more, the oldest are dropped.
_MOST_VISITS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The outcome of a connection, as the server saw it.

    :param client: the client's certificate, None if it sent none.
    :param problem: why the connection failed, ``""`` if it did not.
    :param alert: the alert that was sent or received for that reason.
    :param resumed: whether the client resumed a session.
    :param early_bytes: the size of the early data.
    """

    peer: str
    version: str = ""
    cipher: str = ""
    group: str = ""
    client: x509.Certificate | None = None
    requests: int = 0
    problem: str = ""
    alert: Alert | None = None
    resumed: bool = False
    early_bytes: int = 0


def greeting(visit: Visit) -> str:
    """The server's answer: a description of what was negotiated."""
    name = visit.client.subject.rfc4514_string() if visit.client is not None else "none"
    return (
        f"This is TLS.\nversion: {visit.version}\ncipher suite: {visit.cipher}\ngroup: {visit.group}\n"
        f"client certificate: {name}\nrequest: {visit.requests} of this connection\n"
        + (f"early data: {visit.early_bytes} bytes\n" if visit.early_bytes else "")
    )


class Server:
    """A server that listens from its creation until it is closed; a context manager.

    :param bind: address and port; port 0 means any free port.
    :param observe: called with each connection that has ended, from that connection's thread.
    :param tap: makes a tap for each connection; taps get the secrets if the setup is ``tapped``.
    """

    def __init__(
        self,
        setup: ServerSetup,
        bind: tuple[str, int] = ("127.0.0.1", 0),
        observe: Callable[[Visit], None] = lambda _visit: None,
        time_limit_s: float = TIME_LIMIT_S,
        tap: MakeTap = untapped,
    ) -> None:
        self._shown = setup.context(), setup.early_data
        self._tap = tap
        self._observe = observe
        self._time_limit_s = time_limit_s
        self._visits: queue.Queue[Visit] = queue.Queue(_MOST_VISITS)
        self._open: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self._is_closing = False
        try:
            self._listener = socket.create_server(bind)
        except OSError as error:
            raise RequestError(f"cannot listen on {bind[0]}:{bind[1]}: {error.strerror}") from error
        address = self._listener.getsockname()
        self.address: tuple[str, int] = (address[0], address[1])
        if not (setup.anti_replay or ipaddress.ip_address(self.address[0]).is_loopback):
            self._listener.close()
            raise RequestError(f"a server without anti-replay is only for loopback, and {bind[0]} is not")
        self._thread = threading.Thread(target=self._accept, name="tlsbench-server", daemon=True)
        self._thread.start()

    def renew(self, setup: ServerSetup) -> None:
        """Use another setup from the next connection on; open connections stay as they are."""
        self._shown = setup.context(), setup.early_data

    def next_visit(self) -> Visit:
        """The next connection that has ended, in the order in which they end.

        :raises HandshakeError: if none ends for a long time.
        """
        try:
            return self._visits.get(timeout=2 * TIME_LIMIT_S)
        except queue.Empty:
            raise HandshakeError("no connection has ended") from None

    def close(self) -> None:
        """Stop listening, drop open connections, and let their threads end.

        A thread inside OpenSSL would crash the process when the interpreter exits and OpenSSL cleans up.
        """
        self._is_closing = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listener.close()
        self._thread.join(TIME_LIMIT_S)
        for sock in tuple(self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        until_s = time.monotonic() + TIME_LIMIT_S
        for thread in tuple(self._threads):
            thread.join(max(0.0, until_s - time.monotonic()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        refused = ""
        while not self._is_closing:
            try:
                sock, address = self._listener.accept()
            except OSError as error:
                if not self._is_closing:
                    if not refused:  # only once for a period without descriptors, however long
                        refused = f"cannot accept a connection: {error.strerror}"
                        self._tell(Visit(peer="somebody", problem=refused))
                    time.sleep(_NO_DESCRIPTORS_S)
                continue
            refused = ""
            self._open.add(sock)
            peer = f"{address[0]}:{address[1]}"
            one = threading.Thread(target=self._serve, args=(sock, peer), name="tlsbench-visit", daemon=True)
            self._threads.add(one)
            try:
                one.start()
            except RuntimeError:
                self._threads.discard(one)
                self._open.discard(sock)
                sock.close()
                self._tell(Visit(peer=peer, problem="no thread left for the connection"))

    def _tell(self, visit: Visit) -> None:
        """Report the outcome of a connection."""
        while True:
            try:
                self._visits.put_nowait(visit)
                break
            except queue.Full:
                with contextlib.suppress(queue.Empty):
                    self._visits.get_nowait()
        self._observe(visit)

    def _serve(self, sock: socket.socket, peer: str) -> None:
        context, early_data = self._shown
        tap = self._tap()
        connection = SSL.Connection(context, None) if tap is None else TappedConnection(context, tap)
        connection.set_accept_state()
        channel = Channel(connection, sock, "server", self._time_limit_s)
        http = HttpServer(lambda _target: self._greet(channel, peer, http))
        problem = ""
        try:
            if early_data:
                self._answer_early(channel, http)
            channel.handshake()
            self._answer(channel, http)
            problem = http.problem
        except HandshakeError as error:
            problem = str(error)
        finally:
            visit = _seen(channel, peer, problem=problem, requests=http.answered)
            channel.close(linger_s=_LINGER_S if http.is_over else 0.0)
            if tap is not None:
                tap.end()
            self._open.discard(sock)
            self._tell(visit)
            self._threads.discard(threading.current_thread())

    def _answer_early(self, channel: Channel, http: HttpServer) -> None:
        """Answer the early data, before the client has proved that it is not a replay."""
        while data := channel.read_early():
            http.receive(data)
            while http.has_more:
                if piece := http.next_piece():
                    channel.write_early(piece)

    def _answer(self, channel: Channel, http: HttpServer) -> None:
        """Answer requests until the client sends no more."""
        until_s, answered = 0.0, 0
        while True:
            while http.has_more:
                if piece := http.next_piece():
                    channel.time_limit_s = self._time_limit_s
                    channel.write(piece)
            if http.is_over:
                return
            now_s = time.monotonic()
            if http.is_idle:
                until_s, channel.time_limit_s = 0.0, _IDLE_S
            else:  # a whole request must arrive within the limit, in however many pieces
                if not until_s or http.answered != answered:
                    until_s, answered = now_s + self._time_limit_s, http.answered
                channel.time_limit_s = until_s - now_s
            try:
                http.receive(channel.read())
            except HandshakeError:
                if channel.refusal is None and http.is_idle:
                    return  # gone without close_notify, as browsers do
                raise

    def _greet(self, channel: Channel, peer: str, http: HttpServer) -> Content:
        body = greeting(_seen(channel, peer, requests=http.answered + 1)).encode()
        return Content(body, len(body), media_type="text/plain; charset=utf-8")


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
        resumed=bindings.session_reused(connection),
        early_bytes=len(channel.early_data),
    )
