"""DTLS with pyOpenSSL: a Connection over memory BIOs, whose datagrams are packed and handed over one by one.

It has no BIO that keeps datagrams apart. Its timers run in real time, and the first is 1 s: after a loss, the
endpoint sleeps until it is due.
"""

from __future__ import annotations

import hmac
import time
from collections import deque
from collections.abc import Sequence
from typing import Final

from OpenSSL import SSL

from tlsbench.errors import HandshakeError
from tlsbench.implementations.dtls import FedByDatagrams, cookie_maker, payload_bytes
from tlsbench.implementations.pyopenssl.endpoint import PyOpenSslContext, PyOpenSslEndpoint, translated
from tlsbench.scenarios import Scenario

_NS_PER_S: Final = 1_000_000_000


class PyOpenSslDatagramContext(PyOpenSslContext):
    """One side's SSL.Context for DTLS."""

    def __init__(self, context: SSL.Context, scenario: Scenario, *, wants_staple: bool = False) -> None:
        super().__init__(context, wants_staple=wants_staple)
        context.set_options(SSL.OP_NO_QUERY_MTU)
        self._mtu = int(scenario.mtu)
        self._payload_bytes = payload_bytes(scenario)

    def connect(self, session: object | None = None, early_data: bytes = b"") -> PyOpenSslDatagramEndpoint:
        return self._in_datagrams(self.connection(session, early_data), is_server=False)

    def accept(self) -> PyOpenSslDatagramEndpoint:
        connection = SSL.Connection(self.context, None)
        connection.set_accept_state()
        return self._in_datagrams(connection, is_server=True)

    def _in_datagrams(self, connection: SSL.Connection, *, is_server: bool) -> PyOpenSslDatagramEndpoint:
        connection.set_ciphertext_mtu(self._mtu)
        return PyOpenSslDatagramEndpoint(
            connection, mtu=self._mtu, payload_bytes=self._payload_bytes, is_server=is_server
        )


class PyOpenSslDatagramEndpoint(FedByDatagrams, PyOpenSslEndpoint):
    """A Connection over its own memory BIOs.

    :param mtu: the maximum size of a datagram, in bytes.
    :param payload_bytes: the most application data in a record that fits into a datagram, in bytes.
    """

    __slots__ = ("_arrived", "_mtu", "_now_ns", "_payload_bytes", "_ready")

    def __init__(self, connection: SSL.Connection, *, mtu: int, payload_bytes: int, is_server: bool) -> None:
        super().__init__(connection, is_server=is_server)
        self._mtu = mtu
        self._payload_bytes = payload_bytes
        self._now_ns = 0
        self._arrived: deque[bytes] = deque()
        self._ready: list[bytes] = []

    def write(self, data: bytes) -> None:
        send = self._connection.sendall
        for at in range(0, len(data), self._payload_bytes):
            send(data[at : at + self._payload_bytes])

    def receive_datagram(self, datagram: bytes, now_ns: int) -> None:
        self._now_ns = now_ns
        self._arrived.append(datagram)

    def datagrams_to_send(self, now_ns: int) -> Sequence[bytes]:
        self._now_ns = now_ns
        return self._take_ready()

    def timer_ns(self) -> int | None:
        left_s = self._connection.DTLSv1_get_timeout()
        return None if left_s is None else self._now_ns + round(left_s * _NS_PER_S)

    def handle_timer(self, now_ns: int) -> None:
        self._now_ns = now_ns
        while left_s := self._connection.DTLSv1_get_timeout():
            time.sleep(left_s)
        try:
            self._connection.DTLSv1_handle_timeout()
        except SSL.WantReadError:
            pass  # it waits for an answer
        except SSL.Error as error:
            raise HandshakeError(f"{translated(error)}: no answer") from error
        self._pack()

    def _handshake_once(self) -> bool:
        return PyOpenSslEndpoint.handshake(self)

    def _read_once(self) -> bytes:
        return PyOpenSslEndpoint.read(self)

    def _give(self, datagram: bytes) -> None:
        self._connection.bio_write(datagram)

    def _taken(self) -> bytes:
        return self.data_to_send()


def make_cookies(context: SSL.Context) -> None:
    """Have a server require cookies, as proposed in RFC 6347 (section 4.2.1)."""
    cookie = cookie_maker()
    assert SSL.OP_COOKIE_EXCHANGE is not None, "a capability says whether it is bound"
    context.set_options(SSL.OP_COOKIE_EXCHANGE)
    context.set_cookie_generate_callback(lambda _connection: cookie())
    context.set_cookie_verify_callback(lambda _connection, given: hmac.compare_digest(given, cookie()))
