"""The signature schemes of TLS by IANA name (RFC 8446 section 4.2.3)."""

from __future__ import annotations

from dataclasses import dataclass

_RSA = ("rsa-2048", "rsa-3072", "rsa-4096")
_RSA_PSS = ("rsa-pss-2048", "rsa-pss-3072", "rsa-pss-4096")


@dataclass(frozen=True, slots=True)
class SignatureScheme:
    """One way to sign a handshake: with which keys, and in which TLS versions.

    ``aliases`` are other common names.
    """

    name: str
    code_point: int
    keys: tuple[str, ...]
    versions: tuple[str, ...] = ("1.2", "1.3")
    aliases: tuple[str, ...] = ()


SIGNATURE_SCHEMES = (
    SignatureScheme("rsa_pss_rsae_sha256", 0x0804, _RSA, aliases=("rsa-pss-sha256",)),
    SignatureScheme("rsa_pss_rsae_sha384", 0x0805, _RSA, aliases=("rsa-pss-sha384",)),
    SignatureScheme("rsa_pss_rsae_sha512", 0x0806, _RSA, aliases=("rsa-pss-sha512",)),
    SignatureScheme("rsa_pkcs1_sha256", 0x0401, _RSA, ("1.2",)),
    SignatureScheme("rsa_pkcs1_sha384", 0x0501, _RSA, ("1.2",)),
    SignatureScheme("rsa_pkcs1_sha512", 0x0601, _RSA, ("1.2",)),
    SignatureScheme("ecdsa_secp256r1_sha256", 0x0403, ("ecdsa-secp256r1",), aliases=("ecdsa-p256",)),
    SignatureScheme("ecdsa_secp384r1_sha384", 0x0503, ("ecdsa-secp384r1",), aliases=("ecdsa-p384",)),
    SignatureScheme("ecdsa_secp521r1_sha512", 0x0603, ("ecdsa-secp521r1",), aliases=("ecdsa-p521",)),
    SignatureScheme("ed25519", 0x0807, ("ed25519",)),
    SignatureScheme("ed448", 0x0808, ("ed448",)),
    SignatureScheme("rsa_pss_pss_sha256", 0x0809, _RSA_PSS),
    SignatureScheme("rsa_pss_pss_sha384", 0x080A, _RSA_PSS),
    SignatureScheme("rsa_pss_pss_sha512", 0x080B, _RSA_PSS),
    # RFC 8734
    SignatureScheme("ecdsa_brainpoolP256r1tls13_sha256", 0x081A, ("ecdsa-brainpoolP256r1",), ("1.3",)),
    SignatureScheme("ecdsa_brainpoolP384r1tls13_sha384", 0x081B, ("ecdsa-brainpoolP384r1",), ("1.3",)),
    SignatureScheme("ecdsa_brainpoolP512r1tls13_sha512", 0x081C, ("ecdsa-brainpoolP512r1",), ("1.3",)),
    # draft-ietf-tls-mldsa
    SignatureScheme("mldsa44", 0x0904, ("ml-dsa-44",), ("1.3",), ("ml-dsa-44",)),
    SignatureScheme("mldsa65", 0x0905, ("ml-dsa-65",), ("1.3",), ("ml-dsa-65",)),
    SignatureScheme("mldsa87", 0x0906, ("ml-dsa-87",), ("1.3",), ("ml-dsa-87",)),
)

BY_NAME = {scheme.name: scheme for scheme in SIGNATURE_SCHEMES}
BY_CODE_POINT = {scheme.code_point: scheme for scheme in SIGNATURE_SCHEMES}
