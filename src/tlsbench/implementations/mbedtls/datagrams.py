"""DTLS with python-mbedtls: a TLSWrappedBuffer that is given one datagram at a time.

Its timer runs in real time, and does not report when it is due: it is tracked here. The first is 1 s: after a
loss, the endpoint sleeps until it is due.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from tlsbench.errors import HandshakeError
from tlsbench.implementations.dtls import packed, payload_bytes
from tlsbench.implementations.mbedtls.endpoint import PEER_CLOSE_NOTIFY, MbedTlsEndpoint
from tlsbench.pki import SERVER_NAME
from tlsbench.protocol.messages import RECORD_BYTES
from tlsbench.scenarios import Scenario

if TYPE_CHECKING:
    from tlsbench.implementations.mbedtls.library import MbedTls

#: The first and the longest timer: Mbed TLS's defaults.
_FIRST_TIMER_S: Final = 1.0
_LONGEST_TIMER_S: Final = 60.0
#: Its clock counts milliseconds.
_TICK_S: Final = 0.002
_NS_PER_S: Final = 1_000_000_000
#: The peer's address on a connection in memory, since a cookie is bound to one.
_ADDRESS: Final = b"memory"


class MbedTlsDatagramContext:
    """One side's context for DTLS."""

    def __init__(self, library: MbedTls, context: Any, scenario: Scenario) -> None:
        self._library = library
        self._context = context
        self._mtu = int(scenario.mtu)
        self._payload_bytes = payload_bytes(scenario)

    def connect(self, session: object | None = None, early_data: bytes = b"") -> MbedTlsDatagramEndpoint:
        assert session is None, "a capability says that nothing resumes"
        assert not early_data, "and so there is no early data"
        return self._endpoint(self._new_client)

    def accept(self) -> MbedTlsDatagramEndpoint:
        return self._endpoint(self._new_server)

    def _endpoint(self, make: Callable[[], Any]) -> MbedTlsDatagramEndpoint:
        return MbedTlsDatagramEndpoint(self._library, make, self._mtu, self._payload_bytes)

    def _new_client(self) -> Any:
        buffer = self._context.wrap_buffers(SERVER_NAME)
        buffer.setmtu(self._mtu)
        return buffer

    def _new_server(self) -> Any:
        buffer = self._context.wrap_buffers()
        buffer.setmtu(self._mtu)
        buffer.setcookieparam(_ADDRESS)
        return buffer


class MbedTlsDatagramEndpoint(MbedTlsEndpoint):
    """A TLSWrappedBuffer for DTLS.

    :param make: makes the buffer, and a new one once the server has asked for its cookie.
    :param mtu: the maximum size of a datagram, in bytes.
    :param payload_bytes: the most application data in a record that fits into a datagram, in bytes.
    """

    def __init__(self, library: MbedTls, make: Callable[[], Any], mtu: int, payload_bytes: int) -> None:
        super().__init__(library, make())
        self._make = make
        self._asks_again = library.tls.HelloVerifyRequest
        self._mtu = mtu
        self._payload_bytes = payload_bytes
        self._arrived: deque[bytes] = deque()
        self._ready: list[bytes] = []
        self._timer_s = _FIRST_TIMER_S
        self._sent_at_s = 0.0
        self._is_again = False
        self._due_ns: int | None = None

    def handshake(self) -> bool:
        while self._buffer._handshake_state is not self._over:
            try:
                self._buffer.do_handshake()
            except self._wants_write:
                self._drain()
            except self._wants_read:
                self._drain()
                if not self._give():
                    self._pack()
                    return False
            except self._asks_again:
                self._drain()
                self._buffer = self._make()
            except Exception as error:  # its errors have no common base class
                self._drain()
                self._pack()
                raise self._translated(error) from error
        self._drain()
        self._pack()
        self._due_ns = None
        return True

    def read(self) -> bytes:
        chunks: list[bytes] = []
        while True:
            try:
                chunk = self._buffer.read(RECORD_BYTES)
            except self._wants_read:
                chunk = b""
            except Exception as error:  # its errors have no common base class
                if getattr(error, "err", 0) == PEER_CLOSE_NOTIFY:
                    return b"".join(chunks)
                raise self._translated(error) from error
            chunks.append(chunk)
            if not chunk and not self._give():
                self._drain()
                self._pack()
                return b"".join(chunks)

    def write(self, data: bytes) -> None:
        for at in range(0, len(data), self._payload_bytes):
            super().write(data[at : at + self._payload_bytes])
            self._pack()

    def receive_datagram(self, datagram: bytes, now_ns: int) -> None:  # noqa: ARG002 - its time is its own
        if datagram:
            self._arrived.append(datagram)

    def datagrams_to_send(self, now_ns: int) -> Sequence[bytes]:
        ready, self._ready = self._ready, []
        if ready and self._buffer._handshake_state is not self._over:
            self._timer_s = min(2 * self._timer_s, _LONGEST_TIMER_S) if self._is_again else _FIRST_TIMER_S
            self._sent_at_s = time.monotonic()
            self._due_ns = now_ns + round(self._timer_s * _NS_PER_S)
        self._is_again = False
        return ready

    def timer_ns(self) -> int | None:
        return self._due_ns

    def handle_timer(self, now_ns: int) -> None:
        left_s = self._sent_at_s + self._timer_s + _TICK_S - time.monotonic()
        time.sleep(max(0.0, left_s))
        # Its handshake, which is called next, checks the timer; if it sends nothing, it is checked again.
        self._is_again = True
        self._due_ns = now_ns + round(self._timer_s * _NS_PER_S)

    def _give(self) -> bool:
        """Give it the next datagram alone; return whether there was one."""
        if not self._arrived:
            return False
        datagram = self._arrived.popleft()
        try:
            self._buffer.receive_from_network(datagram)
        except BufferError:
            raise HandshakeError(
                f"mbedtls: a datagram of {len(datagram)} bytes is larger than its buffer"
            ) from None
        return True

    def _pack(self) -> None:
        """Split the output of its buffer, where datagrams are joined, into datagrams."""
        self._ready += packed(b"".join(self._outgoing), self._mtu)
        self._outgoing.clear()
