"""``pyopenssl``: pyOpenSSL over memory BIOs, on the OpenSSL inside the cryptography package."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL
from OpenSSL.crypto import X509

from tlsbench.errors import CertificateError, HandshakeError
from tlsbench.implementations.contract import Negotiated, Operation
from tlsbench.implementations.cryptography.primitives import Cryptography
from tlsbench.implementations.gaps import kernel_tls_gap
from tlsbench.implementations.openssl_names import (
    HANDSHAKE_BUFFER_BYTES,
    ML_DSA,
    cipher_from_openssl,
    group_from_openssl,
    group_list,
    version_from_openssl,
)
from tlsbench.implementations.processor import cpu_gaps
from tlsbench.implementations.pyopenssl import bindings, certificates
from tlsbench.implementations.pyopenssl.tapped import log_keys
from tlsbench.pki import SERVER_NAME, Identity, Peers, check_ocsp_response, ocsp_response
from tlsbench.pki.trust import trust_file
from tlsbench.scenarios import Capabilities, Scenario, ciphers, gap, groups
from tlsbench.scenarios.axes import TLS_WORKLOADS

#: pyOpenSSL allocates a buffer of the size asked for at each call: two records are few and enough.
_CHUNK_BYTES = 32 * 1024
_VERSIONS = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}
_SHUT_DOWN = SSL.SENT_SHUTDOWN | SSL.RECEIVED_SHUTDOWN
_HOST = SERVER_NAME.encode("ascii")
#: What no handshake can be driven and proved without.
_NEEDED = (
    "groups",
    "host name checks",
    "host names in verification",
    "proof of resumption",
    "proof of verification",
)


@dataclass(frozen=True, slots=True)
class PyOpenSsl:
    """pyOpenSSL."""

    id: str = "pyopenssl"
    summary: str = "pyOpenSSL, on the OpenSSL that the cryptography package carries"
    handshake_buffer_bytes: int = HANDSHAKE_BUFFER_BYTES

    def engine(self) -> str:
        return " ".join(SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode("ascii").split()[:2])

    def processor(self) -> str | None:
        return bindings.cpu_info()

    def capabilities(self) -> Capabilities:
        lacking = [symbol for ability in _NEEDED for symbol in bindings.missing(ability)]
        if lacking:
            return Capabilities(
                (gap(f"this pyOpenSSL does not bind {', '.join(lacking)}", workload=TLS_WORKLOADS),),
                supports=("workload=certificate", "cpu"),
            )
        return Capabilities(
            (
                *cpu_gaps(tells=True),
                kernel_tls_gap(),
                gap("a TLS library: primitives are in cryptography", workload="primitive"),
                gap(
                    "pyOpenSSL parses and verifies certificates; the rest is in cryptography",
                    workload="certificate",
                    operation=certificates.NOT_OFFERED,
                ),
                gap(
                    f"{self.engine()} does not know the group",
                    group=tuple(name for name in groups.BY_NAME if not bindings.knows_group(name)),
                ),
                gap(
                    f"this pyOpenSSL does not bind {', '.join(bindings.missing('early data'))}",
                    resumption="early-data" if bindings.missing("early data") else (),
                ),
                *(
                    gap(
                        f"{self.engine()} has no ML-DSA certificates",
                        # ML-KEM came with it, in OpenSSL 3.5
                        **{axis: () if bindings.knows_group("MLKEM768") else ML_DSA},
                    )
                    for axis in ("key", "intermediate_key", "root_key")
                ),
            ),
            supports=(
                *("workload=certificate", "workload=completion"),
                *("resumption", "ocsp", "trust", "cpu", "hello_retry", "parts"),
            ),
        )

    def client_context(self, scenario: Scenario, peers: Peers) -> PyOpenSslContext:
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        _configure(context, scenario, peers)
        context.set_verify(SSL.VERIFY_PEER)
        bindings.check_host_name(context, SERVER_NAME)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)  # sessions are handed over by hand
        if scenario.client_auth == "required":
            show_identity(context, peers.client)
        stapled = scenario.ocsp == "stapled"
        if stapled:
            context.set_ocsp_client_callback(_check_staple)
        return PyOpenSslContext(context, wants_staple=stapled)

    def server_context(self, scenario: Scenario, peers: Peers) -> PyOpenSslContext:
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        _configure(context, scenario, peers)
        context.set_session_id(b"tlsbench")  # with client certificates nothing resumes without
        if scenario.client_auth == "required":
            context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
        early_data = scenario.resumption == "early-data"
        if early_data:
            bindings.accept_early_data(context)
        if scenario.ocsp == "stapled":
            staple = ocsp_response(peers.issuer, peers.server.leaf)
            context.set_ocsp_server_callback(lambda _connection, _data: staple)
        show_identity(context, peers.server)
        return PyOpenSslContext(context, early_data=early_data)

    def operation(self, scenario: Scenario, peers: Peers | None = None) -> Operation:
        assert peers is not None, "a capability says that there are no primitives"
        return certificates.operation(scenario, peers)

    def primitive(self, algorithm: str, size_bytes: int) -> Operation:
        """An operation of the cryptography package, whose OpenSSL pyOpenSSL calls."""
        return Cryptography().primitive(algorithm, size_bytes)


def _configure(context: SSL.Context, scenario: Scenario, peers: Peers) -> None:
    context.set_mode(bindings.MODE_NO_AUTO_CHAIN)
    version = _VERSIONS[scenario.version]
    context.set_min_proto_version(version)
    context.set_max_proto_version(version)
    if scenario.trust in ("", "memory"):
        store = context.get_cert_store()
        assert store is not None
        store.add_cert(X509.from_cryptography(peers.root.certificate))
    else:
        context.load_verify_locations(str(trust_file((*peers.strangers, peers.root.certificate))))
    suite = ciphers.BY_NAME[scenario.cipher].openssl.encode("ascii")
    if scenario.version == "1.3":
        context.set_tls13_ciphersuites(suite)
    else:
        context.set_cipher_list(suite)
    bindings.set_groups(context, group_list(scenario))
    if scenario.resumption == "session-id":
        context.set_options(SSL.OP_NO_TICKET)


def show_identity(context: SSL.Context, identity: Identity) -> None:
    """Make a context show an identity's chain."""
    # From a file: use_privatekey() of pyOpenSSL does not know ML-DSA keys, the engine does.
    with identity.pem_file() as path:
        context.use_certificate_chain_file(path)
        context.use_privatekey_file(path)


