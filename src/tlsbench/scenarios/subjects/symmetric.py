"""Ciphers, hashes, message authentication codes and key derivations."""

from __future__ import annotations

from typing import Final

from tlsbench.scenarios.subjects.subject import Subject

AEAD_OPERATIONS: Final = ("encrypt", "decrypt", "encrypt_into", "decrypt_into")
#: AEADs for which nothing here writes into a caller's buffer.
_NOT_INTO = ("sm4-gcm",)
_MAC = ("sign", "verify")


def _aead(name: str, source: str, parameters: str, *aliases: str) -> Subject:
    operations = AEAD_OPERATIONS[:2] if name in _NOT_INTO else AEAD_OPERATIONS
    return Subject(
        name=name,
        kind="AEAD",
        operations=operations,
        source=source,
        parameters=parameters,
        sized=True,
        verifying=tuple(operation for operation in operations if operation.startswith("decrypt")),
        aliases=aliases,
    )


_GCM, _CCM = "NIST SP 800-38D", "NIST SP 800-38C"
_TAG_16 = "12-byte nonce, 16-byte tag"
AEADS: Final = (
    _aead("aes-128-gcm", _GCM, _TAG_16, "aes128-gcm"),
    _aead("aes-256-gcm", _GCM, _TAG_16, "aes256-gcm"),
    _aead("chacha20-poly1305", "RFC 8439", _TAG_16, "chacha20", "chacha20poly1305"),
    _aead("aes-128-ccm", _CCM, _TAG_16, "aes128-ccm"),
    _aead("aes-256-ccm", _CCM, _TAG_16, "aes256-ccm"),
    _aead("aes-128-ccm-8", _CCM, "12-byte nonce, 8-byte tag", "aes128-ccm8"),
    _aead("aes-128-gcm-siv", "RFC 8452", _TAG_16),
    _aead("aes-256-gcm-siv", "RFC 8452", _TAG_16),
    _aead("aes-128-ocb", "RFC 7253", _TAG_16, "aes-128-ocb3"),
    _aead("aes-256-ocb", "RFC 7253", _TAG_16, "aes-256-ocb3"),
    _aead("aes-128-siv", "RFC 5297", "two 16-byte keys, 12-byte nonce, 16-byte tag"),
    _aead("aes-256-siv", "RFC 5297", "two 32-byte keys, 12-byte nonce, 16-byte tag"),
    _aead("sm4-gcm", "RFC 8998", _TAG_16),
)


def _cipher(name: str, source: str, parameters: str = "", *aliases: str) -> Subject:
    return Subject(
        name=name,
        kind="cipher without authentication",
        operations=("encrypt", "decrypt"),
        source=source,
        parameters=parameters,
        sized=True,
        aliases=aliases,
    )


_MODES, _BLOCKS, _DES_BLOCKS = "NIST SP 800-38A", "whole blocks of 16 bytes", "whole blocks of 8 bytes"
CIPHERS: Final = (
    _cipher("aes-128-cbc", _MODES, _BLOCKS, "aes128-cbc"),
    _cipher("aes-256-cbc", _MODES, _BLOCKS, "aes256-cbc"),
    _cipher("aes-128-ctr", _MODES, "", "aes128-ctr"),
    _cipher("aes-256-ctr", _MODES, "", "aes256-ctr"),
    _cipher("aes-128-xts", "IEEE 1619", f"two 16-byte keys, {_BLOCKS}"),
    _cipher("aes-256-xts", "IEEE 1619", f"two 32-byte keys, {_BLOCKS}"),
    _cipher("chacha20-stream", "RFC 8439", "without Poly1305"),
    _cipher("sm4-cbc", "RFC 8998, GB/T 32907", _BLOCKS),
    _cipher("sm4-ctr", "RFC 8998, GB/T 32907"),
    _cipher("camellia-128-cbc", "RFC 3713", _BLOCKS),
    _cipher("camellia-256-cbc", "RFC 3713", _BLOCKS),
    _cipher("3des-cbc", "NIST SP 800-67", _DES_BLOCKS, "des-ede3-cbc"),
)


def _hash(name: str, source: str, parameters: str = "", *aliases: str) -> Subject:
    return Subject(
        name=name,
        kind="hash",
        operations=("digest",),
        source=source,
        parameters=parameters,
        sized=True,
        aliases=aliases,
    )


_SHA_2, _SHA_3 = "FIPS 180-4", "FIPS 202"
HASHES: Final = (
    _hash("sha-256", _SHA_2, "", "sha256"),
    _hash("sha-384", _SHA_2, "", "sha384"),
    _hash("sha-224", _SHA_2, "", "sha224"),
    _hash("sha-512", _SHA_2, "", "sha512"),
    _hash("sha-512-224", _SHA_2, "", "sha512-224"),
    _hash("sha-512-256", _SHA_2, "", "sha512-256"),
    _hash("sha3-224", _SHA_3),
    _hash("sha3-256", _SHA_3),
    _hash("sha3-384", _SHA_3),
    _hash("sha3-512", _SHA_3),
    _hash("shake128", _SHA_3, "32 bytes of output"),
    _hash("shake256", _SHA_3, "64 bytes of output"),
    _hash("blake2b", "RFC 7693", "64 bytes of output", "blake2b-512"),
    _hash("blake2s", "RFC 7693", "32 bytes of output", "blake2s-256"),
    _hash("sm3", "GB/T 32905"),
    _hash("sha-1", _SHA_2, "broken: for legacy use", "sha1"),
    _hash("md5", "RFC 1321", "broken: for legacy use"),
)


def _mac(name: str, source: str, parameters: str) -> Subject:
    return Subject(
        name=name,
        kind="MAC",
        operations=_MAC,
        source=source,
        parameters=parameters,
        sized=True,
        verifying=("verify",),
    )


#: The hashes that HMAC is measured with; the other MACs have names of their own.
HMAC_HASHES: Final = ("sha-256", "sha-384", "sha-512", "sha3-256", "sm3", "sha-1")
MACS: Final = (
    *(_mac(f"hmac-{name}", "RFC 2104", "32-byte key") for name in HMAC_HASHES),
    _mac("cmac-aes-128", "NIST SP 800-38B", "16-byte key"),
    _mac("cmac-aes-256", "NIST SP 800-38B", "32-byte key"),
    _mac("poly1305", "RFC 8439", "32-byte key, used once"),
)


def _kdf(name: str, operations: tuple[str, ...], source: str, parameters: str) -> Subject:
    return Subject(
        name=name, kind="key derivation", operations=operations, source=source, parameters=parameters
    )


_ONE_BLOCK = "a block of output from 32 bytes of secret"
KDFS: Final = (
    *(
        _kdf(f"hkdf-{name}", ("derive", "expand"), "RFC 5869", "a block of output")
        for name in ("sha-256", "sha-384", "sha-512")
    ),
    _kdf("concat-kdf-sha-256", ("derive",), "NIST SP 800-56C", _ONE_BLOCK),
    _kdf("x963-kdf-sha-256", ("derive",), "SEC 1, ANSI X9.63", _ONE_BLOCK),
    _kdf("kbkdf-hmac-sha-256", ("derive",), "NIST SP 800-108", f"counter mode, {_ONE_BLOCK}"),
)
