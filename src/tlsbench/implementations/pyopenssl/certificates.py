"""PyOpenSSL's operations on certificates, each ready to call, with a check of its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from OpenSSL import crypto

from tlsbench.implementations.operations import Operation
from tlsbench.implementations.pyopenssl.verifier import openssl_verifier
from tlsbench.implementations.verification import STRANGER, Question, must_equal, must_fail
from tlsbench.pki import SERVER_NAME, Peers
from tlsbench.scenarios import Scenario
from tlsbench.scenarios.operations import OPERATIONS


def operation(scenario: Scenario, peers: Peers) -> Operation:
    """The operation that a scenario names."""
    return _OPERATIONS[scenario.operation](scenario, peers)


def _parse(_scenario: Scenario, peers: Peers) -> Operation:
    der, key = peers.server.leaf_der, peers.server.private_key.public_key()

    def call() -> crypto.PKey:
        return crypto.load_certificate(crypto.FILETYPE_ASN1, der).get_pubkey()

    return Operation(call, lambda: must_equal("public key", key, call().to_cryptography_key()))


def _verify(_scenario: Scenario, peers: Peers) -> Operation:
    leaf, *intermediates = (
        crypto.X509.from_cryptography(certificate) for certificate in peers.server.certificates
    )
    roots = (peers.root.certificate,)
    call = partial(openssl_verifier(Question(roots=roots, host=SERVER_NAME)), leaf, intermediates)
    stranger = openssl_verifier(Question(roots=roots, host=STRANGER))

    def verify() -> None:
        call()
        must_fail("host name", partial(stranger, leaf, intermediates), crypto.X509StoreContextError)

    return Operation(call, verify)


_OPERATIONS: Final[Mapping[str, Callable[[Scenario, Peers], Operation]]] = {
    "parse": _parse,
    "verify": _verify,
}
#: The operations for which pyOpenSSL has no calls.
NOT_OFFERED: Final = tuple(known.name for known in OPERATIONS if known.name not in _OPERATIONS)
