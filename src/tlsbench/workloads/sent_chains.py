"""The proof of how much of its chain the server sent, and how much of it the client verified."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from tlsbench.errors import ProofError
from tlsbench.implementations import Negotiated
from tlsbench.links import Direction, Entry, Observed, protected_records
from tlsbench.pki import Peers
from tlsbench.pki.engine_keys import EnginePublicKey
from tlsbench.pki.keys import key_type_of
from tlsbench.scenarios import Scenario
from tlsbench.scenarios.chains import KNOWN, is_suppressed, sent_length, verified_length

#: What protection adds to each record: the content type and the tag (RFC 8446 section 5.2).
_SEAL_BYTES: Final = 1 + 16
#: The least that a TLS 1.3 server seals besides certificates and signature before its client answers (RFC
#: 8446 section 4): the headers of CertificateVerify and Finished, and the hash in the latter.
_LEAST_BESIDE_BYTES: Final = 8 + 4 + 32
#: The length of signatures of fixed length, in bytes, by key type (RFC 8032, FIPS 204).
_SIGNATURE_BYTES: Final = {
    "ed25519": 64,
    "ed448": 114,
    "ml-dsa-44": 2420,
    "ml-dsa-65": 3309,
    "ml-dsa-87": 4627,
}


def prove_chain(
    entries: Sequence[Entry], scenario: Scenario, peers: Peers, wire: Observed, client: Negotiated
) -> None:
    """Compare the server's chain, as seen by the client and on the wire, with the scenario.

    The wire hides the certificates of TLS 1.3, but not how many bytes are sealed: without intermediates,
    there must be fewer than there would be with the first of them.

    :raises ProofError: at the first difference.
    """
    sent = sent_length(scenario)
    for witness, count in (("client", client.peer_chain_length), ("wire", wire.certificates)):
        if count not in (None, sent):
            raise ProofError("chain_length", wanted=sent, got=count, witness=witness)
    if not sent:
        return
    length = verified_length(scenario)
    if client.verified_length not in (None, length):
        got = f"one of {client.verified_length}"
        raise ProofError("verified chain", wanted=f"one of {length}", got=got, witness="client")
    if not is_suppressed(scenario):
        return
    if client.verified_length is None and scenario.chain_sent == KNOWN:
        got = "a client that does not say"
        raise ProofError("verified chain", wanted=f"one of {length}", got=got, witness="client")
    if wire.certificates is None:
        protected = protected_records(entries, Direction.TO_CLIENT)
        _prove_size(sum(length - _SEAL_BYTES for length in protected), peers)


def _prove_size(sealed: int, peers: Peers) -> None:
    leaf, issuer = (
        len(certificate.public_bytes(Encoding.DER))
        for certificate in (peers.server.leaf, peers.issuer.certificate)
    )
    with_issuer = leaf + issuer + _least_signature_bytes(peers) + _LEAST_BESIDE_BYTES
    if sealed >= with_issuer:
        raise ProofError(
            "chain_sent",
            wanted=f"a leaf alone, fewer than {with_issuer:,} sealed bytes",
            got=f"{sealed:,}",
            witness="wire",
        )


def _least_signature_bytes(peers: Peers) -> int:
    """The minimum size of the server's signature, in bytes."""
    key = peers.server.private_key.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size // 8
    if isinstance(key, ec.EllipticCurvePublicKey):
        # Two integers, each a byte shorter once in 256 signatures.
        return 2 * (key.key_size // 8 - 2)
    if isinstance(key, EnginePublicKey):
        return int(key.key_type.rpartition("-")[2]) // 8 if key.key_type.startswith("rsa") else 0
    return _SIGNATURE_BYTES[key_type_of(key)]
