"""One end of a connection on Mbed TLS, and the context that makes it."""

from __future__ import annotations

from pathlib import Path
from threading import local
from typing import Any, Final

from tlsbench.errors import HandshakeError
from tlsbench.implementations.contract import Negotiated
from tlsbench.implementations.libmbedtls import bindings as native
from tlsbench.implementations.libmbedtls.bindings import Library, ffi, text
from tlsbench.implementations.openssl_names import version_from_openssl
from tlsbench.implementations.pipes import Pipe
from tlsbench.pki import SERVER_NAME
from tlsbench.protocol.messages import RECORD_BYTES

_HOST: Final = SERVER_NAME.encode("ascii")
_MOST_SECRETS: Final = 4096
#: Memory that is written before it is read need not be cleared.
_allocate: Final = ffi.new_allocator(should_clear_after_alloc=False)


class _Exported(local):
    """The master secret that was told last in this thread, which is that of its handshake."""

    master = b""


class LibMbedTlsContext:
    """One side's configuration.

    It is told the master secret of each connection. That is how a resumed handshake is known, for the
    library does not say it: it has the master secret of an earlier one (RFC 5246, section 7.3).

    :param kept: what must live as long as it.
    :param resumes: whether a handshake may be resumed.
    """

    def __init__(self, lib: Library, config: Any, kept: object, *, verifies: bool, resumes: bool) -> None:
        self.lib = lib
        self.config = config
        self.verifies = verifies
        self._kept = kept
        self._host = ffi.new("char[]", _HOST)
        self._resumes = resumes
        self._known: dict[bytes, None] = {}
        self._exported = _Exported()
        self._key_log: Path | None = None
        kind = "int (void *, const unsigned char *, const unsigned char *, size_t, size_t, size_t, "
        self._export: Any = ffi.callback(
            f"{kind}const unsigned char *, const unsigned char *, int)", self._keep
        )
        lib.mbedtls_ssl_conf_export_keys_ext_cb(config, self._export, ffi.NULL)

    def _keep(
        self,
        _context: Any,
        master: Any,
        _block: Any,
        _mac: int,
        _key: int,
        _iv: int,
        client_random: Any,
        _server_random: Any,
        _prf: int,
    ) -> int:
        secret = self._exported.master = ffi.buffer(master, native.MASTER_SECRET_BYTES)[:]
        if self._key_log is not None:
            random = ffi.buffer(client_random, native.RANDOM_BYTES)[:].hex()
            with self._key_log.open("a", encoding="ascii") as file:
                file.write(f"CLIENT_RANDOM {random} {secret.hex()}\n")
        return 0

    def take_resumed(self) -> bool:
        """Whether the master secret that was told last was told before; asked once a handshake."""
        master, self._exported.master = self._exported.master, b""
        known = master in self._known
        if self._resumes and not known:
            self._known[master] = None
            if len(self._known) > _MOST_SECRETS:
                del self._known[next(iter(self._known))]
        return known

    def log_keys(self, path: str) -> None:
        self._key_log = Path(path)

    def connect(self, session: object | None = None, early_data: bytes = b"") -> LibMbedTlsEndpoint:
        assert not early_data, "a capability says that there is none"
        endpoint = LibMbedTlsEndpoint(self, is_server=False)
        self.lib.must(self.lib.mbedtls_ssl_set_hostname(endpoint.tls, self._host))
        if session is not None:
            self.lib.must(self.lib.mbedtls_ssl_set_session(endpoint.tls, session))
        return endpoint

    def accept(self) -> LibMbedTlsEndpoint:
        return LibMbedTlsEndpoint(self, is_server=True)


class LibMbedTlsEndpoint:
    """An mbedtls_ssl_context between two buffers in memory."""

    def __init__(self, context: LibMbedTlsContext, *, is_server: bool) -> None:
        lib = self._lib = context.lib
        self.tls = lib.new("ssl")
        self._context = context
        self._is_server = is_server
        self._resumed: bool | None = None
        pipe = Pipe()
        self._handle = ffi.new_handle(pipe)
        self._buffer: Any = None
        lib.must(lib.mbedtls_ssl_setup(self.tls, context.config))
        lib.mbedtls_ssl_set_bio(self.tls, self._handle, lib.send, lib.receive, ffi.NULL)
        self.receive_data = pipe.receive_data
        self.data_to_send = pipe.data_to_send

    def handshake(self) -> bool:
        result = self._lib.mbedtls_ssl_handshake(self.tls)
        if result == 0:
            if self._resumed is None:
                self._resumed = self._context.take_resumed()
            return True
        if result == native.E_WANT_READ:
            return False
        raise self._gives_up(result)

    def write(self, data: bytes) -> None:
        tls, write, whole = self.tls, self._lib.mbedtls_ssl_write, ffi.from_buffer("unsigned char[]", data)
        at, end = 0, len(data)
        while at < end:
            written = write(tls, whole + at, end - at)
            if written < 0:
                raise self._gives_up(written)
            at += written

    def read(self) -> bytes:
        if self._buffer is None:
            self._buffer = _allocate("unsigned char[]", RECORD_BYTES)
        read, tls, buffer, chunks = self._lib.mbedtls_ssl_read, self.tls, self._buffer, []
        while True:
            result = read(tls, buffer, RECORD_BYTES)
            if result > 0:
                chunks.append(bytes(ffi.buffer(buffer, result)))
            elif result in (0, native.E_WANT_READ, native.E_PEER_CLOSE_NOTIFY):
                return b"".join(chunks)
            else:
                raise self._gives_up(result)

    def negotiated(self) -> Negotiated:
        lib, tls = self._lib, self.tls
        shown = lib.mbedtls_ssl_get_peer_cert(tls)
        leaf = bytes(ffi.buffer(shown.der.data, shown.der.length)) if shown != ffi.NULL else b""
        return Negotiated(
            version=version_from_openssl(text(lib.mbedtls_ssl_get_version(tls))),
            cipher=text(lib.mbedtls_ssl_get_ciphersuite(tls)).replace("-", "_"),
            group=None,
            resumed=bool(self._resumed),
            peer_certificate=leaf,
            peer_verified=bool(leaf)
            and self._context.verifies
            and lib.mbedtls_ssl_get_verify_result(tls) == 0,
        )

    def session(self) -> object | None:
        if self._is_server:
            return None
        session: object = self._lib.new("ssl_session")
        self._lib.must(self._lib.mbedtls_ssl_get_session(self.tls, session))
        return session

    def close(self) -> None:
        """Nothing to say: its sessions stay usable without a goodbye."""

    def _gives_up(self, result: int) -> HandshakeError:
        words = self._lib.words(result)
        if result == native.E_CERT_VERIFY_FAILED:
            words += f": {self._verification()}"
        return HandshakeError(f"libmbedtls: {words}")

    def _verification(self) -> str:
        """Why a certificate is not good."""
        lib, told = self._lib, ffi.new("char[]", RECORD_BYTES)
        flags = lib.mbedtls_ssl_get_verify_result(self.tls)
        lib.mbedtls_x509_crt_verify_info(told, RECORD_BYTES, b"", flags)
        return "; ".join(text(told).splitlines())
