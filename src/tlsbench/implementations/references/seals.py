"""Key wrap, RSA encryption and Fernet, by their definitions."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from tlsbench.implementations.references.ciphers import CIPHERS, encrypted_block

#: The initial values of RFC 3394 section 2.2.3.1 and RFC 5649 section 3.
_WHOLE, _PADDED = bytes.fromhex("a6a6a6a6a6a6a6a6"), bytes.fromhex("a65959a6")
_HALF: Final = 8
_ROUNDS: Final = 6


def wrapped(kind: str, key: bytes, secret: bytes) -> bytes:
    """A secret, wrapped by a key.

    :param kind: ``aes-wrap`` (RFC 3394 section 2.2.1) or ``aes-wrap-pad`` (RFC 5649 section 4.1), for secrets
        of two 8-byte blocks or more.
    """
    block = f"aes-{8 * len(key)}"
    register = _WHOLE
    if kind == "aes-wrap-pad":
        register = _PADDED + len(secret).to_bytes(4)
        secret += bytes(-len(secret) % _HALF)
    blocks = [secret[at : at + _HALF] for at in range(0, len(secret), _HALF)]
    for turn in range(_ROUNDS * len(blocks)):
        at = turn % len(blocks)
        sealed = encrypted_block(block, key, register + blocks[at])
        register = (int.from_bytes(sealed[:_HALF]) ^ (turn + 1)).to_bytes(_HALF)
        blocks[at] = sealed[_HALF:]
    return register + b"".join(blocks)


def rsa_opened(private: rsa.RSAPrivateKey, scheme: str, sealed: bytes) -> bytes:
    """The text of an RSA ciphertext; ``b""`` if its padding is invalid.

    :param scheme: ``oaep`` with SHA-256 (RFC 8017 section 7.1.2) or ``pkcs1`` (section 7.2.2).
    """
    numbers = private.private_numbers()
    block = pow(int.from_bytes(sealed), numbers.d, numbers.public_numbers.n).to_bytes(len(sealed))
    if scheme == "pkcs1":
        return block[block.index(b"\0", 2) + 1 :] if block[:2] == b"\0\x02" else b""
    length = hashlib.sha256().digest_size
    masked_seed, masked = block[1 : length + 1], block[length + 1 :]
    seed = _xor(masked_seed, _mgf1(masked, length))
    data = _xor(masked, _mgf1(seed, len(masked)))
    of_label, rest = data[:length], data[length:].lstrip(b"\0")
    return rest[1:] if of_label == hashlib.sha256().digest() and rest[:1] == b"\x01" else b""


def _mgf1(seed: bytes, length: int) -> bytes:
    """MGF1 (RFC 8017 appendix B.2.1)."""
    blocks = (hashlib.sha256(seed + at.to_bytes(4)).digest() for at in range(-(-length // 32)))
    return b"".join(blocks)[:length]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def fernet_opened(key: bytes, token: bytes) -> bytes:
    """The text of a Fernet token; ``b""`` if it is of another key.

    A token is a version, a time, an IV, the padded text in AES-128-CBC, and HMAC-SHA256 of all that.
    """
    signing, sealing = (base64.urlsafe_b64decode(key)[at : at + 16] for at in (0, 16))
    data = base64.urlsafe_b64decode(token)
    if hmac.digest(signing, data[:-32], "sha256") != data[-32:]:
        return b""
    text = CIPHERS["aes-128-cbc"].opened("aes-128", sealing, data[9:25], data[25:-32])
    return text[: -text[-1]]
