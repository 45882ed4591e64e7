"""``pyopenssl``: pyOpenSSL over memory BIOs, on the OpenSSL inside the cryptography package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from OpenSSL import SSL
from OpenSSL.crypto import X509, X509StoreFlags

from tlsbench.errors import CertificateError
from tlsbench.implementations.certificate_keys import openssl_key_gaps, openssl_takes
from tlsbench.implementations.cryptography.primitives import Cryptography
from tlsbench.implementations.extension_gaps import no_compression, no_ech
from tlsbench.implementations.gaps import kernel_tls_gap, no_ed25519_in_dtls
from tlsbench.implementations.needed_packages import SPEAK_QUIC
from tlsbench.implementations.offers import not_offered
from tlsbench.implementations.openssl_names import (
    HANDSHAKE_BUFFER_BYTES,
    ML_DSA,
    group_list,
    is_of_dhe,
)
from tlsbench.implementations.operations import Operation
from tlsbench.implementations.processor import cpu_gaps
from tlsbench.implementations.pyopenssl import bindings, certificates, suites
from tlsbench.implementations.pyopenssl.datagrams import PyOpenSslDatagramContext, make_cookies
from tlsbench.implementations.pyopenssl.endpoint import PyOpenSslContext
from tlsbench.implementations.pyopenssl.psk import psk_gaps, psks_of
from tlsbench.implementations.record_gaps import answers_key_updates, no_records
from tlsbench.pki import SERVER_NAME, Identity, Peers, check_ocsp_response, ocsp_response
from tlsbench.pki.trust import trust_file
from tlsbench.protocol.messages import DTLS_VERSION_CODE_POINTS, VERSION_CODE_POINTS
from tlsbench.scenarios import Capabilities, Scenario, gap, groups
from tlsbench.scenarios.axes import TLS_WORKLOADS
from tlsbench.scenarios.chains import ANCHORED

#: The abilities without which no handshake can be driven and proved.
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
                no_ed25519_in_dtls(),
                gap(
                    f"{self.engine()} has no DTLS 1.3; OpenSSL 4.1 will be the first release with it",
                    transport="dtls",
                    version="1.3",
                ),
                gap(
                    f"this pyOpenSSL does not bind {', '.join(bindings.missing('cookies'))}",
                    address_check="yes" if bindings.missing("cookies") else (),
                ),
                gap(
                    f"this pyOpenSSL does not bind {', '.join(bindings.missing('QUIC'))}; {SPEAK_QUIC}",
                    transport="quic" if bindings.missing("QUIC") else (),
                ),
                answers_key_updates(self.id),
                *no_records("pyOpenSSL binds no OpenSSL functions for the size and padding of records"),
                no_ech("OpenSSL 4.0 has Encrypted ClientHello, and pyOpenSSL binds none of it"),
                no_compression("pyOpenSSL does not bind SSL_CTX_set1_cert_comp_preference"),
                gap("a TLS library: primitives are in cryptography", workload="primitive"),
                gap(
                    "pyOpenSSL parses and verifies certificates; the rest is in cryptography",
                    workload="certificate",
                    operation=certificates.NOT_OFFERED,
                ),
                not_offered(self.engine(), self.offered_ciphers()),
                gap(
                    f"{self.engine()} does not know the group",
                    group=tuple(name for name in groups.BY_NAME if not bindings.knows_group(name)),
                ),
                *psk_gaps(),
                gap(
                    f"this pyOpenSSL does not bind {', '.join(bindings.missing('early data'))}",
                    resumption="early-data" if bindings.missing("early data") else (),
                ),
                *openssl_key_gaps(self.engine(), _version()),
                *(
                    gap(
                        f"{self.engine()} has no ML-DSA certificates",
                        # OpenSSL 3.5 added ML-KEM together with it
                        **{axis: () if bindings.knows_group("MLKEM768") else ML_DSA},
                    )
                    for axis in ("key", "intermediate_key", "root_key")
                ),
            ),
            supports=(
                *("workload=certificate", "workload=completion", "workload=scaling"),
                *("resumption=early-data", "resumption=external-psk", "psk_mode", "ticket_lifetime"),
                *("ocsp", "trust", "cpu", "hello_retry", "parts"),
                *("transport=dtls", "mtu", "address_check", "workload=key_update", "chain_sent"),
                *openssl_takes(_version()),
                *(f"version={version}" for version in suites.old_versions()),
            ),
        )

    def offered_ciphers(self) -> Mapping[int, str]:
        return suites.offered_ciphers()

    def client_context(self, scenario: Scenario, peers: Peers) -> PyOpenSslContext:
        context = _client(scenario, peers, SSL.TLS_CLIENT_METHOD)
        psks = psks_of(context, scenario, is_server=False)
        return PyOpenSslContext(context, wants_staple=scenario.ocsp == "stapled", psks=psks)

    def server_context(self, scenario: Scenario, peers: Peers) -> PyOpenSslContext:
        context = _server(scenario, peers, SSL.TLS_SERVER_METHOD)
        if scenario.ticket_lifetime not in ("", "default"):
            context.set_timeout(int(scenario.ticket_lifetime))
        psks = psks_of(context, scenario, is_server=True)
        return PyOpenSslContext(context, early_data=scenario.resumption == "early-data", psks=psks)

    def datagram_client_context(self, scenario: Scenario, peers: Peers) -> PyOpenSslDatagramContext:
        context = _client(scenario, peers, SSL.DTLS_CLIENT_METHOD)
        return PyOpenSslDatagramContext(context, scenario, wants_staple=scenario.ocsp == "stapled")

    def datagram_server_context(self, scenario: Scenario, peers: Peers) -> PyOpenSslDatagramContext:
        context = _server(scenario, peers, SSL.DTLS_SERVER_METHOD)
        if scenario.address_check == "yes":
            make_cookies(context)
        return PyOpenSslDatagramContext(context, scenario)

    def operation(self, scenario: Scenario, peers: Peers | None = None) -> Operation:
        assert peers is not None, "a capability says that there are no primitives"
        return certificates.operation(scenario, peers)

    def primitive(self, algorithm: str, size_bytes: int) -> Operation:
        """An operation of the cryptography package, whose OpenSSL pyOpenSSL calls."""
        return Cryptography().primitive(algorithm, size_bytes)


def _version() -> tuple[int, int]:
    """The engine's major and minor version: OPENSSL_VERSION_NUMBER(3)."""
    return SSL.OPENSSL_VERSION_NUMBER >> 28, SSL.OPENSSL_VERSION_NUMBER >> 20 & 0xFF


