"""What each verifier says about a chain: OpenSSL's, which TLS peers use, and the cryptography package's.

Both verify a chain against roots, a host name and a time. Only OpenSSL takes CRLs into account.
"""

from __future__ import annotations

from collections.abc import Sequence

import cryptography
from cryptography import x509
from cryptography.x509 import verification
from OpenSSL import SSL
from OpenSSL.crypto import X509, X509StoreContextError

from tlsbench.implementations.cryptography.verifier import cryptography_verifier
from tlsbench.implementations.pyopenssl.verifier import openssl_verifier
from tlsbench.implementations.verification import Question, VerifierAnswer


def verdicts(chain: Sequence[x509.Certificate], question: Question) -> tuple[VerifierAnswer, ...]:
    """What every verifier says about a chain, leaf first."""
    return (_by_openssl(chain, question), _by_cryptography(chain, question))


def _by_openssl(chain: Sequence[x509.Certificate], question: Question) -> VerifierAnswer:
    name = " ".join(SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode("ascii").split()[:2])
    leaf, *intermediates = (X509.from_cryptography(certificate) for certificate in chain)
    try:
        openssl_verifier(question)(leaf, intermediates)
    except X509StoreContextError as error:
        _code, depth, words = error.errors
        return VerifierAnswer(name, f"{words} (certificate {depth} of the chain, counted from the leaf's 0)")
    return VerifierAnswer(name, "")


def _by_cryptography(chain: Sequence[x509.Certificate], question: Question) -> VerifierAnswer:
    name = f"cryptography {cryptography.__version__}"
    remark = "it reads no CRLs" if question.crls else ""
    if question.usage == "server" and not question.host:
        return VerifierAnswer(name, "", "not asked: it verifies a server only by its name: give --host")
    try:
        cryptography_verifier(question).verify(chain[0], list(chain[1:]))
    except (verification.VerificationError, ValueError) as error:
        return VerifierAnswer(name, _reason(error))
    return VerifierAnswer(name, "", remark)


def _reason(error: Exception) -> str:
    """The innermost reason: the rest of the message is the verifier's path to it."""
    text = " ".join(str(error).split())
    for prefix in ("validation failed: ", "candidates exhausted: "):
        text = text.removeprefix(prefix)
    return text.split(" (encountered processing")[0]
