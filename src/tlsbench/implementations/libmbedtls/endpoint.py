"""One end of a connection on Mbed TLS, and the context that makes it."""

from __future__ import annotations

from pathlib import Path
from threading import local
from typing import Any, Final

from tlsbench.errors import HandshakeError
from tlsbench.implementations.contract import Negotiated
from tlsbench.implementations.libmbedtls import bindings as native
from tlsbench.implementations.libmbedtls.bindings import Library, ffi
from tlsbench.implementations.native import text
from tlsbench.implementations.openssl_names import version_from_openssl
from tlsbench.implementations.pipes import DatagramPipe, Pipe
from tlsbench.pki import SERVER_NAME
from tlsbench.protocol.messages import RECORD_BYTES

_HOST: Final = SERVER_NAME.encode("ascii")
_MOST_SECRETS: Final = 4096
#: Memory that is written before it is read need not be cleared.
_allocate: Final = ffi.new_allocator(should_clear_after_alloc=False)


class _Secrets:
    """The master secrets that the library exports, and those of earlier handshakes.

    :param remembers: whether a handshake may be resumed, so that earlier ones matter.
    """

    def __init__(self, *, remembers: bool) -> None:
        self._remembers = remembers
        self._given = local()  # in the thread of the handshake
        self.known: dict[bytes, None] = {}
        self.key_log: Path | None = None

    def give(self, master: bytes, client_random: bytes) -> None:
        """Record the secret of a handshake."""
        self._given.master = master
        if self.key_log is not None:
            with self.key_log.open("a", encoding="ascii") as file:
                file.write(f"CLIENT_RANDOM {client_random.hex()} {master.hex()}\n")

    def taken(self) -> bytes:
        """The master secret recorded in this thread since the last call; ``b""`` if there is none."""
        master: bytes = getattr(self._given, "master", b"")
        self._given.master = b""
        return master

    def is_known(self, master: bytes) -> bool:
        """Whether an earlier handshake had this master secret; from now on it is known."""
        known = master in self.known
        if self._remembers and not known:
            self.known[master] = None
            if len(self.known) > _MOST_SECRETS:
                del self.known[next(iter(self.known))]
        return known


class LibMbedTlsContext:
    """One side's configuration.

    It receives the master secret of each connection, by which it recognises a resumed handshake, since the
    library does not report one: it has the master secret of an earlier one (RFC 5246, section 7.3).

    :param kept: an object that must live as long as the context.
    :param resumes: whether a handshake may be resumed.
    """

    def __init__(self, lib: Library, config: Any, kept: object, *, verifies: bool, resumes: bool) -> None:
        self.lib = lib
        self.config = config
        self.verifies = verifies
        self.secrets = _Secrets(remembers=resumes)
        self._secrets_handle = ffi.new_handle(self.secrets)
        self._kept = kept
        self._host = ffi.new("char[]", _HOST)
        lib.mbedtls_ssl_conf_export_keys_ext_cb(config, lib.give, self._secrets_handle)

    def log_keys(self, path: str) -> None:
        self.secrets.key_log = Path(path)

    def connect(self, session: object | None = None, early_data: bytes = b"") -> LibMbedTlsEndpoint:
        assert not early_data, "a capability says that there is none"
        endpoint = LibMbedTlsEndpoint(self, is_server=False)
        self.begin(endpoint, session)
        return endpoint

    def begin(self, client: LibMbedTlsEndpoint, session: object | None) -> None:
        """Set the host name that a client's end asks for, and the session that it resumes."""
        self.lib.must(self.lib.mbedtls_ssl_set_hostname(client.tls, self._host))
        if session is not None:
            self.lib.must(self.lib.mbedtls_ssl_set_session(client.tls, session))

    def accept(self) -> LibMbedTlsEndpoint:
        return LibMbedTlsEndpoint(self, is_server=True)


class LibMbedTlsEndpoint:
    """An mbedtls_ssl_context between two buffers in memory."""

    def __init__(
        self, context: LibMbedTlsContext, *, is_server: bool, pipe: Pipe | DatagramPipe | None = None
    ) -> None:
        lib = self._lib = context.lib
        self.tls = lib.new("ssl")
        self._context = context
        self._is_server = is_server
        self._resumed: bool | None = None
        self._master = b""
        pipe = pipe or Pipe()
        self._handle = ffi.new_handle(pipe)
        self._buffer: Any = None
        lib.must(lib.mbedtls_ssl_setup(self.tls, context.config))
        lib.mbedtls_ssl_set_bio(self.tls, self._handle, lib.send, lib.receive, ffi.NULL)
        if isinstance(pipe, Pipe):
            self.receive_data = pipe.receive_data
            self.data_to_send = pipe.data_to_send

    def handshake(self) -> bool:
        result = self._go_on()
        secrets = self._context.secrets
        self._master = secrets.taken() or self._master
        if result == 0:
            if self._resumed is None:
                self._resumed = secrets.is_known(self._master)
            return True
        if result == native.E_WANT_READ:
            return False
        raise self._gives_up(result)

    def _go_on(self) -> int:
        result: int = self._lib.mbedtls_ssl_handshake(self.tls)
        return result

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
            max_fragment_length=self._max_fragment_length(),
        )

    def _max_fragment_length(self) -> int | None:
        """What a server agreed to; None on a client, whose limit is what it asked for, agreed or not."""
        if not self._is_server:
            return None
        most: int = self._lib.mbedtls_ssl_get_output_max_frag_len(self.tls)
        return most if most < RECORD_BYTES else 0

    def session(self) -> object | None:
        if self._is_server:
            return None
        session: object = self._lib.new("ssl_session")
        self._lib.must(self._lib.mbedtls_ssl_get_session(self.tls, session))
        return session

    def close(self) -> None:
        """Do nothing: its sessions stay usable without a close_notify."""

    def _gives_up(self, result: int) -> HandshakeError:
        words = self._lib.words(result)
        if result == native.E_CERT_VERIFY_FAILED:
            words += f": {self._verification()}"
        return HandshakeError(f"libmbedtls: {words}")

    def _verification(self) -> str:
        """Why a certificate is not valid."""
        lib, told = self._lib, ffi.new("char[]", RECORD_BYTES)
        flags = lib.mbedtls_ssl_get_verify_result(self.tls)
        lib.mbedtls_x509_crt_verify_info(told, RECORD_BYTES, b"", flags)
        return "; ".join(text(told).splitlines())