def _client(scenario: Scenario, peers: Peers, method: int) -> SSL.Context:
    context = SSL.Context(method)
    _configure(context, scenario, peers)
    context.set_verify(SSL.VERIFY_PEER)
    bindings.check_host_name(context, SERVER_NAME)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)  # sessions are handed over explicitly
    if scenario.client_auth == "required":
        show_identity(context, peers.client)
    if scenario.ocsp == "stapled":
        context.set_ocsp_client_callback(_check_staple)
    return context


def _server(scenario: Scenario, peers: Peers, method: int) -> SSL.Context:
    context = SSL.Context(method)
    _configure(context, scenario, peers)
    context.set_session_id(b"tlsbench")  # with client certificates nothing resumes without it
    if scenario.client_auth == "required":
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
    if is_of_dhe(scenario):
        suites.set_prime(context, scenario.group)
    if scenario.resumption == "early-data":
        bindings.accept_early_data(context)
    if scenario.ocsp == "stapled":
        staple = ocsp_response(peers.issuer, peers.server.leaf)
        context.set_ocsp_server_callback(lambda _connection, _data: staple)
    show_identity(context, peers.server)
    return context


def _configure(context: SSL.Context, scenario: Scenario, peers: Peers) -> None:
    context.set_mode(bindings.MODE_NO_AUTO_CHAIN)
    versions = DTLS_VERSION_CODE_POINTS if scenario.transport == "dtls" else VERSION_CODE_POINTS
    version = versions[scenario.version]
    context.set_min_proto_version(version)
    context.set_max_proto_version(version)
    store = context.get_cert_store()
    assert store is not None
    if scenario.trust in ("", "memory"):
        for certificate in peers.store:
            store.add_cert(X509.from_cryptography(certificate))
    else:
        context.load_verify_locations(str(trust_file(peers.store)))
    if scenario.chain_sent == ANCHORED:
        store.set_flags(X509StoreFlags.PARTIAL_CHAIN)
    suites.choose(context, scenario)
    if wanted := group_list(scenario):
        bindings.set_groups(context, wanted)
    if scenario.resumption == "session-id":
        context.set_options(SSL.OP_NO_TICKET)


def show_identity(context: SSL.Context, identity: Identity) -> None:
    """Have a context present an identity's chain."""
    # From a file: use_privatekey() of pyOpenSSL does not know ML-DSA keys, but the engine does.
    with identity.pem_file() as path:
        context.use_certificate_chain_file(path)
        context.use_privatekey_file(path)


def staple_status(connection: SSL.Connection, der: bytes) -> str:
    """The status of a server's leaf in its stapled response: ``"good"``, ``"revoked"`` or ``"unknown"``.

    :raises CertificateError: if the response cannot be relied on.
    """
    chain = connection.get_verified_chain(as_cryptography=True)
    if chain is None or len(chain) < 2:
        raise CertificateError("the OCSP response is for a certificate whose issuer is not known")
    return check_ocsp_response(der, chain[0], chain[1])


def _check_staple(connection: SSL.Connection, der: bytes, _data: object) -> bool:
    """Whether a response that can be relied on says good; its status is kept for the proof."""
    try:
        status = staple_status(connection, der)
    except CertificateError:
        return False
    connection.set_app_data(status)
    return status == "good"
