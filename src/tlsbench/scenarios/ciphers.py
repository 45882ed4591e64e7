"""The cipher suites, by their IANA names.

A suite is one row. Code points and names are those of the IANA registry "TLS Cipher Suites";
``openssl`` is the name that OpenSSL and its relatives use for the same suite (ciphers(1)).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CipherSuite:
    """One cipher suite.

    ``authentication`` is the kind of key that the suite needs in TLS 1.2 (``ECDSA`` stands for
    EdDSA too, RFC 8422 section 2.1); TLS 1.3 suites leave it open and have ``""``.
    ``aliases`` are other names that people use for it: a name of the AEAD alone is the TLS 1.3 suite.
    """

    name: str
    code_point: int
    version: str
    authentication: str
    openssl: str
    aliases: tuple[str, ...] = ()


CIPHER_SUITES = (
    # RFC 8446, appendix B.4
    CipherSuite(
        "TLS_AES_256_GCM_SHA384", 0x1302, "1.3", "", "TLS_AES_256_GCM_SHA384", ("aes256-gcm", "aes-256-gcm")
    ),
    CipherSuite(
        "TLS_AES_128_GCM_SHA256", 0x1301, "1.3", "", "TLS_AES_128_GCM_SHA256", ("aes128-gcm", "aes-128-gcm")
    ),
    CipherSuite(
        "TLS_CHACHA20_POLY1305_SHA256",
        0x1303,
        "1.3",
        "",
        "TLS_CHACHA20_POLY1305_SHA256",
        ("chacha20", "chacha20-poly1305", "chacha20poly1305", "chacha"),
    ),
    CipherSuite(
        "TLS_AES_128_CCM_SHA256", 0x1304, "1.3", "", "TLS_AES_128_CCM_SHA256", ("aes128-ccm", "aes-128-ccm")
    ),
    # RFC 5289
    CipherSuite(
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        0xC02C,
        "1.2",
        "ECDSA",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
    ),
    CipherSuite(
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        0xC030,
        "1.2",
        "RSA",
        "ECDHE-RSA-AES256-GCM-SHA384",
    ),
    CipherSuite(
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        0xC02B,
        "1.2",
        "ECDSA",
        "ECDHE-ECDSA-AES128-GCM-SHA256",
    ),
    CipherSuite(
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        0xC02F,
        "1.2",
        "RSA",
        "ECDHE-RSA-AES128-GCM-SHA256",
    ),
    # RFC 7905
    CipherSuite(
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        0xCCA9,
        "1.2",
        "ECDSA",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
    ),
    CipherSuite(
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        0xCCA8,
        "1.2",
        "RSA",
        "ECDHE-RSA-CHACHA20-POLY1305",
    ),
    # RFC 7251
    CipherSuite(
        "TLS_ECDHE_ECDSA_WITH_AES_128_CCM",
        0xC0AC,
        "1.2",
        "ECDSA",
        "ECDHE-ECDSA-AES128-CCM",
    ),
    # RFC 8422: CBC with HMAC-SHA-1, what was there before the AEADs
    CipherSuite(
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
        0xC009,
        "1.2",
        "ECDSA",
        "ECDHE-ECDSA-AES128-SHA",
    ),
    CipherSuite(
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
        0xC013,
        "1.2",
        "RSA",
        "ECDHE-RSA-AES128-SHA",
    ),
)

BY_NAME = {suite.name: suite for suite in CIPHER_SUITES}
BY_CODE_POINT = {suite.code_point: suite for suite in CIPHER_SUITES}
BY_OPENSSL_NAME = {suite.openssl: suite for suite in CIPHER_SUITES}
