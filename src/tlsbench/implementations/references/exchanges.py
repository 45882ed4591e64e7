"""Key agreements by their definitions, from both private keys."""

from __future__ import annotations

import warnings
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, x448, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.utils import CryptographyDeprecationWarning

#: RFC 7748 section 5: prime, a24 and bits.
_CURVE25519: Final = ((1 << 255) - 19, 121_665, 255)
_CURVE448: Final = ((1 << 448) - (1 << 224) - 1, 39_081, 448)


def shared_secret(one: Any, other: Any) -> bytes:  # noqa: ANN401 - keys of all groups have no common type
    """The secret that two private keys of one group share."""
    if isinstance(one, ec.EllipticCurvePrivateKey):
        return _on_curve(one, other)
    if isinstance(one, x25519.X25519PrivateKey):
        return _ladder(_CURVE25519, _scalar_25519(_raw(one)), _raw(other.public_key()))
    if isinstance(one, x448.X448PrivateKey):
        return _ladder(_CURVE448, _scalar_448(_raw(one)), _raw(other.public_key()))
    with warnings.catch_warnings():  # cryptography plans to remove these groups
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        public = other.public_key().public_numbers()
        prime = public.parameter_numbers.p
        secret = pow(public.y, one.private_numbers().x, prime)
    size = (prime.bit_length() + 7) // 8
    return int(secret).to_bytes(int(size))


def _on_curve(one: ec.EllipticCurvePrivateKey, other: ec.EllipticCurvePrivateKey) -> bytes:
    """SEC 1 section 3.3.1: the x-coordinate of the base point times both scalars."""
    product = one.private_numbers().private_value * other.private_numbers().private_value
    key = ec.derive_private_key(product % one.curve.group_order, one.curve)
    return key.public_key().public_numbers().x.to_bytes((one.key_size + 7) // 8)


def _raw(key: Any) -> bytes:  # noqa: ANN401
    if hasattr(key, "public_key"):
        private: bytes = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        return private
    public: bytes = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return public


def _scalar_25519(secret: bytes) -> int:
    number = int.from_bytes(secret, "little")
    return number & ~7 & ((1 << 255) - 1) | 1 << 254


def _scalar_448(secret: bytes) -> int:
    return int.from_bytes(secret, "little") & ~3 | 1 << 447


def _ladder(curve: tuple[int, int, int], scalar: int, point: bytes) -> bytes:
    """The ladder of RFC 7748 section 5."""
    prime, a24, bits = curve
    x_1 = int.from_bytes(point, "little") & ((1 << bits) - 1)
    x_2, z_2, x_3, z_3 = 1, 0, x_1, 1
    for at in reversed(range(bits)):
        bit = scalar >> at & 1
        if bit:
            x_2, z_2, x_3, z_3 = x_3, z_3, x_2, z_2
        a, b, c, d = x_2 + z_2, x_2 - z_2, x_3 + z_3, x_3 - z_3
        aa, bb, da, cb = a * a % prime, b * b % prime, d * a % prime, c * b % prime
        e = aa - bb
        x_3, z_3 = (da + cb) ** 2 % prime, x_1 * (da - cb) ** 2 % prime
        x_2, z_2 = aa * bb % prime, e * (aa + a24 * e) % prime
        if bit:
            x_2, z_2, x_3, z_3 = x_3, z_3, x_2, z_2
    return (x_2 * pow(z_2, -1, prime) % prime).to_bytes(len(point), "little")
