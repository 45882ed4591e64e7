"""One end of a DTLS connection on a libssl: an SSL between two datagram BIOs, and its context.

OpenSSL has had an in-memory datagram BIO since 3.2 (BIO_s_dgram_mem(3)). Without it, datagrams are handed to
a memory BIO one by one, and its output is packed into datagrams as OpenSSL packs it.

Its timers run in real time, and the first is 1 s (RFC 6347 section 4.2.4): after a loss, the endpoint sleeps
until it is due. Shorter ones would expire while a slow peer computes, because OpenSSL checks them before it
looks for an answer.
"""

from __future__ import annotations

import hmac
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Final

from tlsbench.errors import HandshakeError
from tlsbench.implementations.dtls import FedByDatagrams, cookie_maker, payload_bytes
from tlsbench.implementations.libssl import datagram_bindings as dtls
from tlsbench.implementations.libssl.bindings import Library, ffi
from tlsbench.implementations.libssl.context import LibSslContext
from tlsbench.implementations.libssl.endpoint import LibSslEndpoint, allocate
from tlsbench.implementations.libssl.knobs import new_context
from tlsbench.protocol.messages import DTLS_VERSION_CODE_POINTS
from tlsbench.scenarios import Gap, Scenario, gap

_NS_PER_US: Final = 1000
_US_PER_S: Final = 1_000_000


class LibSslDatagramContext(LibSslContext):
    """One side's SSL_CTX for DTLS."""

    def __init__(self, lib: Library, context: Any, scenario: Scenario, **settings: Any) -> None:
        super().__init__(lib, context, **settings)
        lib.SSL_CTX_set_options(context, dtls.OP_NO_QUERY_MTU)
        self._mtu = int(scenario.mtu)
        self._payload_bytes = payload_bytes(scenario)

    def connect(self, session: object | None = None, early_data: bytes = b"") -> LibSslDatagramEndpoint:
        endpoint = super().connect(session, early_data)
        assert isinstance(endpoint, LibSslDatagramEndpoint)
        return endpoint

    def accept(self) -> LibSslDatagramEndpoint:
        endpoint = super().accept()
        assert isinstance(endpoint, LibSslDatagramEndpoint)
        return endpoint

    def _endpoint(self, **settings: Any) -> LibSslEndpoint:
        return LibSslDatagramEndpoint(
            self._lib,
            self.context,
            told=self._told,
            owner=self,
            mtu=self._mtu,
            payload_bytes=self._payload_bytes,
            **settings,
        )


class LibSslDatagramEndpoint(FedByDatagrams, LibSslEndpoint):
    """An SSL between two datagram BIOs.

    :param mtu: the maximum size of a datagram, in bytes.
    :param payload_bytes: the most application data in a record that fits into a datagram, in bytes.
    """

    def __init__(self, lib: Library, context: Any, *, mtu: int, payload_bytes: int, **settings: Any) -> None:
        self._keeps_datagrams = keeps_datagrams(lib)
        super().__init__(
            lib, context, bio=lib.BIO_s_dgram_mem if self._keeps_datagrams else lib.BIO_s_mem, **settings
        )
        lib.SSL_set_mtu(self.tls, mtu)
        self._mtu = mtu
        self._payload_bytes = payload_bytes
        self._now_ns = 0
        self._arrived: deque[bytes] = deque()
        self._ready: list[bytes] = []
        self._datagram: Any = None
        self._left: Any = None

    def write(self, data: bytes) -> None:
        write, tls, most = self._lib.SSL_write, self.tls, self._payload_bytes
        whole = ffi.from_buffer(data)
        for at in range(0, len(data), most):
            if write(tls, whole + at, min(most, len(data) - at)) <= 0:
                raise self._gives_up()

    def receive_datagram(self, datagram: bytes, now_ns: int) -> None:
        self._now_ns = now_ns
        if not self._keeps_datagrams:
            self._arrived.append(datagram)
        elif datagram:
            self._give(datagram)

    def datagrams_to_send(self, now_ns: int) -> Sequence[bytes]:
        self._now_ns = now_ns
        if not self._keeps_datagrams:
            return self._take_ready()
        if self._datagram is None:
            self._datagram = allocate("char[]", self._mtu)
        read, outgoing, buffer, most = self._lib.BIO_read, self._outgoing, self._datagram, self._mtu
        datagrams = []
        while (length := read(outgoing, buffer, most)) > 0:
            datagrams.append(ffi.buffer(buffer, length)[:])
        return datagrams

    def timer_ns(self) -> int | None:
        left_us = self._left_us()
        return None if left_us is None else self._now_ns + left_us * _NS_PER_US

    def handle_timer(self, now_ns: int) -> None:
        self._now_ns = now_ns
        while left_us := self._left_us():
            time.sleep(left_us / _US_PER_S)
        if self._lib.DTLSv1_handle_timeout(self.tls) < 0:
            raise HandshakeError(f"{self._lib.name}: no answer, and its timer has expired too often")
        self._pack()

    def _left_us(self) -> int | None:
        """The time left on its timer, in µs; None if none is running."""
        if self._left is None:
            self._left = ffi.new("timeval_t *")
        if self._lib.DTLSv1_get_timeout(self.tls, self._left) != 1:
            return None
        left = self._left[0]
        return int(left.tv_sec) * _US_PER_S + int(left.tv_usec)

    def _handshake_once(self) -> bool:
        return LibSslEndpoint.handshake(self)

    def _read_once(self) -> bytes:
        return LibSslEndpoint.read(self)

    def _give(self, datagram: bytes) -> None:
        self._lib.BIO_write(self._incoming, datagram, len(datagram))

    def _taken(self) -> bytes:
        return self.data_to_send()

    def _pack(self) -> None:
        if not self._keeps_datagrams:
            super()._pack()


