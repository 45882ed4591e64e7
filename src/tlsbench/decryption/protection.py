"""Opening protected records: the key schedules and record protection of TLS 1.2 and 1.3, and of DTLS 1.2.

TLS 1.3 has one AEAD key for each traffic secret (RFC 8446 sections 5.2 and 7.3). TLS 1.2 has one key block
(RFC 5246 section 6.3), used according to RFC 5288 (GCM), RFC 6655 (CCM), RFC 7905 (ChaCha20-Poly1305), or
RFC 5246 section 6.2.3.2 (CBC); DTLS 1.2 differs in that a record's number is in its header (RFC 6347
section 4.1.2.1).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

from tlsbench.decryption.records import Record
from tlsbench.errors import WireError
from tlsbench.links.key_schedule import expand_label
from tlsbench.scenarios import ciphers

_IV_BYTES: Final = 12
_EXPLICIT_BYTES: Final = 8
_BLOCK_BYTES: Final = 16
_MAC: Final = "sha1"
_MAC_BYTES: Final = 20


#: What can be opened: AEADs, and AES in CBC mode with HMAC-SHA-1.
_OPENED: Final = frozenset(
    (
        *((f"AES_{bits}_{mode}", True) for bits in (128, 256) for mode in ("GCM", "CCM", "CCM_8")),
        *((f"AES_{bits}_CBC", "SHA") for bits in (128, 256)),
        ("CHACHA20_POLY1305", True),
    )
)


class _Aead(Protocol):
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


class Opener(Protocol):
    """Opens the records of one side, one after another."""

    def open(self, record: Record) -> tuple[int, bytes]:
        """Return the content type and the content of the next record.

        :raises WireError: if it was not protected by these keys.
        """


@dataclass(frozen=True, slots=True)
class Suite:
    """The parts of a cipher suite that matter to records: algorithm, sizes of key and tag, and hash."""

    algorithm: str
    key_bytes: int
    hash_name: str
    tag_bytes: int

    @classmethod
    def of(cls, code_point: int) -> Suite | None:
        """Return the parts of a suite; None if its records cannot be opened here: other ciphers and MACs."""
        suite = ciphers.BY_CODE_POINT.get(code_point)
        if suite is None or (suite.encryption, suite.is_aead or suite.hash_name) not in _OPENED:
            return None
        name = suite.name
        algorithm = next(kind for kind in ("CHACHA20", "GCM", "CCM", "CBC") if kind in name)
        size = 16 if "AES_128" in name else 32
        hash_name = "sha384" if name.endswith("SHA384") else "sha256"
        return cls(algorithm, size, hash_name, suite.tag_bytes)

    def aead(self, key: bytes) -> _Aead:
        """Return the AEAD with a key."""
        if self.algorithm == "CHACHA20":
            return ChaCha20Poly1305(key)
        return AESGCM(key) if self.algorithm == "GCM" else AESCCM(key, self.tag_bytes)


def prf(secret: bytes, label: str, seed: bytes, length: int, hash_name: str) -> bytes:
    """The pseudorandom function of TLS 1.2 (RFC 5246 section 5)."""
    seed = label.encode("ascii") + seed
    output, turn = b"", seed
    while len(output) < length:
        turn = hmac.digest(secret, turn, hash_name)
        output += hmac.digest(secret, turn + seed, hash_name)
    return output[:length]


@dataclass(slots=True)
class Tls13Opener:
    """Opens records protected under one traffic secret of TLS 1.3."""

    suite: Suite
    secret: bytes = field(repr=False)
    _number: int = field(default=0, init=False)

    def open(self, record: Record) -> tuple[int, bytes]:
        key = expand_label(self.secret, "key", self.suite.key_bytes, self.suite.hash_name)
        iv = expand_label(self.secret, "iv", _IV_BYTES, self.suite.hash_name)
        inner = _opened(self.suite.aead(key), _nonce(iv, self._number), record.fragment, record.header)
        self._number += 1
        content = inner.rstrip(b"\0")  # the padding
        if not content:
            raise WireError("a protected record holds nothing but padding")
        return content[-1], content[:-1]


@dataclass(slots=True)
class Tls12AeadOpener:
    """Opens the records of one side that are protected by an AEAD of TLS 1.2."""

    suite: Suite
    key: bytes = field(repr=False)
    iv: bytes = field(repr=False)
    _number: int = field(default=0, init=False)

    def open(self, record: Record) -> tuple[int, bytes]:
        number = self._number if record.number is None else record.number
        sealed, nonce = record.fragment, _nonce(self.iv, number)
        if self.suite.algorithm != "CHACHA20":
            sealed, nonce = sealed[_EXPLICIT_BYTES:], self.iv + sealed[:_EXPLICIT_BYTES]
        length = len(sealed) - self.suite.tag_bytes
        if length < 0:
            raise WireError("a protected record is shorter than its tag")
        associated = number.to_bytes(8, "big") + record.header[:3] + length.to_bytes(2, "big")
        content = _opened(self.suite.aead(self.key), nonce, sealed, associated)
        self._number += 1
        return record.content_type, content


@dataclass(slots=True)
class Tls12CbcOpener:
    """Opens the records of one side that are protected by AES in CBC mode and HMAC-SHA-1.

    The MAC is over the content, or over the ciphertext if ``encrypt_then_mac`` was agreed on (RFC 7366).
    """

    key: bytes = field(repr=False)
    mac_key: bytes = field(repr=False)
    encrypt_then_mac: bool
    _number: int = field(default=0, init=False)

    def open(self, record: Record) -> tuple[int, bytes]:
        sealed, mac = record.fragment, b""
        if self.encrypt_then_mac:
            sealed, mac = sealed[:-_MAC_BYTES], sealed[-_MAC_BYTES:]
            self._check(record, sealed, mac)
        if len(sealed) < 2 * _BLOCK_BYTES or len(sealed) % _BLOCK_BYTES:
            raise WireError("a protected record is not a whole number of blocks")
        cipher = Cipher(algorithms.AES(self.key), modes.CBC(sealed[:_BLOCK_BYTES])).decryptor()
        padded = cipher.update(sealed[_BLOCK_BYTES:]) + cipher.finalize()
        content = padded[: -1 - padded[-1]]
        if not self.encrypt_then_mac:
            content, mac = content[:-_MAC_BYTES], content[-_MAC_BYTES:]
            self._check(record, content, mac)
        self._number += 1
        return record.content_type, content

    def _check(self, record: Record, data: bytes, mac: bytes) -> None:
        number = self._number if record.number is None else record.number
        header = number.to_bytes(8, "big") + record.header[:3] + len(data).to_bytes(2, "big")
        if not hmac.compare_digest(hmac.digest(self.mac_key, header + data, _MAC), mac):
            raise WireError(_NOT_OPENED)


_NOT_OPENED: Final = "a record cannot be opened with the secrets of the key log"


def tls12_openers(
    suite: Suite, master_secret: bytes, randoms: tuple[bytes, bytes], *, encrypt_then_mac: bool
) -> Mapping[str, Opener]:
    """The openers of both sides, ``"client"`` and ``"server"``, from the key block of RFC 5246 section 6.3.

    :param randoms: the client's and the server's.
    """
    mac_bytes = _MAC_BYTES if suite.algorithm == "CBC" else 0
    iv_bytes = {"CBC": 0, "CHACHA20": _IV_BYTES}.get(suite.algorithm, _IV_BYTES - _EXPLICIT_BYTES)
    sizes = (mac_bytes, mac_bytes, suite.key_bytes, suite.key_bytes, iv_bytes, iv_bytes)
    seed = randoms[1] + randoms[0]
    block = prf(master_secret, "key expansion", seed, sum(sizes), suite.hash_name)
    parts = [block[sum(sizes[:at]) : sum(sizes[: at + 1])] for at in range(len(sizes))]

    def opener(mac_key: bytes, key: bytes, iv: bytes) -> Opener:
        if suite.algorithm == "CBC":
            return Tls12CbcOpener(key, mac_key, encrypt_then_mac=encrypt_then_mac)
        return Tls12AeadOpener(suite, key, iv)

    return {"client": opener(*parts[::2]), "server": opener(*parts[1::2])}


def _nonce(iv: bytes, number: int) -> bytes:
    """The per-record nonce of RFC 8446 section 5.3 and RFC 7905 section 2."""
    return (int.from_bytes(iv, "big") ^ number).to_bytes(_IV_BYTES, "big")


def _opened(aead: _Aead, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
    try:
        return aead.decrypt(nonce, sealed, associated)
    except (InvalidTag, ValueError):
        raise WireError(_NOT_OPENED) from None
