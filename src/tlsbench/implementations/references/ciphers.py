"""Ciphers by their definitions: modes from single blocks, and known blocks.

A mode of an engine is checked against the definition in its standard, computed from single blocks; for each
cipher, one block is known from its standard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import Camellia, TripleDES
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from tlsbench.implementations.verification import must_match

_TAG_BYTES: Final = 16
#: x^128 + x^7 + x^2 + x + 1: IEEE 1619 section 5.2.
_XTS_FEEDBACK: Final = 0x87
#: The beginning of a 16-byte ChaCha20 nonce after the block that Poly1305 takes (RFC 8439 section 2.8).
SECOND_BLOCK: Final = (1).to_bytes(4, "little")


@dataclass(frozen=True, slots=True)
class BlockCipher:
    """A block cipher with one key size.

    :param known: a key, a block of text and its encryption, in hexadecimal, from the standard.
    """

    make: Callable[[bytes], BlockCipherAlgorithm]
    key_bytes: int
    block_bytes: int
    known: tuple[str, str, str]


_FIPS_197_TEXT = "00112233445566778899aabbccddeeff"
_COUNTED_UP = "000102030405060708090a0b0c0d0e0f"
_NIBBLES = "0123456789abcdeffedcba9876543210"
_DES_KEYS = "0123456789abcdef23456789abcdef01456789abcdef0123"
#: Known from FIPS 197 appendix C, GB/T 32907 appendix A, RFC 3713 appendix A, NIST SP 800-67 appendix B.
BLOCK_CIPHERS: Final[Mapping[str, BlockCipher]] = {
    "aes-128": BlockCipher(
        algorithms.AES, 16, 16, (_COUNTED_UP, _FIPS_197_TEXT, "69c4e0d86a7b0430d8cdb78070b4c55a")
    ),
    "aes-256": BlockCipher(
        algorithms.AES,
        32,
        16,
        (bytes(range(32)).hex(), _FIPS_197_TEXT, "8ea2b7ca516745bfeafc49904b496089"),
    ),
    "sm4": BlockCipher(algorithms.SM4, 16, 16, (_NIBBLES, _NIBBLES, "681edf34d206965e86b3e94f536e4246")),
    "camellia-128": BlockCipher(Camellia, 16, 16, (_NIBBLES, _NIBBLES, "67673138549669730857065648eabe43")),
    "camellia-256": BlockCipher(
        Camellia, 32, 16, (_NIBBLES + _FIPS_197_TEXT, _NIBBLES, "9acc237dff16d76c20ef7c919e3a7509")
    ),
    "3des": BlockCipher(TripleDES, 24, 8, (_DES_KEYS, "5468652071756663", "a826fd8ce53b855f")),
}


@dataclass(frozen=True, slots=True)
class UnauthenticatedCipher:
    """A cipher that can ``encrypt`` and ``decrypt``, in :data:`tlsbench.scenarios.subjects.CIPHERS`.

    :param block: a name of :data:`BLOCK_CIPHERS`; ``""`` for a stream cipher.
    :param opened: the text of a ciphertext, by definition: takes block, key, nonce and ciphertext.
    :param whole_blocks: whether it takes only whole blocks.
    """

    block: str
    key_bytes: int
    nonce_bytes: int
    opened: Callable[[str, bytes, bytes, bytes], bytes]
    whole_blocks: bool = False

    def text_bytes(self, size_bytes: int) -> int:
        """The length of a text: this many bytes, rounded up to whole blocks if required."""
        step = self.nonce_bytes if self.whole_blocks else 1
        return -(-size_bytes // step) * step


def _xor(one: bytes | bytearray, other: bytes | bytearray) -> bytes:
    return (int.from_bytes(one) ^ int.from_bytes(other)).to_bytes(len(one))


def _ecb(block: str, key: bytes) -> Cipher[modes.ECB]:
    _prove(block)
    return Cipher(BLOCK_CIPHERS[block].make(key), modes.ECB())  # noqa: S305 - single blocks


def encrypted_block(block: str, key: bytes, text: bytes) -> bytes:
    """One block, encrypted."""
    return _ecb(block, key).encryptor().update(text)


@cache
def _prove(block: str) -> None:
    """Check a block cipher against its known block."""
    key, text, sealed = map(bytes.fromhex, BLOCK_CIPHERS[block].known)
    cipher = Cipher(BLOCK_CIPHERS[block].make(key), modes.ECB())  # noqa: S305
    must_match(f"{block}, one block", sealed, cipher.encryptor().update(text))


def _cbc(block: str, key: bytes, nonce: bytes, sealed: bytes) -> bytes:
    """NIST SP 800-38A section 6.2: each block, decrypted, XOR the previous block of ciphertext."""
    return _xor(_ecb(block, key).decryptor().update(sealed), (nonce + sealed)[: len(sealed)])


def _ctr(block: str, key: bytes, nonce: bytes, sealed: bytes) -> bytes:
    """NIST SP 800-38A section 6.5: the text XOR the encrypted counters."""
    first, size = int.from_bytes(nonce), len(nonce)
    counters = b"".join(
        ((first + at) % (1 << 8 * size)).to_bytes(size) for at in range(-(-len(sealed) // size))
    )
    return _xor(_ecb(block, key).encryptor().update(counters)[: len(sealed)], sealed)


def _xts(block: str, key: bytes, nonce: bytes, sealed: bytes) -> bytes:
    """IEEE 1619 section 5.4: each block between two XORs with a tweak, which doubles each time."""
    half, size = len(key) // 2, len(nonce)
    tweak = int.from_bytes(_ecb(block, key[half:]).encryptor().update(nonce), "little")
    tweaks = bytearray()
    for _ in range(len(sealed) // size):
        tweaks += tweak.to_bytes(size, "little")
        doubled = tweak << 1
        tweak = doubled ^ ((1 << 8 * size) | _XTS_FEEDBACK) if doubled >> 8 * size else doubled
    inner = _ecb(block, key[:half]).decryptor().update(_xor(sealed, tweaks))
    return _xor(inner, tweaks)


def _chacha20(_block: str, key: bytes, nonce: bytes, sealed: bytes) -> bytes:
    """RFC 8439 section 2.8: the key stream of ChaCha20-Poly1305, without its tag."""
    stream = ChaCha20Poly1305(key).encrypt(nonce.removeprefix(SECOND_BLOCK), bytes(len(sealed)), None)
    return _xor(stream[:-_TAG_BYTES], sealed)


def _of_block(
    block: str, opened: Callable[[str, bytes, bytes, bytes], bytes], *, keys: int = 1, whole_blocks: bool
) -> UnauthenticatedCipher:
    kind = BLOCK_CIPHERS[block]
    return UnauthenticatedCipher(block, keys * kind.key_bytes, kind.block_bytes, opened, whole_blocks)


#: By name in :data:`tlsbench.scenarios.subjects.CIPHERS`.
CIPHERS: Final[Mapping[str, UnauthenticatedCipher]] = {
    **{f"{block}-cbc": _of_block(block, _cbc, whole_blocks=True) for block in BLOCK_CIPHERS},
    **{f"{block}-ctr": _of_block(block, _ctr, whole_blocks=False) for block in ("aes-128", "aes-256", "sm4")},
    **{f"{block}-xts": _of_block(block, _xts, keys=2, whole_blocks=True) for block in ("aes-128", "aes-256")},
    "chacha20-stream": UnauthenticatedCipher("", 32, 16, _chacha20),
}


def cmac(block: str, key: bytes, data: bytes) -> bytes:
    """CMAC of a block cipher with 16-byte blocks (NIST SP 800-38B section 6.2), from its CBC mode."""

    def doubled(value: bytes) -> bytes:
        number = int.from_bytes(value) << 1
        return (number ^ ((1 << 128) | _XTS_FEEDBACK) if number >> 128 else number).to_bytes(16)

    subkey = doubled(_ecb(block, key).encryptor().update(bytes(16)))
    whole = bool(data) and len(data) % 16 == 0
    padded = data if whole else data + b"\x80" + bytes(-(len(data) + 1) % 16)
    last = _xor(padded[-16:], subkey if whole else doubled(subkey))
    cipher = Cipher(BLOCK_CIPHERS[block].make(key), modes.CBC(bytes(16))).encryptor()
    return cipher.update(padded[:-16] + last)[-16:]


def poly1305(key: bytes, data: bytes) -> bytes:
    """Poly1305 (RFC 8439 section 2.5.1)."""
    prime = (1 << 130) - 5
    factor = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for at in range(0, len(data), 16):
        total = (total + int.from_bytes(data[at : at + 16] + b"\x01", "little")) * factor % prime
    return ((total + int.from_bytes(key[16:], "little")) % (1 << 128)).to_bytes(16, "little")
