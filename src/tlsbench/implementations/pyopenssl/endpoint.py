"""One end of a connection on pyOpenSSL, and the context that makes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL

from tlsbench.errors import HandshakeError
from tlsbench.implementations.contract import Negotiated
from tlsbench.implementations.openssl_names import (
    cipher_from_openssl,
    group_from_openssl,
    version_from_openssl,
)
from tlsbench.implementations.pyopenssl import bindings
from tlsbench.implementations.pyopenssl.psk import ExternalPsks
from tlsbench.implementations.pyopenssl.tapped import log_keys
from tlsbench.pki import SERVER_NAME

#: pyOpenSSL allocates a buffer of the requested size at each call: two records are small, and enough.
_CHUNK_BYTES: Final = 32 * 1024
_SHUT_DOWN: Final = SSL.SENT_SHUTDOWN | SSL.RECEIVED_SHUTDOWN
_HOST: Final = SERVER_NAME.encode("ascii")


class PyOpenSslContext:
    """One side's SSL.Context."""

    def __init__(
        self,
        context: SSL.Context,
        *,
        early_data: bool = False,
        wants_staple: bool = False,
        psks: ExternalPsks | None = None,
    ) -> None:
        self.context = context
        self._psks = psks
        self._early_data = early_data
        self._wants_staple = wants_staple

    def connect(self, session: object | None = None, early_data: bytes = b"") -> PyOpenSslEndpoint:
        return PyOpenSslEndpoint(self.connection(session, early_data), psks=self._psks)

    def connection(self, session: object | None, early_data: bytes) -> SSL.Connection:
        """A client's Connection, ready for the handshake."""
        connection = SSL.Connection(self.context, None)
        connection.set_connect_state()
        connection.set_tlsext_host_name(_HOST)
        if self._wants_staple:
            connection.request_ocsp()
        if session is not None:
            assert isinstance(session, SSL.Session)
            connection.set_session(session)
        if early_data:
            bindings.write_early_data(connection, early_data)
        return connection

    def log_keys(self, path: str) -> None:
        log_keys(self.context, path)

    def select_protocols(self, protocols: Sequence[str]) -> None:
        ours = [protocol.encode("ascii") for protocol in protocols]

        def choose(_connection: SSL.Connection, theirs: list[bytes]) -> bytes | SSL._NoOverlappingProtocols:
            return next((one for one in ours if one in theirs), SSL.NO_OVERLAPPING_PROTOCOLS)

        self.context.set_alpn_select_callback(choose)

    def accept(self) -> PyOpenSslEndpoint:
        connection = SSL.Connection(self.context, None)
        connection.set_accept_state()
        reader = bindings.EarlyDataReader(connection) if self._early_data else None
        return PyOpenSslEndpoint(connection, reader, is_server=True, psks=self._psks)


class PyOpenSslEndpoint:
    """A Connection over its own memory BIOs."""

    __slots__ = ("_connection", "_early_data", "_is_server", "_psks")

    def __init__(
        self,
        connection: SSL.Connection,
        early_data: bindings.EarlyDataReader | None = None,
        *,
        is_server: bool = False,
        psks: ExternalPsks | None = None,
    ) -> None:
        self._connection = connection
        self._psks = psks
        if psks is not None:
            psks.begin(connection)
        self._early_data = early_data
        self._is_server = is_server

    def handshake(self) -> bool:
        try:
            if self._early_data is not None and not self._early_data.finished:
                self._early_data.read()
            self._connection.do_handshake()
        except SSL.WantReadError:
            return False
        except SSL.Error as error:
            raise translated(error) from error
        return True

    def data_to_send(self) -> bytes:
        chunks = []
        try:
            while True:
                chunks.append(self._connection.bio_read(_CHUNK_BYTES))
        except SSL.WantReadError:
            return b"".join(chunks)

    def receive_data(self, data: bytes) -> None:
        self._connection.bio_write(data)

    def write(self, data: bytes) -> None:
        if self._early_data is not None and self._early_data.data and not self._early_data.finished:
            bindings.write_early_data(self._connection, data)  # an answer before the client's Finished
            return
        self._connection.sendall(data)

    def read(self) -> bytes:
        chunks = []
        try:
            while True:
                chunks.append(self._connection.recv(_CHUNK_BYTES))
        except (SSL.WantReadError, SSL.ZeroReturnError):
            return b"".join(chunks)
        except SSL.Error as error:
            raise translated(error) from error

    def negotiated(self) -> Negotiated:
        connection = self._connection
        certificate = connection.get_peer_certificate(as_cryptography=True)
        psk_identity = self._psks.taken(connection) if self._psks is not None else b""
        chain, verified = connection.get_peer_cert_chain(), connection.get_verified_chain()
        return Negotiated(
            version=version_from_openssl(connection.get_protocol_version_name()),
            cipher=cipher_from_openssl(connection.get_cipher_name()),
            group=group_from_openssl(connection.get_group_name()),
            resumed=bindings.session_reused(connection) and not psk_identity,
            peer_certificate=certificate.public_bytes(Encoding.DER) if certificate else b"",
            peer_verified=certificate is not None and bindings.peer_verified(connection),
            # On a server the chain does not include the leaf: SSL_get_peer_cert_chain(3).
            peer_chain_length=len(chain) + self._is_server if chain is not None else None,
            verified_length=len(verified) if verified is not None else None,
            early_data=self._early_data.data if self._early_data is not None else b"",
            ocsp=connection.get_app_data() or "",
            psk_identity=psk_identity,
        )

    def session(self) -> object | None:
        return self._connection.get_session()

    def close(self) -> None:
        # Without this OpenSSL considers the session bad and discards it.
        self._connection.set_shutdown(_SHUT_DOWN)


def translated(error: SSL.Error) -> HandshakeError:
    """Convert pyOpenSSL's error, with its reasons in one line."""
    reasons = [reason for *_, reason in error.args[0]] if error.args else []
    return HandshakeError(f"pyopenssl: {'; '.join(reasons) or type(error).__name__}")
