"""Certificates of any size."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from tlsbench.pki import Peers, peers
from tlsbench.pki.identity import Identity

_FILLER: Final = x509.ObjectIdentifier("1.3.6.1.4.1.32473.1")  # from RFC 5612, for examples


def padded(chain_bytes: int) -> Peers:
    """Peers whose server has a certificate of that size, give or take the variation of signatures."""
    made = peers("ecdsa-secp256r1")
    filler_bytes = chain_bytes - len(made.server.leaf_der)
    if filler_bytes <= 0:
        return made
    once = _with_filler(made, filler_bytes)
    over = len(once.leaf_der) - chain_bytes  # the extension's own header
    return replace(made, server=_with_filler(made, max(0, filler_bytes - over)))


def _with_filler(made: Peers, filler_bytes: int) -> Identity:
    plain = made.server.leaf
    builder = x509.CertificateBuilder(
        issuer_name=plain.issuer,
        subject_name=plain.subject,
        public_key=plain.public_key(),
        serial_number=plain.serial_number,
        not_valid_before=plain.not_valid_before_utc,
        not_valid_after=plain.not_valid_after_utc,
        extensions=list(plain.extensions),
    ).add_extension(x509.UnrecognizedExtension(_FILLER, bytes(filler_bytes)), critical=False)
    return Identity(made.server.private_key, (builder.sign(made.issuer.private_key, hashes.SHA256()),))
