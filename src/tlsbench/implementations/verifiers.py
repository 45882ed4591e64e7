"""Certificate verifiers: OpenSSL's, which TLS peers use, and that of the cryptography package.

Both judge a chain against roots, a host name and a time. A CRL only OpenSSL takes into account.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import cryptography
from cryptography import x509
from cryptography.x509 import verification
from OpenSSL import SSL
from OpenSSL.crypto import X509, X509Store, X509StoreContext, X509StoreContextError, X509StoreFlags

from tlsbench.errors import RequestError
from tlsbench.implementations import openssl_bindings as bindings
from tlsbench.pki.names import general_name

#: Key types that ``cryptography.x509.verification`` rejects: its policy is the CA/Browser Forum's, to which
#: cryptography 50 added ML-DSA.
UNKNOWN_TO_CRYPTOGRAPHY: Final = (
    ("ed25519",)
    if int(cryptography.__version__.split(".")[0]) >= 50
    else ("ed25519", "ml-dsa-44", "ml-dsa-65", "ml-dsa-87")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a chain is held against.

    :param host: the DNS name or IP address that a server must have; ``""`` where it does not matter.
    :param usage: ``"server"`` or ``"client"``: what the leaf must be for.
    :param crls: revocation lists; with any, each issuer below the root must have one.
    :param at: the time to judge at.
    """

    roots: tuple[x509.Certificate, ...]
    host: str = ""
    usage: str = "server"
    crls: tuple[x509.CertificateRevocationList, ...] = ()
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verifier says: ``problem`` is the rule that fails, in its own words, ``""`` if none does.

    ``remark`` is what it did not look at.
    """

    verifier: str
    problem: str
    remark: str = ""


def openssl_verifier(question: Question) -> Callable[[X509, Sequence[X509]], None]:
    """A verifier of OpenSSL, with its store made ready: give it leaf and intermediates.

    It raises ``OpenSSL.crypto.X509StoreContextError`` if it rejects them.
    """
    store = X509Store()
    for root in question.roots:
        store.add_cert(X509.from_cryptography(root))
    for crl in question.crls:
        store.add_crl(crl)
    if question.crls:
        store.set_flags(X509StoreFlags.CRL_CHECK)
    store.set_time(question.at)
    bindings.expect_peer(store, question.host, question.usage)

    def verify(leaf: X509, intermediates: Sequence[X509]) -> None:
        X509StoreContext(store, leaf, intermediates).verify_certificate()

    return verify


def cryptography_verifier(
    question: Question,
) -> verification.ServerVerifier | verification.ClientVerifier:
    """A verifier of cryptography, made ready; its ``verify`` takes leaf and intermediates.

    :raises RequestError: if a server is to be verified without a host name, which it does not do.
    """
    policy = verification.PolicyBuilder().store(verification.Store(list(question.roots))).time(question.at)
    if question.usage == "client":
        return policy.build_client_verifier()
    name = general_name(question.host) if question.host else None
    if not isinstance(name, x509.DNSName | x509.IPAddress):
        raise RequestError("cryptography verifies a server by its host name or IP address only")
    return policy.build_server_verifier(name)


def verdicts(chain: Sequence[x509.Certificate], question: Question) -> tuple[Verdict, ...]:
    """What every verifier says of a chain, leaf first."""
    return (_by_openssl(chain, question), _by_cryptography(chain, question))


def _by_openssl(chain: Sequence[x509.Certificate], question: Question) -> Verdict:
    name = " ".join(SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode("ascii").split()[:2])
    leaf, *intermediates = (X509.from_cryptography(certificate) for certificate in chain)
    try:
        openssl_verifier(question)(leaf, intermediates)
    except X509StoreContextError as error:
        _code, depth, words = error.errors
        return Verdict(name, f"{words} (certificate {depth} of the chain, counted from the leaf's 0)")
    return Verdict(name, "")


def _by_cryptography(chain: Sequence[x509.Certificate], question: Question) -> Verdict:
    name = f"cryptography {cryptography.__version__}"
    remark = "it reads no CRLs" if question.crls else ""
    if question.usage == "server" and not question.host:
        return Verdict(name, "", "not asked: it verifies a server by its name only, give --host")
    try:
        cryptography_verifier(question).verify(chain[0], list(chain[1:]))
    except (verification.VerificationError, ValueError) as error:
        return Verdict(name, _reason(error))
    return Verdict(name, "", remark)


def _reason(error: Exception) -> str:
    """The inmost reason: the rest of the message is how the verifier came to it."""
    text = " ".join(str(error).split())
    for prefix in ("validation failed: ", "candidates exhausted: "):
        text = text.removeprefix(prefix)
    return text.split(" (encountered processing")[0]
