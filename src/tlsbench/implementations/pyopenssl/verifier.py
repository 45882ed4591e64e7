"""OpenSSL's verifier, through pyOpenSSL: it checks a chain against roots, a host name, a time and CRLs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from OpenSSL.crypto import X509, X509Store, X509StoreContext, X509StoreFlags

from tlsbench.implementations.pyopenssl import bindings
from tlsbench.implementations.verification import Question


def openssl_verifier(question: Question) -> Callable[[X509, Sequence[X509]], None]:
    """A verifier of OpenSSL with a prepared store, to be called with a leaf and its intermediates.

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
