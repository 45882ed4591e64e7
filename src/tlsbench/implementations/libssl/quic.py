"""OpenSSL's own QUIC: one end of a connection between two datagram BIOs, and the contexts that make it.

A client is an SSL, as for TLS. A server's connections come from a listener (SSL_new_listener(3)), which
represents a UDP port: here each connection has its own listener, so that none has to serve the others.
Application data uses one stream, which the side that writes first opens (the default stream of
openssl-quic(7)).

OpenSSL's QUIC reads the system's clock, and its API cannot set another: it ignores the driver's time, and its
timers, which matter only after a loss, are waited for (:meth:`LibSslQuicEnd.wait`).
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

from tlsbench.errors import HandshakeError, MeasurementError
from tlsbench.implementations.libssl import bindings as native
from tlsbench.implementations.libssl import quic_bindings as quic
from tlsbench.implementations.libssl.bindings import Library, ffi
from tlsbench.implementations.libssl.context import LibSslSide
from tlsbench.implementations.libssl.endpoint import WAITS, LibSslEnd, allocate, reason
from tlsbench.implementations.needed_packages import SPEAK_QUIC
from tlsbench.implementations.pairs import facts_of_openssl_quic
from tlsbench.protocol.quic import ALPN
from tlsbench.scenarios import Gap, ciphers, gap
from tlsbench.scenarios.axes import AXES

#: Holds all the datagrams of a bulk sample between an end and the driver; OpenSSL's default holds nine.
_BUFFER_BYTES: Final = 1 << 20
_READ_BYTES: Final = 1 << 16
#: Each end has an address, as datagrams require; both are made up.
_CLIENT: Final = (bytes((127, 0, 0, 1)), 49152)
_SERVER: Final = (bytes((127, 0, 0, 2)), 443)
#: The alert no_application_protocol: SSL_TLSEXT_ERR_ALERT_FATAL of SSL_CTX_set_alpn_select_cb(3).
_ALERT: Final = 2
_OFFERED: Final = bytes([len(ALPN)]) + ALPN.encode("ascii")
_CCM: Final = tuple(name for name in ciphers.BY_NAME if "_CCM" in name)
_SELECT: Final = (
    "int (SSL *, const unsigned char **, unsigned char *, const unsigned char *, unsigned int, void *)"
)
_NS: Final = 1_000_000_000


class LibSslQuicEnd(LibSslEnd):
    """One end of a QUIC connection.

    :param port: the SSL that datagrams pass through: a client's connection, or a server's listener, which has
        a connection once its first datagram has arrived.
    """

    def __init__(self, lib: Library, port: Any, **settings: Any) -> None:
        super().__init__(lib, port, **settings)
        self._port = port
        self._has_connection = self._sessions is not None
        pair = ffi.new("BIO *[2]")
        lib.BIO_new_bio_dgram_pair(pair, _BUFFER_BYTES, pair + 1, _BUFFER_BYTES)
        self._wire = ffi.gc(pair[1], lib.BIO_free)
        places = (_CLIENT, _SERVER) if self._has_connection else (_SERVER, _CLIENT)
        for bio, place in zip(pair, places, strict=True):
            lib.BIO_ctrl(bio, quic.CTRL_SET_CAPABILITIES, quic.ALL_CAPABILITIES, ffi.NULL)
            lib.BIO_ctrl(bio, quic.CTRL_SET0_LOCAL_ADDRESS, 0, address(lib, *place))  # the BIO owns it now
        lib.SSL_set_bio(port, pair[0], pair[0])  # which frees it
        lib.SSL_set_blocking_mode(port, 0)
        self._buffer: Any = None
        self._unsent = b""
        self._now_ns = 0

    def handshake(self) -> bool:
        if not self._has_connection and not self._accepted():
            return False
        return super().handshake()

    def _accepted(self) -> bool:
        """Accept the listener's connection; return whether there is one."""
        lib = self._lib
        connection = lib.SSL_accept_connection(self._port, quic.ACCEPT_NO_BLOCK)
        if connection == ffi.NULL:
            return False
        self.tls = ffi.gc(connection, lib.SSL_free)
        lib.SSL_set_blocking_mode(self.tls, 0)
        lib.SSL_ctrl(self.tls, quic.CTRL_MODE, quic.MODES, ffi.NULL)  # its context's are not inherited
        self._has_connection = True
        return True

    def write(self, data: bytes) -> None:
        self._unsent += data
        self._push()

    def _push(self) -> None:
        """Write what the stream has room for; the rest waits until the peer has consumed some."""
        while self._unsent:
            written = self._lib.SSL_write(self.tls, self._unsent, len(self._unsent))
            if written <= 0:
                if self._lib.SSL_get_error(self.tls, written) in WAITS:
                    return
                raise self._gives_up()
            self._unsent = self._unsent[written:]

    def read(self) -> bytes:
        if self._buffer is None:
            self._buffer = allocate("char[]", _READ_BYTES)
        read, tls, buffer, chunks = self._lib.SSL_read, self.tls, self._buffer, []
        while (result := read(tls, buffer, _READ_BYTES)) > 0:
            chunks.append(bytes(ffi.buffer(buffer, result)))
        if self._lib.SSL_get_error(tls, result) not in (*WAITS, native.ERROR_ZERO_RETURN):
            raise self._gives_up()
        self._push()
        return b"".join(chunks)

    def receive_datagram(self, datagram: bytes, now_ns: int) -> None:
        self._now_ns = now_ns
        if self._lib.BIO_write(self._wire, datagram, len(datagram)) != len(datagram):
            raise MeasurementError(f"{self._lib.name}: its datagram BIO is full")

    def datagrams_to_send(self, now_ns: int) -> Sequence[bytes]:
        self._now_ns = now_ns
        lib, wire, found = self._lib, self._wire, []
        while waiting := lib.BIO_ctrl_pending(wire):
            datagram = allocate("char[]", waiting)
            lib.BIO_read(wire, datagram, waiting)
            found.append(bytes(ffi.buffer(datagram, waiting)))
        return found

    def timer_ns(self) -> int | None:
        left_ns = self._left_ns()
        return None if left_ns is None else self._now_ns + left_ns

    def _left_ns(self) -> int | None:
        """The time until OpenSSL's next timer is due, in ns; None if none is running."""
        parts, is_infinite = ffi.new("long[2]"), ffi.new("int *")
        if self._lib.SSL_get_event_timeout(self.tls, parts, is_infinite) != 1 or is_infinite[0]:
            return None
        left_ns: int = parts[0] * _NS + parts[1] * 1000
        return left_ns

    def wait(self) -> None:
        """Sleep until the timer is due: OpenSSL reads the clock itself."""
        left_ns = self._left_ns()
        if left_ns:
            time.sleep(left_ns / _NS)

    def handle_timer(self, now_ns: int) -> None:
        self._now_ns = now_ns
        self._lib.SSL_handle_events(self.tls)

    def close(self) -> None:
        # A connection is freed before its listener.
        ffi.release(self.tls)
        if self._port is not self.tls:
            ffi.release(self._port)


