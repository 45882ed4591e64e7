"""The cipher suites by IANA name, and the properties that their names imply.

Code points and names are rows of :mod:`tlsbench.scenarios.cipher_table`. The rest follows from the name, by
the naming rules of the defining RFCs: key exchange, type of authentication key, encryption and hash, and
from these the TLS versions that have the suite.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tlsbench.scenarios.cipher_table import BEFORE_TLS_13, DISCOURAGED, OF_TLS_13, RECOMMENDED

#: A TLS 1.3 suite specifies neither: ``group=`` determines the key exchange, ``key=`` the authentication.
BY_GROUP: Final = "by group"
BY_KEY: Final = "by key"

#: The key exchange and the type of authentication key or secret, by the part of the name before ``_WITH_``.
#: ``ECDSA`` includes EdDSA (RFC 8422 section 2.1); fixed ECDH needs a certificate with an EC key.
_EXCHANGES: Final = {
    "ECDHE_ECDSA": ("ECDHE", "ECDSA"),
    "ECDHE_RSA": ("ECDHE", "RSA"),
    "DHE_RSA": ("DHE", "RSA"),
    "RSA": ("RSA", "RSA"),
    "ECDH_ECDSA": ("ECDH", "ECDSA"),
    "ECDH_RSA": ("ECDH", "ECDSA"),
    "PSK": ("PSK", "PSK"),
    "DHE_PSK": ("DHE", "PSK"),
    "PSK_DHE": ("DHE", "PSK"),
    "ECDHE_PSK": ("ECDHE", "PSK"),
    "RSA_PSK": ("RSA", "PSK"),
    "DHE_DSS": ("DHE", "DSS"),
    "DH_anon": ("DHE", "anon"),
    "ECDH_anon": ("ECDHE", "anon"),
    "SRP_SHA": ("SRP", "SRP"),
    "SRP_SHA_RSA": ("SRP", "SRP"),
    "SRP_SHA_DSS": ("SRP", "SRP"),
    "GOSTR341112_256": ("GOST", "GOST"),
}
#: The key exchanges that generate new keys for each connection.
_EPHEMERAL: Final = (BY_GROUP, "ECDHE", "DHE", "SRP")
#: The prefixes of OpenSSL's names that do not follow from the IANA name.
_OPENSSL_EXCHANGES: Final = {
    "RSA": "",
    "DH_anon": "ADH-",
    "ECDH_anon": "AECDH-",
    "PSK_DHE": "DHE-PSK-",
    "SRP_SHA": "SRP-",
    "SRP_SHA_RSA": "SRP-RSA-",
    "SRP_SHA_DSS": "SRP-DSS-",
}
#: Common names for TLS 1.3 suites, after their AEADs.
_ALIASES: Final = {
    "TLS_AES_256_GCM_SHA384": ("aes256-gcm", "aes-256-gcm"),
    "TLS_AES_128_GCM_SHA256": ("aes128-gcm", "aes-128-gcm"),
    "TLS_CHACHA20_POLY1305_SHA256": ("chacha20", "chacha20-poly1305", "chacha20poly1305", "chacha"),
    "TLS_AES_128_CCM_SHA256": ("aes128-ccm", "aes-128-ccm"),
}
#: Broken versions (RFC 8996), measured to support the case for abandoning them.
BROKEN_VERSIONS: Final = ("1.0", "1.1")
BEFORE_13: Final = (*BROKEN_VERSIONS, "1.2")


@dataclass(frozen=True, slots=True)
class CipherSuite:
    """One cipher suite.

    :param versions: the TLS versions that have it, oldest first.
    :param key_exchange: ``"ECDHE"``, ``"DHE"``, ``"RSA"``, ``"ECDH"`` (with the certificate's key),
        ``"PSK"``, ``"SRP"``, ``"GOST"``, or :data:`BY_GROUP` in TLS 1.3.
    :param authentication: what it requires: a certificate with an ``"ECDSA"`` (or EdDSA), ``"RSA"``,
        ``"DSS"`` or ``"GOST"`` key, a ``"PSK"``, a password (``"SRP"``), nothing (``"anon"``), or
        :data:`BY_KEY` in TLS 1.3.
    :param encryption: the cipher with its mode, such as ``"AES_128_GCM"``, or ``"NULL"``.
    :param hash_name: the hash of the key schedule, and of the HMAC if the encryption does not authenticate:
        ``"MD5"``, ``"SHA"`` (SHA-1), ``"SHA256"``, ``"SHA384"``, ``"SM3"``, ``"GOST"``.
    :param openssl: its name in OpenSSL and its forks (ciphers(1)).
    :param recommended: IANA's column "Recommended": ``"Y"``, ``"N"`` (no statement) or ``"D"`` (discouraged).
    :param aliases: other common names; the name of an AEAD alone means the TLS 1.3 suite.
    """

    name: str
    code_point: int
    versions: tuple[str, ...]
    key_exchange: str
    authentication: str
    encryption: str
    hash_name: str
    openssl: str
    recommended: str
    aliases: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The newest TLS version that has it."""
        return self.versions[-1]

    @property
    def has_forward_secrecy(self) -> bool:
        """Whether recorded traffic stays secret if the server's long-term key is later compromised.

        For TLS 1.3 suites this assumes a key exchange: PSK handshakes without one (``psk_mode=psk_ke``) and
        early data have no forward secrecy.
        """
        return self.key_exchange in _EPHEMERAL

    @property
    def is_aead(self) -> bool:
        """Whether its encryption also authenticates, so that no HMAC is needed."""
        return any(mode in self.encryption for mode in ("GCM", "CCM", "POLY1305"))

    @property
    def tag_bytes(self) -> int:
        """The length of an AEAD's tag: 16, or 8 with CCM_8 (RFC 6655 section 4); 0 without an AEAD."""
        if not self.is_aead:
            return 0
        return 8 if self.encryption.endswith("CCM_8") else 16

    @property
    def explicit_nonce_bytes(self) -> int:
        """The part of the nonce that a record of TLS 1.2 carries (RFC 5288 section 3): none with ChaCha20."""
        return 8 if self.is_aead and "CHACHA20" not in self.encryption else 0

    @property
    def exchanges_in_group(self) -> str:
        """The kind of ``group`` that it uses: ``"curve"``, ``"prime"``, ``"any"``, or ``""`` for none."""
        return {BY_GROUP: "any", "ECDHE": "curve", "DHE": "prime"}.get(self.key_exchange, "")


def _rows() -> Iterator[CipherSuite]:
    for code_point, name in _pairs(OF_TLS_13):
        yield _suite(code_point, name, BY_GROUP, BY_KEY, name.removeprefix("TLS_"), name)
    for family, listed in BEFORE_TLS_13.items():
        exchange, authentication = _EXCHANGES[family]
        for code_point, protection in _pairs(listed):
            name = f"TLS_{family}_WITH_{protection}"
            openssl = _openssl_name(family, protection)
            yield _suite(code_point, name, exchange, authentication, protection, openssl)


def _pairs(listed: str) -> Iterator[tuple[int, str]]:
    words = iter(listed.split())
    for code_point in words:
        yield int(code_point, 16), next(words)


def _suite(  # noqa: PLR0917 - each differs in its type or place in the name
    code_point: int, name: str, key_exchange: str, authentication: str, protection: str, openssl: str
) -> CipherSuite:
    encryption, hash_name = _protection(protection)
    return CipherSuite(
        name=name,
        code_point=code_point,
        versions=_versions(key_exchange, encryption, hash_name),
        key_exchange=key_exchange,
        authentication=authentication,
        encryption=encryption,
        hash_name=hash_name,
        openssl=openssl,
        recommended=_RECOMMENDED.get(code_point, "N"),
        aliases=_ALIASES.get(name, ()),
    )


def _protection(protection: str) -> tuple[str, str]:
    """The encryption and hash in a name; CCM names without a hash imply SHA-256 (RFC 6655 section 3)."""
    if protection in ("SHA256_SHA256", "SHA384_SHA384"):  # RFC 9150: HMAC alone
        return "NULL", protection.partition("_")[0]
    if protection == "28147_CNT_IMIT":
        return protection, "GOST"
    encryption, _, last = protection.rpartition("_")
    return (encryption, last) if last in ("MD5", "SHA", "SHA256", "SHA384", "SM3") else (protection, "SHA256")


def _versions(key_exchange: str, encryption: str, hash_name: str) -> tuple[str, ...]:
    if key_exchange == BY_GROUP:
        return ("1.3",)
    if encryption == "IDEA_CBC":  # RFC 5469 section 4
        return ("1.0", "1.1")
    return BEFORE_13 if hash_name in ("MD5", "SHA") else ("1.2",)


def _openssl_name(family: str, protection: str) -> str:
    """OpenSSL's name, by its naming rules and their exceptions."""
    prefix = _OPENSSL_EXCHANGES.get(family, family.replace("_", "-") + "-")
    if family == "ECDHE_RSA" and protection.startswith("ARIA_"):
        prefix = "ECDHE-"
    words = protection
    if words.endswith("_CBC_SHA") and family.startswith("SRP"):
        return prefix + words.replace("_", "-")
    if family.endswith("PSK") and words.startswith(("AES_", "3DES_")):
        spelled = words.replace("AES_", "AES").replace("_", "-")
        return prefix + spelled.replace("CCM-8", "CCM8")
    for old, new in (
        ("CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305"),
        ("3DES_EDE_CBC", "DES-CBC3"),
        ("RC4_128", "RC4"),
        ("CCM_8", "CCM8"),
        ("AES_", "AES"),
        ("ARIA_", "ARIA"),
        ("CAMELLIA_", "CAMELLIA"),
        ("SEED_CBC", "SEED"),
        ("128_CBC", "128"),
        ("256_CBC", "256"),
    ):
        words = words.replace(old, new)
    return prefix + words.replace("_", "-")


_RECOMMENDED: Final = {
    int(code_point, 16): value
    for value, listed in (("Y", RECOMMENDED), ("D", DISCOURAGED))
    for code_point in listed.split()
}
CIPHER_SUITES = tuple(_rows())

BY_NAME = {suite.name: suite for suite in CIPHER_SUITES}
BY_CODE_POINT = {suite.code_point: suite for suite in CIPHER_SUITES}
BY_OPENSSL_NAME = {suite.openssl: suite for suite in CIPHER_SUITES}
