"""What the wrappers of OpenSSL have in common: its names for versions, suites and groups."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping

from tlsbench.protocol import finite_fields
from tlsbench.scenarios import Scenario, ciphers, groups, keys
from tlsbench.scenarios.groups import NO_GROUP, PRIMES

#: The argument of OpenSSL_version(3) that asks about the processor.
CPU_INFO = 9
#: SSL_OP_ALLOW_NO_DHE_KEX and SSL_OP_PREFER_NO_DHE_KEX of SSL_CTX_set_options(3).
NO_DHE_KEX = 1 << 10 | 1 << 35
#: The size of the buffer that OpenSSL puts before a socket during a handshake (``BIO_f_buffer``, bf_buff.c).
HANDSHAKE_BUFFER_BYTES = 4096
#: For QUIC, the version of its TLS, which is always this one (RFC 9001 section 4.2).
_VERSIONS: Mapping[str, str] = {
    "TLSv1": "1.0",
    "TLSv1.0": "1.0",
    "TLSv1.1": "1.1",
    "TLSv1.2": "1.2",
    "TLSv1.3": "1.3",
    "DTLSv1.2": "1.2",
    "DTLSv1.3": "1.3",
    "QUICv1": "1.3",
}
#: The key types that came with OpenSSL 3.5.
ML_DSA = tuple(name for name in keys.BY_NAME if name.startswith("ml-dsa"))
#: By the NIDs of key type (such as NID_rsaEncryption) and digest (such as NID_sha256): obj_mac.h
_SIGNATURES: Mapping[tuple[int, int], str] = {
    (6, 672): "rsa_pkcs1_sha256",
    (6, 673): "rsa_pkcs1_sha384",
    (6, 674): "rsa_pkcs1_sha512",
    (912, 672): "rsa_pss_rsae_sha256",
    (912, 673): "rsa_pss_rsae_sha384",
    (912, 674): "rsa_pss_rsae_sha512",
    (408, 672): "ecdsa_secp256r1_sha256",
    (408, 673): "ecdsa_secp384r1_sha384",
    (408, 674): "ecdsa_secp521r1_sha512",
    (1087, 0): "ed25519",
    (1088, 0): "ed448",
    (1457, 0): "mldsa44",
    (1458, 0): "mldsa65",
    (1459, 0): "mldsa87",
}
_GROUPS = {name.lower(): name for name in groups.BY_NAME} | {
    "prime256v1": "secp256r1",
    "p-256": "secp256r1",
    "p-384": "secp384r1",
    "p-521": "secp521r1",
}


# X.690
_INTEGER, _SEQUENCE, _LONG = 0x02, 0x30, 0x80

#: Names of these groups that both BoringSSL and OpenSSL accept.
_NIST_NAMES: Mapping[str, str] = {
    "secp256r1": "P-256",
    "secp384r1": "P-384",
    "secp521r1": "P-521",
    "x25519": "X25519",
}


def version_from_openssl(name: str | None) -> str | None:
    """``"1.3"`` for OpenSSL's ``"TLSv1.3"``; an unknown name is returned unchanged."""
    return _VERSIONS.get(name, name) if name is not None else None


def cipher_from_openssl(name: str | None) -> str | None:
    """The IANA name of a suite; an unknown name is returned unchanged."""
    if name is None or name not in ciphers.BY_OPENSSL_NAME:
        return name
    return ciphers.BY_OPENSSL_NAME[name].name


def group_from_openssl(name: str | None) -> str | None:
    """The IANA name of a group; an unknown name is returned unchanged."""
    return _GROUPS.get(name.lower(), name) if name is not None else None


def signature_from_nids(kind: int, digest: int, *, is_pss_key: bool = False) -> str | None:
    """The IANA name of a signature scheme, from OpenSSL's NIDs of its key type and its digest.

    :param is_pss_key: whether the certificate has an RSA-PSS key, whose schemes have the same NIDs.
    """
    name = _SIGNATURES.get((kind, digest))
    return name.replace("rsa_pss_rsae", "rsa_pss_pss") if name and is_pss_key else name


def group_list(scenario: Scenario) -> str:
    """The groups to offer, the wanted one first.

    In TLS 1.2 the list also limits the curves of certificates (RFC 8422 section 5.1), so the
    certificate's curve follows the wanted group, once: libraries refuse a list with duplicates. Which
    group was used is proved afterwards. Empty if no group is needed: a suite with static RSA.
    """
    curve = keys.BY_NAME[scenario.key].curve if scenario.version != "1.3" else ""
    wanted = () if scenario.group == NO_GROUP else scenario.group.split(":")
    return ":".join(dict.fromkeys(filter(None, (*wanted, curve))))


def is_of_dhe(scenario: Scenario) -> bool:
    """Whether a scenario uses DHE before TLS 1.3, where the server alone chooses the group."""
    return scenario.group in PRIMES and scenario.version != "1.3"


def dh_parameters(group: str) -> bytes:
    """A group of RFC 7919 in OpenSSL's file format: PKCS #3 in PEM."""
    content = _der(
        _INTEGER, b"\0" + finite_fields.prime_bytes(group)
    )  # positive, though its first bit is set
    content += _der(_INTEGER, bytes((finite_fields.GENERATOR,)))
    body = base64.encodebytes(_der(_SEQUENCE, content))
    return b"-----BEGIN DH PARAMETERS-----\n" + body + b"-----END DH PARAMETERS-----\n"


def _der(tag: int, content: bytes) -> bytes:
    """A value in DER (X.690), whose length takes two bytes if one is not enough."""
    length = len(content)
    header = bytes((tag, length)) if length < _LONG else bytes((tag, 0x82)) + length.to_bytes(2, "big")
    return header + content


def list_for_all(names: Iterable[str]) -> bytes:
    """A list of groups, spelled so that OpenSSL and BoringSSL both accept it."""
    return ":".join(_NIST_NAMES.get(name, name) for name in names).encode("ascii")
