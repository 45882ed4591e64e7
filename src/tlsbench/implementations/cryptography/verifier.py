"""The verifier of the cryptography package, which checks a chain against roots, a host name and a time."""

from __future__ import annotations

from typing import Final

import cryptography
from cryptography import x509
from cryptography.x509 import verification

from tlsbench.errors import RequestError
from tlsbench.implementations.certificate_keys import BRAINPOOL, ED448
from tlsbench.implementations.verification import Question
from tlsbench.pki.names import general_name

#: Key types that ``cryptography.x509.verification`` rejects: its policy is the CA/Browser Forum's, to which
#: cryptography 50 added ML-DSA.
UNKNOWN_TO_CRYPTOGRAPHY: Final = (
    *("ed25519", *ED448, *BRAINPOOL),
    *(() if int(cryptography.__version__.split(".")[0]) >= 50 else ("ml-dsa-44", "ml-dsa-65", "ml-dsa-87")),
)


def cryptography_verifier(
    question: Question,
) -> verification.ServerVerifier | verification.ClientVerifier:
    """A verifier of cryptography, ready to use; its ``verify`` takes the leaf and the intermediates.

    :raises RequestError: if a server is to be verified without a host name, which it cannot do.
    """
    policy = verification.PolicyBuilder().store(verification.Store(list(question.roots))).time(question.at)
    if question.usage == "client":
        return policy.build_client_verifier()
    name = general_name(question.host) if question.host else None
    if not isinstance(name, x509.DNSName | x509.IPAddress):
        raise RequestError("cryptography verifies a server by its host name or IP address only")
    return policy.build_server_verifier(name)