def staple_status(connection: SSL.Connection, der: bytes) -> str:
    """What the response that a server stapled says of its leaf: ``"good"``, ``"revoked"`` or ``"unknown"``.

    :raises CertificateError: if it is not to be relied on.
    """
    chain = connection.get_verified_chain(as_cryptography=True)
    if chain is None or len(chain) < 2:
        raise CertificateError("the OCSP response is for a certificate whose issuer is not known")
    return check_ocsp_response(der, chain[0], chain[1])


def _check_staple(connection: SSL.Connection, der: bytes, _data: object) -> bool:
    """Whether there is a response, to be relied on, that says good; what it says is kept for the proof."""
    try:
        status = staple_status(connection, der)
    except CertificateError:
        return False
    connection.set_app_data(status)
    return status == "good"


class PyOpenSslContext:
    """One side's SSL.Context."""

    def __init__(self, context: SSL.Context, *, early_data: bool = False, wants_staple: bool = False) -> None:
        self._context = context
        self._early_data = early_data
        self._wants_staple = wants_staple

    def connect(self, session: object | None = None, early_data: bytes = b"") -> PyOpenSslEndpoint:
        connection = SSL.Connection(self._context, None)
        connection.set_connect_state()
        connection.set_tlsext_host_name(_HOST)
        if self._wants_staple:
            connection.request_ocsp()
        if session is not None:
            assert isinstance(session, SSL.Session)
            connection.set_session(session)
        if early_data:
            bindings.write_early_data(connection, early_data)
        return PyOpenSslEndpoint(connection)

    def log_keys(self, path: str) -> None:
        log_keys(self._context, path)

    def accept(self) -> PyOpenSslEndpoint:
        connection = SSL.Connection(self._context, None)
        connection.set_accept_state()
        reader = bindings.EarlyDataReader(connection) if self._early_data else None
        return PyOpenSslEndpoint(connection, reader, is_server=True)


class PyOpenSslEndpoint:
    """A Connection over its own memory BIOs."""

    __slots__ = ("_connection", "_early_data", "_is_server")

    def __init__(
        self,
        connection: SSL.Connection,
        early_data: bindings.EarlyDataReader | None = None,
        *,
        is_server: bool = False,
    ) -> None:
        self._connection = connection
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
        chain = connection.get_peer_cert_chain()
        return Negotiated(
            version=version_from_openssl(connection.get_protocol_version_name()),
            cipher=cipher_from_openssl(connection.get_cipher_name()),
            group=group_from_openssl(connection.get_group_name()),
            resumed=bindings.session_reused(connection),
            peer_certificate=certificate.public_bytes(Encoding.DER) if certificate else b"",
            peer_verified=certificate is not None and bindings.peer_verified(connection),
            # On a server the chain is without its leaf: SSL_get_peer_cert_chain(3).
            peer_chain_length=len(chain) + self._is_server if chain is not None else None,
            early_data=self._early_data.data if self._early_data is not None else b"",
            ocsp=connection.get_app_data() or "",
        )

    def session(self) -> object | None:
        return self._connection.get_session()

    def close(self) -> None:
        # Without this OpenSSL takes the session for broken and forgets it.
        self._connection.set_shutdown(_SHUT_DOWN)


def translated(error: SSL.Error) -> HandshakeError:
    """The error of a library that gives up, with its reasons in one line."""
    reasons = [reason for *_, reason in error.args[0]] if error.args else []
    return HandshakeError(f"pyopenssl: {'; '.join(reasons) or type(error).__name__}")
