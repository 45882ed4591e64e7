"""Opening QUIC packets (RFC 9001 sections 5.2 to 5.4) and checking the integrity of a Retry (section 5.8).

The keys of Initial packets follow from a connection ID that is in the clear, so whoever sees a handshake can
open them. The keys of other packets follow from the secrets in a key log (RFC 9850).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tlsbench.errors import WireError
from tlsbench.links.key_schedule import expand_label
from tlsbench.links.ledger import Direction
from tlsbench.links.quic.packets import Packet
from tlsbench.scenarios import ciphers

#: RFC 9001 section 5.2.
_INITIAL_SALT: Final = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")
#: RFC 9001 section 5.8.
_RETRY_KEY: Final = bytes.fromhex("be0c690b9f66575a1d766b54e368c84e")
_RETRY_NONCE: Final = bytes.fromhex("461599d35d632bf2239825bb")
_INITIAL_SUITE: Final = ciphers.BY_NAME["TLS_AES_128_GCM_SHA256"].code_point
_SECRET_BYTES: Final = 32
_IV_BYTES: Final = 12
_SAMPLE_BYTES: Final = 16
#: The offset of the header protection sample from the start of the packet number.
_SAMPLE_AT: Final = 4
_LONG: Final = 0x80


class _Aead(Protocol):
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Suite:
    """The properties of a cipher suite that matter to packets."""

    key_bytes: int
    hash_name: str
    aead: Callable[[bytes], _Aead]
    mask: Callable[[bytes, bytes], bytes]


def _aes_mask(key: bytes, sample: bytes) -> bytes:
    # RFC 9001 section 5.4.3 calls for one block of AES-ECB, used to mask five bytes only.
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(sample)  # noqa: S305


def _chacha20_mask(key: bytes, sample: bytes) -> bytes:
    return Cipher(algorithms.ChaCha20(key, sample), None).encryptor().update(bytes(5))


_SUITES: Final[Mapping[str, _Suite]] = {
    "TLS_AES_128_GCM_SHA256": _Suite(16, "sha256", AESGCM, _aes_mask),
    "TLS_AES_256_GCM_SHA384": _Suite(32, "sha384", AESGCM, _aes_mask),
    "TLS_CHACHA20_POLY1305_SHA256": _Suite(32, "sha256", ChaCha20Poly1305, _chacha20_mask),
    "TLS_AES_128_CCM_SHA256": _Suite(16, "sha256", AESCCM, _aes_mask),
}


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened packet: its number, its unprotected header, and its frames."""

    number: int
    header: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class PacketKeys:
    """The keys for one side's packets of one type."""

    _aead: _Aead = field(repr=False)
    _iv: bytes = field(repr=False)
    _mask: Callable[[bytes], bytes] = field(repr=False)

    @classmethod
    def of(cls, secret: bytes, cipher_code_point: int) -> PacketKeys:
        """Derive the keys from a traffic secret (RFC 9001 section 5.1).

        :raises WireError: if QUIC has no such cipher suite.
        """
        known = ciphers.BY_CODE_POINT.get(cipher_code_point)
        suite = _SUITES.get(known.name) if known is not None else None
        if suite is None:
            raise WireError(f"QUIC has no cipher suite {cipher_code_point:#06x}")

        def expand(label: str, length: int) -> bytes:
            return expand_label(secret, f"quic {label}", length, suite.hash_name)

        mask, protection = suite.mask, expand("hp", suite.key_bytes)
        aead = suite.aead(expand("key", suite.key_bytes))
        return cls(aead, expand("iv", _IV_BYTES), lambda sample: mask(protection, sample))

    def open(self, packet: Packet, largest: int = -1, destination_id_bytes: int = 0) -> Opened:
        """Remove header and packet protection.

        :param largest: the largest packet number of this side and type opened so far.
        :param destination_id_bytes: the length of a short header's connection ID, which it does not state.
        :raises WireError: if the packet was not protected with these keys.
        """
        at = packet.number_at + (0 if packet.data[0] & _LONG else destination_id_bytes)
        sample = packet.data[at + _SAMPLE_AT : at + _SAMPLE_AT + _SAMPLE_BYTES]
        if len(sample) < _SAMPLE_BYTES:
            raise WireError("a QUIC packet is too short to be opened")
        mask = self._mask(sample)
        first = packet.data[0] ^ mask[0] & (0x0F if packet.data[0] & _LONG else 0x1F)
        width = 1 + (first & 3)
        truncated = bytes(
            left ^ right for left, right in zip(packet.data[at : at + width], mask[1:], strict=False)
        )
        number = _full_number(int.from_bytes(truncated, "big"), 8 * width, largest)
        header = bytes([first]) + packet.data[1:at] + truncated
        nonce = (int.from_bytes(self._iv, "big") ^ number).to_bytes(_IV_BYTES, "big")
        try:
            payload = self._aead.decrypt(nonce, packet.data[at + width :], header)
        except (InvalidTag, ValueError):
            raise WireError(f"a QUIC packet ({packet.kind.value}) cannot be opened with these keys") from None
        return Opened(number, header, payload)


def initial_secrets(destination_id: bytes) -> Mapping[Direction, bytes]:
    """The secrets of both sides' Initial packets (RFC 9001 section 5.2).

    :param destination_id: that of the client's first Initial packet, or of its first after a Retry.
    """
    common = HKDF.extract(SHA256(), _INITIAL_SALT, destination_id)
    return {
        Direction.TO_SERVER: expand_label(common, "client in", _SECRET_BYTES, "sha256"),
        Direction.TO_CLIENT: expand_label(common, "server in", _SECRET_BYTES, "sha256"),
    }


def initial_keys(destination_id: bytes) -> Mapping[Direction, PacketKeys]:
    """The keys of both sides' Initial packets, see :func:`initial_secrets`."""
    secrets = initial_secrets(destination_id)
    return {direction: PacketKeys.of(secret, _INITIAL_SUITE) for direction, secret in secrets.items()}


def check_retry(packet: Packet, destination_id: bytes) -> None:
    """Check the integrity of a Retry packet (RFC 9001 section 5.8).

    :param destination_id: that of the client's Initial packet that it answers.
    :raises WireError: if it answers another packet, or was modified in transit.
    """
    pseudo = bytes([len(destination_id)]) + destination_id + packet.data[: -len(packet.integrity_tag)]
    try:
        AESGCM(_RETRY_KEY).decrypt(_RETRY_NONCE, packet.integrity_tag, pseudo)
    except InvalidTag:
        raise WireError("a Retry packet fails its integrity check") from None


def _full_number(truncated: int, bits: int, largest: int) -> int:
    """Recover the packet number from its lowest ``bits`` bits (RFC 9000 appendix A.3)."""
    expected, window = largest + 1, 1 << bits
    candidate = expected & ~(window - 1) | truncated
    if candidate <= expected - window // 2 and candidate < (1 << 62) - window:
        return candidate + window
    if candidate > expected + window // 2 and candidate >= window:
        return candidate - window
    return candidate
