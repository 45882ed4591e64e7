"""One end of a DTLS connection on Mbed TLS, and the context that makes it.

Its timer is provided by the caller, so that the driver's virtual time is the only time there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tlsbench.implementations.dtls import payload_bytes
from tlsbench.implementations.libmbedtls import bindings as native
from tlsbench.implementations.libmbedtls.bindings import Library, ffi
from tlsbench.implementations.libmbedtls.endpoint import LibMbedTlsContext, LibMbedTlsEndpoint
from tlsbench.implementations.pipes import DatagramPipe
from tlsbench.scenarios import Scenario

_NS_PER_MS: Final = 1_000_000
#: The peer's address on a connection in memory, since a cookie is bound to one.
_ADDRESS: Final = b"memory"
#: The states of a timer: not set, running, past the earlier time, past the later time.
_CANCELLED, _RUNNING, _SOONER, _LATER = -1, 0, 1, 2


class _Timer:
    """The timer of one connection, in the driver's time."""

    def __init__(self) -> None:
        self.now_ns = 0
        self._sooner_ns = self._later_ns = 0
        self._is_set = False

    def set(self, sooner_ms: int, later_ms: int) -> None:
        """Start it; a later time of 0 cancels it."""
        self._sooner_ns = self.now_ns + sooner_ms * _NS_PER_MS
        self._later_ns = self.now_ns + later_ms * _NS_PER_MS
        self._is_set = later_ms > 0

    def state(self) -> int:
        """The result of mbedtls_ssl_get_timer_t."""
        if not self._is_set:
            return _CANCELLED
        if self.now_ns >= self._later_ns:
            return _LATER
        return _SOONER if self.now_ns >= self._sooner_ns else _RUNNING

    def due_ns(self) -> int | None:
        """When the later time is reached; None if the timer is not set."""
        return self._later_ns if self._is_set else None


class LibMbedTlsDatagramContext(LibMbedTlsContext):
    """One side's configuration for DTLS."""

    def __init__(self, lib: Library, config: Any, kept: object, scenario: Scenario, **settings: bool) -> None:
        super().__init__(lib, config, kept, **settings)
        self.mtu = int(scenario.mtu)
        self.payload_bytes = payload_bytes(scenario)

    def connect(self, session: object | None = None, early_data: bytes = b"") -> LibMbedTlsDatagramEndpoint:
        assert not early_data, "DTLS 1.2 has none"
        endpoint = LibMbedTlsDatagramEndpoint(self, is_server=False)
        self.begin(endpoint, session)
        return endpoint

    def accept(self) -> LibMbedTlsDatagramEndpoint:
        return LibMbedTlsDatagramEndpoint(self, is_server=True)


class LibMbedTlsDatagramEndpoint(LibMbedTlsEndpoint):
    """An mbedtls_ssl_context between two queues of datagrams."""

    def __init__(self, context: LibMbedTlsDatagramContext, *, is_server: bool) -> None:
        self._datagrams = DatagramPipe()
        super().__init__(context, is_server=is_server, pipe=self._datagrams)
        self._timer = _Timer()
        self._timer_handle = ffi.new_handle(self._timer)
        self._payload_bytes = context.payload_bytes
        lib = self._lib
        lib.mbedtls_ssl_set_timer_cb(self.tls, self._timer_handle, lib.set_timer, lib.get_timer)
        lib.mbedtls_ssl_set_mtu(self.tls, context.mtu)
        if is_server:
            self._bind_cookie()

    def _go_on(self) -> int:
        result = super()._go_on()
        if result != native.E_HELLO_VERIFY_REQUIRED:
            return result
        # The client must repeat its ClientHello with the cookie: until then, no state is kept.
        self._lib.must(self._lib.mbedtls_ssl_session_reset(self.tls))
        self._bind_cookie()
        return native.E_WANT_READ

    def _bind_cookie(self) -> None:
        self._lib.must(self._lib.mbedtls_ssl_set_client_transport_id(self.tls, _ADDRESS, len(_ADDRESS)))

    def write(self, data: bytes) -> None:
        for at in range(0, len(data), self._payload_bytes):
            super().write(data[at : at + self._payload_bytes])

    def receive_datagram(self, datagram: bytes, now_ns: int) -> None:
        self._timer.now_ns = now_ns
        self._datagrams.receive(datagram)

    def datagrams_to_send(self, now_ns: int) -> Sequence[bytes]:
        self._timer.now_ns = now_ns
        return self._datagrams.to_send()

    def timer_ns(self) -> int | None:
        return self._timer.due_ns()

    def handle_timer(self, now_ns: int) -> None:
        self._timer.now_ns = now_ns  # its handshake, which is called next, checks the timer


def make_cookies(lib: Library, config: Any) -> object:
    """Have a server require cookies; the returned object must live as long as its configuration."""
    cookies = lib.new("ssl_cookie")
    lib.must(lib.mbedtls_ssl_cookie_setup(cookies, lib.mbedtls_ctr_drbg_random, lib.random))
    lib.mbedtls_ssl_conf_dtls_cookies(
        config, lib.mbedtls_ssl_cookie_write, lib.mbedtls_ssl_cookie_check, cookies
    )
    return cookies


def ask_no_cookies(lib: Library, config: Any) -> None:
    """Have a server accept the first ClientHello."""
    lib.mbedtls_ssl_conf_dtls_cookies(config, ffi.NULL, ffi.NULL, ffi.NULL)
