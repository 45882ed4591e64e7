"""Keys that a libcrypto generates for groups, KEMs and signatures, as libssl generates its key shares."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from tlsbench.implementations.libssl.bindings import Library, ffi
from tlsbench.implementations.libssl.checks import must

#: For each curve: its NID in obj_mac.h, and its name in OpenSSL 3.
_CURVES: Final = {
    "secp256r1": (415, b"P-256"),
    "secp384r1": (715, b"P-384"),
    "secp521r1": (716, b"P-521"),
    "secp256k1": (714, b"secp256k1"),
    "brainpoolP256r1": (927, b"brainpoolP256r1"),
    "brainpoolP384r1": (931, b"brainpoolP384r1"),
    "brainpoolP512r1": (933, b"brainpoolP512r1"),
}
# obj_mac.h, evp.h, ec.h and rsa.h of OpenSSL 1.1.1, where these are macros over EVP_PKEY_CTX_ctrl
_EC, _RSA, _OF_KEYS, _SET_CURVE, _SET_BITS = 408, 6, 6, 0x1001, 0x1003
_OF_KEYGEN: Final = 4


@cache
def makes_keys(lib: Library, name: str) -> bool:
    """Whether a key of that kind can be made: tried, except for RSA, which every library can make."""
    if name.startswith("rsa-"):
        return True
    key = ffi.new("EVP_PKEY **")
    context = keygen_context(lib, name)
    made = context != ffi.NULL and lib.EVP_PKEY_keygen(context, key) == 1
    lib.EVP_PKEY_CTX_free(context)
    lib.EVP_PKEY_free(key[0])
    lib.ERR_clear_error()
    return bool(made)


def new_key(lib: Library, name: str) -> Any:
    """A new key, which the caller must free.

    :param name: a group, a KEM or a signature key in :mod:`tlsbench.scenarios.subjects`.
    """
    key = ffi.new("EVP_PKEY **")
    context = keygen_context(lib, name)
    made = lib.EVP_PKEY_keygen(context, key)
    lib.EVP_PKEY_CTX_free(context)
    must(lib, made, f"making a key of {name}")
    return key[0]


def keygen_context(lib: Library, name: str) -> Any:
    """A context that generates keys of that kind; NULL if the kind is unknown."""
    curve = _CURVES.get(name.removeprefix("ecdsa-"))
    if lib.has("EVP_PKEY_CTX_new_from_name"):
        return _by_name(lib, name, curve)
    return _by_id(lib, name, curve)


_Curve = tuple[int, bytes] | None


def _by_name(lib: Library, name: str, curve: _Curve) -> Any:
    kinds = ((curve, b"EC"), (name.startswith("ffdhe"), b"DH"), (name.startswith("rsa-"), b"RSA"))
    kind = next((kind for is_it, kind in kinds if is_it), name.upper().encode())
    context = lib.EVP_PKEY_CTX_new_from_name(ffi.NULL, kind, ffi.NULL)
    if context == ffi.NULL:
        return context
    lib.EVP_PKEY_keygen_init(context)
    if curve or kind == b"DH":
        lib.EVP_PKEY_CTX_set_group_name(context, curve[1] if curve else name.encode())
    elif kind == b"RSA":
        lib.EVP_PKEY_CTX_set_rsa_keygen_bits(context, int(name.removeprefix("rsa-")))
    return context


def _by_id(lib: Library, name: str, curve: _Curve) -> Any:
    """Make the context with the API of OpenSSL 1.1.1 and BoringSSL."""
    is_rsa = name.startswith("rsa-")
    if name.startswith(("ffdhe", "ml-", "slh-")):
        return ffi.NULL
    number = _EC if curve else _RSA if is_rsa else lib.OBJ_sn2nid(name.upper().encode())
    context = lib.EVP_PKEY_CTX_new_id(number, ffi.NULL)
    if context == ffi.NULL:
        return context
    lib.EVP_PKEY_keygen_init(context)
    if curve and lib.has("EVP_PKEY_CTX_set_ec_paramgen_curve_nid"):
        lib.EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, curve[0])
    elif curve:
        lib.EVP_PKEY_CTX_ctrl(context, _EC, _OF_KEYS, _SET_CURVE, curve[0], ffi.NULL)
    elif is_rsa and lib.has("EVP_PKEY_CTX_set_rsa_keygen_bits"):
        lib.EVP_PKEY_CTX_set_rsa_keygen_bits(context, int(name.removeprefix("rsa-")))
    elif is_rsa:
        bits = int(name.removeprefix("rsa-"))
        lib.EVP_PKEY_CTX_ctrl(context, _RSA, _OF_KEYGEN, _SET_BITS, bits, ffi.NULL)
    return context