class LibSslQuicContext(LibSslSide):
    """One side's SSL_CTX for QUIC.

    :param flags: the flags of a server's listeners.
    """

    def __init__(self, lib: Library, context: Any, *, flags: int = 0, **settings: Any) -> None:
        super().__init__(lib, context, copies_sessions=True, **settings)
        # A stream takes as much of a write as it has room for.
        lib.SSL_CTX_set_mode(context, quic.MODES)
        self._flags = flags
        self._server = ffi.gc(address(lib, *_SERVER), lib.BIO_ADDR_free)

    @classmethod
    def of_client(cls, lib: Library, context: Any, **settings: Any) -> LibSslQuicContext:
        """Make a client's context."""
        lib.SSL_CTX_set_alpn_protos(context, _OFFERED, len(_OFFERED))
        return cls(lib, context, **settings)

    @classmethod
    def of_server(
        cls,
        lib: Library,
        context: Any,
        *,
        checks_address: bool,
        kept: list[object],
        **settings: Any,
    ) -> LibSslQuicContext:
        """Make a server's context, which answers a first Initial packet with a Retry, or does not."""
        flags = 0 if checks_address else quic.LISTENER_NO_VALIDATE
        return cls(lib, context, flags=flags, kept=[*kept, _take_alpn(lib, context)], **settings)

    def connect(self, session: object | None = None, early_data: bytes = b"") -> LibSslQuicEnd:
        if early_data:
            raise HandshakeError(f"{self._lib.name}: OpenSSL's QUIC has no early data")
        lib = self._lib
        tls = ffi.gc(lib.SSL_new(self.context), lib.SSL_free)
        end = LibSslQuicEnd(
            lib, tls, owner=self, sessions=self._sessions, told=self._told, wants_staple=self._wants_staple
        )
        self._prepare(tls, session)
        lib.SSL_set1_initial_peer_addr(tls, self._server)
        return end

    def accept(self) -> LibSslQuicEnd:
        lib = self._lib
        listener = ffi.gc(lib.SSL_new_listener(self.context, self._flags), lib.SSL_free)
        end = LibSslQuicEnd(lib, listener, owner=self, sessions=None, told=self._told)
        if lib.SSL_listen(listener) != 1:
            raise HandshakeError(f"{lib.name}: {reason(lib)}")
        return end


