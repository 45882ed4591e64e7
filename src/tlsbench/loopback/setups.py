"""What each side brings to a connection, and the OpenSSL contexts made from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from OpenSSL import SSL
from OpenSSL.crypto import X509, X509Store, X509StoreFlags

from tlsbench.errors import CertificateError
from tlsbench.implementations.pyopenssl import bindings
from tlsbench.implementations.pyopenssl.library import show_identity, staple_status
from tlsbench.implementations.pyopenssl.tapped import log_keys
from tlsbench.pki import SERVER_NAME, Identity, spki_pin
from tlsbench.pki.extensions import extension

CLIENT_AUTH: Final = {
    "none": SSL.VERIFY_NONE,
    "optional": SSL.VERIFY_PEER,
    "required": SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT,
}
_VERSIONS: Final = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSetup:
    """What a server brings.

    :param client_auth: whether it requests a certificate: ``"none"``, ``"optional"`` or ``"required"``.
    :param client_roots: the roots that it trusts for clients.
    :param staple: an OCSP response in DER, stapled for clients that request it; ``b""`` for none.
    :param key_log: a file for the secrets of its connections, ``""`` for none.
    :param tapped: whether connections may be tapped, see
        :class:`~tlsbench.implementations.pyopenssl.tapped.TappedConnection`.
    :param weak: whether it may use keys that OpenSSL considers too weak (security level 0).
    :param early_data: whether it accepts early data (0-RTT), and answers it at once.
    :param anti_replay: whether it accepts each ticket only once, as OpenSSL does by default; False is for
        demonstrations, only on loopback.
    """

    identity: Identity
    client_auth: str = "none"
    client_roots: tuple[x509.Certificate, ...] = ()
    staple: bytes = b""
    weak: bool = False
    key_log: str = ""
    early_data: bool = False
    anti_replay: bool = True
    tapped: bool = False

    def context(self) -> SSL.Context:
        """The OpenSSL context; a new one each time."""
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_mode(bindings.MODE_NO_AUTO_CHAIN)
        if self.key_log or self.tapped:
            log_keys(context, self.key_log)
        if self.weak:
            context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
        show_identity(context, self.identity)
        if self.staple:
            context.set_ocsp_server_callback(lambda _connection, _data: self.staple)
        if self.early_data:
            bindings.accept_early_data(context, anti_replay=self.anti_replay)
        if self.client_auth != "none":
            context.set_session_id(b"tlsbench")
            context.set_verify(CLIENT_AUTH[self.client_auth])
            store = _store(context)
            for root in self.client_roots:
                store.add_cert(X509.from_cryptography(root))
                context.add_client_ca(root)
        return context


@dataclass(slots=True)
class Notes:
    """Observations that the context's callbacks record during a handshake.

    ``judge`` is one of these callbacks; it must live as long as the connection.
    """

    problem: str = ""
    ocsp: str = ""
    staple_bytes: int = 0
    judge: object = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What a client keeps to resume a connection's session, which is usable only with its own context."""

    session: SSL.Session
    context: SSL.Context
    notes: Notes


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSetup:
    """What a client brings, and what it requires.

    :param roots: the roots that it trusts for servers.
    :param host: the name or address that the server's certificate must have.
    :param identity: presented if the server requests a certificate.
    :param crls: revocation lists; if there are any, the leaf's issuer must have one.
    :param ocsp: ``"none"``; ``"seen"``: a response is requested but not checked; ``"checked"``: a stapled
        one must be good, and must be there if the leaf is must-staple; ``"required"``: it must be there.
    :param pins: pins of keys (:func:`tlsbench.pki.spki_pin`), one of which the leaf must match.
    :param verify: False accepts any chain, to inspect it.
    :param version: the highest version it offers.
    :param signature_algorithms: those it offers (RFC 8446 section 4.2.3), as SSL_CTX_set1_sigalgs_list(3)
        spells them; the library's own list if empty.
    :param kept: from an earlier :class:`~tlsbench.loopback.Meeting`, to resume; its context is then used.
    :param early_path: the path to request with early data, if the session allows that; ``""`` for none.
    """

    roots: tuple[x509.Certificate, ...] = ()
    host: str = SERVER_NAME
    identity: Identity | None = None
    crls: tuple[x509.CertificateRevocationList, ...] = ()
    ocsp: str = "none"
    pins: frozenset[str] = frozenset()
    verify: bool = True
    version: str = "1.3"
    signature_algorithms: str = ""
    kept: Kept | None = None
    early_path: str = ""

    def context(self, notes: Notes) -> SSL.Context:
        """The OpenSSL context for one connection, whose callbacks write to ``notes``."""
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_max_proto_version(_VERSIONS[self.version])
        context.set_mode(bindings.MODE_NO_AUTO_CHAIN)
        if self.signature_algorithms:
            bindings.set_signature_algorithms(context, self.signature_algorithms)
        store = _store(context)
        for root in self.roots:
            store.add_cert(X509.from_cryptography(root))
        for crl in self.crls:
            store.add_crl(crl)
        if self.crls:
            store.set_flags(X509StoreFlags.CRL_CHECK)
        if self.verify:
            bindings.check_host_name(context, self.host)
            notes.judge = bindings.set_judge(context, self._judge(notes))
        if self.identity is not None:
            show_identity(context, self.identity)
        if self.ocsp != "none":
            context.set_ocsp_client_callback(self._check_staple, notes)
        return context

    def _judge(self, notes: Notes) -> Callable[[X509, int, int], int]:
        def judge(certificate: X509, depth: int, error: int) -> int:
            if error:
                notes.problem = notes.problem or f"{bindings.verify_error(error)}, at depth {depth}"
            elif depth == 0 and self.pins and spki_pin(certificate.to_cryptography()) not in self.pins:
                notes.problem = "the key is not one of those pinned"
                return bindings.CERTIFICATE_REJECTED
            return error

        return judge

    def _check_staple(self, connection: SSL.Connection, der: bytes, notes: Notes | None) -> bool:
        assert notes is not None
        notes.staple_bytes = len(der)
        if self.ocsp == "seen":
            return True
        leaf = connection.get_peer_certificate(as_cryptography=True)
        if not der:
            must = leaf is not None and must_staple(leaf)
            if must or self.ocsp == "required":
                why = "the certificate says that it must" if must else "this client requires it"
                notes.problem = f"no OCSP response is stapled, and {why}"
            return not notes.problem
        try:
            notes.ocsp = staple_status(connection, der)
        except CertificateError as error:
            notes.problem = str(error)
            return False
        if notes.ocsp != "good":
            notes.problem = f"the stapled OCSP response says: {notes.ocsp}"
        return not notes.problem


def must_staple(certificate: x509.Certificate) -> bool:
    """Whether a certificate may be used only with a stapled OCSP response (RFC 7633)."""
    features = extension(certificate, x509.TLSFeature)
    return features is not None and x509.TLSFeatureType.status_request in features


def _store(context: SSL.Context) -> X509Store:
    store = context.get_cert_store()
    assert store is not None
    return store
