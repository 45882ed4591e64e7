"""New SLH-DSA keys (FIPS 205), which none of the libraries that are required anyway can generate.

The cryptography package has no SLH-DSA, and pyOpenSSL binds the functions that load such a key and sign with
it, but not those that generate one. A private key is three random strings and the root of the topmost Merkle
tree, which this module computes (FIPS 205 algorithm 18). Signing and verifying are left to the engines, which
detect a wrong root.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

#: For each parameter set, n (the bytes of a hash), d (the layers of trees) and h' (the height of each tree):
#: FIPS 205 table 2. They are the same for SHA-2 and SHAKE.
_SIZES: Final = {
    "128s": (16, 7, 9),
    "128f": (16, 22, 3),
    "192s": (24, 7, 9),
    "192f": (24, 22, 3),
    "256s": (32, 8, 8),
    "256f": (32, 17, 4),
}
#: The last byte of the first object identifier (RFC 9909 section 3); the others follow in this order.
_FIRST_OF_OIDS: Final = 20
#: The last index of a chain of 16 values: FIPS 205 section 5, with lg_w = 4.
_LAST_OF_CHAIN: Final = 15
#: For security category 1, which uses SHA-256 throughout; the others hash several strings with SHA-512.
_LEAST_HASH_BYTES: Final = 16
#: The seed is padded to a block of the hash (FIPS 205 section 11.2).
_SHA256_BLOCK_BYTES, _SHA512_BLOCK_BYTES = 64, 128
# Address types: FIPS 205 table 1
_WOTS_HASH, _WOTS_PK, _TREE, _WOTS_PRF = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Parameters:
    """One parameter set. ``oid_number`` is the last arc of its object identifier."""

    hash_bytes: int
    layers: int
    height: int
    is_shake: bool
    oid_number: int

    @property
    def private_key_bytes(self) -> int:
        """SK.seed, SK.prf, PK.seed and PK.root."""
        return 4 * self.hash_bytes


#: By the names in :mod:`tlsbench.scenarios.keys`.
PARAMETERS: Final[Mapping[str, Parameters]] = {
    f"slh-dsa-{hashing}-{size}": Parameters(*_SIZES[size], hashing == "shake", number)
    for number, (hashing, size) in enumerate(
        ((hashing, size) for hashing in ("sha2", "shake") for size in _SIZES), _FIRST_OF_OIDS
    )
}

#: F, H, T and PRF of FIPS 205, all functions of an address and a message.
_Hash = Callable[[bytes, bytes], bytes]


def new_private_key(name: str, random: Callable[[int], bytes] = os.urandom) -> bytes:
    """A new private key as RFC 9909 section 6 encodes it: ``SK.seed || SK.prf || PK.seed || PK.root``.

    :param name: the name of the parameter set, such as ``"slh-dsa-sha2-128s"``.
    :param random: returns the given number of random bytes; called for each of the seeds in order.
    """
    of = PARAMETERS[name]
    secret_seed, secret_prf, public_seed = (random(of.hash_bytes) for _ in range(3))
    tree = _Tree(of, secret_seed, public_seed)
    return secret_seed + secret_prf + public_seed + tree.node(0, of.height)


class _Tree:
    """The tree of the topmost layer, as in FIPS 205 sections 5 and 6."""

    def __init__(self, of: Parameters, secret_seed: bytes, public_seed: bytes) -> None:
        self._secret_seed = secret_seed
        self._chains = 2 * of.hash_bytes + 3
        self._where = _where_shake if of.is_shake else _where_sha2
        layer = (of.layers - 1).to_bytes(4, "big")
        self._layer = layer if of.is_shake else layer[-1:]
        self._one, self._many = _hashes(of, public_seed)

    def node(self, index: int, height: int) -> bytes:
        """``xmss_node``: the root of subtree number ``index`` of that height."""
        if height == 0:
            return self._leaf(index)
        below = self.node(2 * index, height - 1) + self.node(2 * index + 1, height - 1)
        return self._many(self._address(_TREE, 0, height, index), below)

    def _leaf(self, pair: int) -> bytes:
        """``wots_pkGen``: the public key of a one-time key pair."""
        ends = []
        for chain in range(self._chains):
            value = self._one(self._address(_WOTS_PRF, pair, chain, 0), self._secret_seed)
            for step in range(_LAST_OF_CHAIN):
                value = self._one(self._address(_WOTS_HASH, pair, chain, step), value)
            ends.append(value)
        return self._many(self._address(_WOTS_PK, pair, 0, 0), b"".join(ends))

    def _address(self, kind: int, *words: int) -> bytes:
        return self._layer + self._where(kind) + b"".join(word.to_bytes(4, "big") for word in words)


def _where_shake(kind: int) -> bytes:
    """The tree address, which is 0 in the topmost layer, and the type (FIPS 205 section 4.2)."""
    return bytes(12) + kind.to_bytes(4, "big")


def _where_sha2(kind: int) -> bytes:
    """The same, compressed (FIPS 205 section 11.2)."""
    return bytes(8) + bytes((kind,))


def _hashes(of: Parameters, public_seed: bytes) -> tuple[_Hash, _Hash]:
    """The hash functions for one string (F and PRF) and for several (H and T): FIPS 205 section 11."""
    length = of.hash_bytes
    shake, sha256, sha512 = (
        hashlib.shake_256(public_seed),
        hashlib.sha256(public_seed.ljust(_SHA256_BLOCK_BYTES, b"\0")),
        hashlib.sha512(public_seed.ljust(_SHA512_BLOCK_BYTES, b"\0")),
    )

    def with_shake(address: bytes, message: bytes) -> bytes:
        begun = shake.copy()
        begun.update(address + message)
        return begun.digest(length)

    def with_sha256(address: bytes, message: bytes) -> bytes:
        begun = sha256.copy()
        begun.update(address + message)
        return begun.digest()[:length]

    def with_sha512(address: bytes, message: bytes) -> bytes:
        begun = sha512.copy()
        begun.update(address + message)
        return begun.digest()[:length]

    if of.is_shake:
        return with_shake, with_shake
    return with_sha256, with_sha256 if length == _LEAST_HASH_BYTES else with_sha512