def _take_alpn(lib: Library, context: Any) -> object:
    """Have a server select the protocol that the cells speak; QUIC must have one (RFC 9001 section 8.1).

    :returns: an object that must live as long as the context.
    """
    name = ffi.new("unsigned char[]", ALPN.encode("ascii"))

    def select(_tls: Any, out: Any, length: Any, names: Any, size: int, _argument: Any) -> int:
        if _OFFERED not in bytes(ffi.buffer(names, size)):
            return _ALERT
        out[0], length[0] = name, len(ALPN)
        return 0

    callback: Any = ffi.callback(_SELECT, select)
    lib.SSL_CTX_set_alpn_select_cb(context, callback, ffi.NULL)
    return callback, name


def quic_supported(lib: Library) -> Iterator[str]:
    """What a library supports of the axes of QUIC."""
    if not lib.lacks(*quic.QUIC_CLIENT):
        yield "transport=quic"
        if not lib.lacks(*quic.QUIC_SERVER):
            yield "address_check"


def quic_gaps(lib: Library, name: str) -> Iterator[Gap]:
    """What OpenSSL's QUIC does not support; everything, if a library does not have it.

    :param name: the library's id.
    """
    for ends, functions, of in (
        ({}, quic.QUIC_CLIENT, ""),
        ({"server": name}, quic.QUIC_SERVER, " at a server"),
    ):
        if lacking := lib.lacks(*functions):
            reason = f"{lib.path} has no QUIC{of}: it lacks {', '.join(lacking)}; {SPEAK_QUIC}"
            yield gap(reason, transport="quic", **ends)
            return
    yield from facts_of_openssl_quic(name)
    yield gap(
        "OpenSSL has QUIC, but no HTTP/3: transport=tls is HTTP/2", transport="quic", workload="request"
    )
    yield gap(
        "the timers of OpenSSL's QUIC run in real time, and a network is simulated in virtual time",
        transport="quic",
        workload="completion",
    )
    yield gap("OpenSSL's QUIC has no early data (openssl-quic(7))", transport="quic", resumption="early-data")
    yield gap("OpenSSL's QUIC has no CCM (openssl-quic(7))", transport="quic", cipher=_CCM)
    yield gap(
        "OpenSSL's QUIC sends datagrams of 1,200 bytes, whatever MTU its BIO reports",
        transport="quic",
        mtu=AXES["mtu"].special,
    )


def address(lib: Library, where: bytes, port: int) -> Any:
    """A BIO_ADDR with an IPv4 address and a port."""
    made = lib.BIO_ADDR_new()
    lib.BIO_ADDR_rawmake(made, socket.AF_INET, where, len(where), socket.htons(port))
    return made
