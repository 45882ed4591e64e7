"""One end of a connection on s2n-tls, and the context that makes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography import x509

from tlsbench.implementations.contract import Negotiated
from tlsbench.implementations.native import text
from tlsbench.implementations.openssl_names import group_from_openssl
from tlsbench.implementations.pipes import Pipe
from tlsbench.implementations.s2n import bindings as native
from tlsbench.implementations.s2n import records
from tlsbench.implementations.s2n.bindings import Library, ffi
from tlsbench.implementations.s2n.psk import ExternalPsk
from tlsbench.pki import SERVER_NAME, check_ocsp_response
from tlsbench.protocol.messages import RECORD_BYTES
from tlsbench.scenarios import ciphers

_HOST: Final = SERVER_NAME.encode("ascii")
#: The limit in a server's tickets, and the most that is read at once.
MAX_EARLY_DATA_BYTES: Final = 16384
#: Memory that is written before it is read need not be cleared.
_allocate: Final = ffi.new_allocator(should_clear_after_alloc=False)


@dataclass(frozen=True, slots=True)
class Session:
    """A session, and the leaf certificate of its original handshake, which s2n-tls does not keep."""

    state: bytes
    certificate: bytes


class S2nContext:
    """One side's configuration.

    :param issuer: the issuer of the server's certificate, on a client that asks for a stapled OCSP response.
    :param reads_early_data: whether a server accepts early data.
    :param set_record_size: sets the size of a connection's records; None for the library's default.
    :param psk: an external PSK, if there is one.
    :param kept: an object that must live as long as the context.
    """

    def __init__(
        self,
        lib: Library,
        config: Any,
        *,
        issuer: x509.Certificate | None = None,
        reads_early_data: bool = False,
        set_record_size: Callable[[Any], int] | None = None,
        psk: ExternalPsk | None = None,
        kept: object,
    ) -> None:
        self.lib = lib
        self.psk = psk
        self.config = config
        self.issuer = issuer
        self.reads_early_data = reads_early_data
        self.set_record_size = set_record_size
        self._kept = kept
        self._host = ffi.new("char[]", _HOST)
        self._key_log: Any = None

    def log_keys(self, path: str) -> None:
        def append(_context: Any, _connection: Any, line: Any, length: int) -> int:
            with Path(path).open("ab") as file:
                file.write(ffi.buffer(line, length)[:] + b"\n")
            return 0

        self._key_log = ffi.callback("int (void *, s2n_connection *, uint8_t *, size_t)", append)
        self.lib.must(self.lib.s2n_config_set_key_log_cb(self.config, self._key_log, ffi.NULL))

    def connect(self, session: object | None = None, early_data: bytes = b"") -> S2nEndpoint:
        lib, endpoint = self.lib, S2nEndpoint(self, native.CLIENT)
        lib.s2n_set_server_name(endpoint.connection, self._host)
        if session is not None:
            assert isinstance(session, Session)
            endpoint.resume(session)
        if early_data:
            endpoint.write_early_data(early_data)
        return endpoint

    def accept(self) -> S2nEndpoint:
        return S2nEndpoint(self, native.SERVER)


class S2nEndpoint:
    """An s2n_connection between two buffers in memory."""

    def __init__(self, context: S2nContext, mode: int) -> None:
        lib = self._lib = context.lib
        connection = lib.s2n_connection_new(mode)
        if connection == ffi.NULL:
            raise lib.error()
        self.connection = ffi.gc(connection, lib.s2n_connection_free)
        self._context = context
        self._is_server = mode == native.SERVER
        self._pipe = Pipe()
        self._handle = ffi.new_handle(self._pipe)
        self._blocked = ffi.new("int *")
        self._buffer: Any = None
        self._resumes: Session | None = None
        self._reads_early = context.reads_early_data
        self._early_data = b""
        lib.must(lib.s2n_connection_set_config(connection, context.config))
        # Otherwise it sleeps for seconds before it reports an error.
        lib.s2n_connection_set_blinding(connection, native.SELF_SERVICE_BLINDING)
        lib.s2n_connection_set_recv_buffering(connection, True)  # noqa: FBT003 - the C function's
        lib.s2n_connection_set_recv_cb(connection, lib.receive)
        lib.s2n_connection_set_recv_ctx(connection, self._handle)
        lib.s2n_connection_set_send_cb(connection, lib.send)
        lib.s2n_connection_set_send_ctx(connection, self._handle)
        if context.set_record_size is not None:
            lib.must(context.set_record_size(connection))
        if context.psk is not None:
            context.psk.give(connection)
        self.receive_data = self._pipe.receive_data
        self.data_to_send = self._pipe.data_to_send

    def resume(self, session: Session) -> None:
        """Have the connection resume a session."""
        self._lib.must(
            self._lib.s2n_connection_set_session(self.connection, session.state, len(session.state))
        )
        self._resumes = session

    def write_early_data(self, data: bytes) -> None:
        """Put ``data`` into the first flight of a client that has a session."""
        lib, sent = self._lib, ffi.new("ssize_t *")
        result = lib.s2n_send_early_data(self.connection, data, len(data), sent, self._blocked)
        # Once all of it is sent, it waits for the server, which handshake() does.
        if result < 0 and (lib.error_type() != native.ERROR_BLOCKED or sent[0] != len(data)):
            raise lib.error()

    def _read_early_data(self) -> bool:
        """Read early data until there is no more; return whether the handshake may go on."""
        received, buffer = ffi.new("ssize_t *"), ffi.new("uint8_t[]", MAX_EARLY_DATA_BYTES)
        while True:
            result = self._lib.s2n_recv_early_data(
                self.connection, buffer, MAX_EARLY_DATA_BYTES, received, self._blocked
            )
            self._early_data += bytes(ffi.buffer(buffer, received[0]))
            if result == 0:
                self._reads_early = False
                return True
            if self._lib.error_type() == native.ERROR_BLOCKED:
                return False
            raise self._lib.error()

    def handshake(self) -> bool:
        if self._reads_early and not self._read_early_data():
            return False
        if self._lib.s2n_negotiate(self.connection, self._blocked) == 0:
            return True
        if self._lib.error_type() == native.ERROR_BLOCKED:
            return False
        raise self._lib.error()

    def write(self, data: bytes) -> None:
        if data and self._lib.s2n_send(self.connection, data, len(data), self._blocked) != len(data):
            raise self._lib.error()

    def update_keys(self, *, requests_update: bool) -> None:
        records.update_keys(self._lib, self.connection, requests_update=requests_update)

    def read(self) -> bytes:
        if self._buffer is None:
            self._buffer = _allocate("uint8_t[]", RECORD_BYTES)
        receive, buffer, chunks = self._lib.s2n_recv, self._buffer, []
        while True:
            result = receive(self.connection, buffer, RECORD_BYTES, self._blocked)
            if result > 0:
                chunks.append(bytes(ffi.buffer(buffer, result)))
                continue
            if result == 0 or self._lib.error_type() == native.ERROR_BLOCKED:
                return b"".join(chunks)
            raise self._lib.error()

    def negotiated(self) -> Negotiated:
        lib, connection = self._lib, self.connection
        resumed = lib.s2n_connection_is_session_resumed(connection) == 1
        chain = self._peer_chain()
        leaf = self._resumes.certificate if resumed and self._resumes is not None else b"".join(chain[:1])
        return Negotiated(
            version=native.VERSIONS.get(lib.s2n_connection_get_actual_protocol_version(connection)),
            cipher=self._cipher(),
            group=self._group(),
            resumed=resumed,
            peer_certificate=leaf,
            # A client always verifies, as does a server that asks, and a handshake whose verification fails
            # does not complete.
            peer_verified=bool(leaf),
            early_data=self._early_data,
            ocsp=self._ocsp(leaf),
            psk_identity=psk.taken(connection) if (psk := self._context.psk) is not None else b"",
        )

    def _cipher(self) -> str | None:
        first, second = ffi.new("uint8_t *"), ffi.new("uint8_t *")
        self._lib.must(self._lib.s2n_connection_get_cipher_iana_value(self.connection, first, second))
        suite = ciphers.BY_CODE_POINT.get(first[0] << 8 | second[0])
        return suite.name if suite is not None else f"{first[0]:#04x}{second[0]:02x}"

    def _group(self) -> str | None:
        name = ffi.new("const char **")
        if self._lib.s2n_connection_get_key_exchange_group(self.connection, name) < 0:
            return None  # a resumed TLS 1.2 handshake exchanges no keys
        return group_from_openssl(text(name[0]))

    def _peer_chain(self) -> list[bytes]:
        """The peer's certificates, up to the root that verified them."""
        lib = self._lib
        chain = ffi.gc(lib.s2n_cert_chain_and_key_new(), lib.s2n_cert_chain_and_key_free)
        if lib.s2n_connection_get_peer_cert_chain(self.connection, chain) < 0:
            return []
        length, certificate = ffi.new("uint32_t *"), ffi.new("s2n_cert **")
        der = ffi.new("const uint8_t **")
        lib.must(lib.s2n_cert_chain_get_length(chain, length))
        certificates = []
        for index in range(length[0]):
            size = ffi.new("uint32_t *")
            lib.must(lib.s2n_cert_chain_get_cert(chain, certificate, index))
            lib.must(lib.s2n_cert_get_der(certificate[0], der, size))
            certificates.append(bytes(ffi.buffer(der[0], size[0])))
        return certificates

    def _ocsp(self, leaf: bytes) -> str:
        """The status in the stapled response, which the library has already checked."""
        length = ffi.new("uint32_t *")
        response = self._lib.s2n_connection_get_ocsp_response(self.connection, length)
        if self._is_server or response == ffi.NULL or not length[0] or self._context.issuer is None:
            return ""
        data = bytes(ffi.buffer(response, length[0]))
        return check_ocsp_response(data, x509.load_der_x509_certificate(leaf), self._context.issuer)

    def session(self) -> object | None:
        lib = self._lib
        if self._is_server:
            return None
        length = lib.s2n_connection_get_session_length(self.connection)
        if length <= 0:
            return None
        state = ffi.new("uint8_t[]", length)
        if lib.s2n_connection_get_session(self.connection, state, length) != length:
            return None
        return Session(bytes(ffi.buffer(state)), self.negotiated().peer_certificate)

    def close(self) -> None:
        """Do nothing: its sessions stay usable without a close_notify."""