def dtls_supported(lib: Library) -> Iterator[str]:
    """What a library supports of the axes of DTLS."""
    if not lib.lacks(*dtls.NEEDED):
        yield from ("transport=dtls", "mtu")
        if not lib.lacks(*dtls.NEEDED_FOR_COOKIES):
            yield "address_check"


def dtls_gaps(lib: Library, engine: str) -> Iterator[Gap]:
    """What a library does not support of the axes of DTLS."""
    if lacking := lib.lacks(*dtls.NEEDED):
        yield gap(f"{lib.path} has no {', '.join(lacking)}", transport="dtls")
        return
    if lacking := lib.lacks(*dtls.NEEDED_FOR_COOKIES):
        yield gap(f"{lib.path} has no {', '.join(lacking)}", address_check="yes")
    first = "; OpenSSL 4.1 will be the first release with it" if engine.startswith("OpenSSL") else ""
    why = "its DTLS 1.3 is not supported here" if _has_dtls13(lib) else f"{engine} has no DTLS 1.3{first}"
    yield gap(why, transport="dtls", version="1.3")


def _has_dtls13(lib: Library) -> bool:
    context = new_context(lib, lib.DTLS_client_method())
    result: int = lib.SSL_CTX_set_max_proto_version(context, DTLS_VERSION_CODE_POINTS["1.3"])
    lib.ERR_clear_error()
    return result == 1


def keeps_datagrams(lib: Library) -> bool:
    """Whether a library has an in-memory BIO that keeps datagrams apart."""
    return lib.has("BIO_s_dgram_mem")


def make_cookies(lib: Library, context: Any) -> object:
    """Have a server require cookies, as proposed in RFC 6347 (section 4.2.1).

    :returns: an object that must live as long as the context.
    """
    cookie = cookie_maker()

    def generate(_tls: Any, into: Any, length: Any) -> int:
        made = cookie()
        ffi.memmove(into, made, len(made))
        length[0] = len(made)
        return 1

    def verify(_tls: Any, given: Any, length: int) -> int:
        return int(hmac.compare_digest(ffi.buffer(given, length)[:], cookie()))

    kept: Any = (
        ffi.callback("int (SSL *, unsigned char *, unsigned *)", generate),
        ffi.callback("int (SSL *, const unsigned char *, unsigned)", verify),
    )
    lib.SSL_CTX_set_options(context, dtls.OP_COOKIE_EXCHANGE)
    lib.SSL_CTX_set_cookie_generate_cb(context, kept[0])
    lib.SSL_CTX_set_cookie_verify_cb(context, kept[1])
    return kept
