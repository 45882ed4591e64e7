"""Which certificates a libssl accepts, of the key types that not every library has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tlsbench.implementations import certificate_keys as keys
from tlsbench.implementations.libssl.bindings import Library, ffi
from tlsbench.scenarios import Gap, gap

_NEEDED: Final = ("OBJ_sn2nid", "EC_GROUP_new_by_curve_name", "EC_GROUP_free")


def keys_supported(lib: Library) -> tuple[str, ...]:
    """Those key types that a library supports, as spelled in capabilities."""
    if _is_boringssl(lib):
        return keys.takes(*keys.SECP521R1)
    return keys.openssl_takes(_version(lib), brainpool=_has_brainpool(lib))


def key_gaps(lib: Library, member: str, engine: str) -> Iterator[Gap]:
    """What a library cannot do with those key types.

    :param member: the library's id.
    """
    if _is_boringssl(lib):
        yield gap(
            "by default BoringSSL offers no signatures with secp521r1: add version=1.2",
            version="1.3",
            key=keys.SECP521R1,
        )
        yield gap(
            "its client does not offer secp521r1 with SHA-512, the only such signatures that rustls makes",
            version="1.2",
            client=member,
            server="rtls",
            key=keys.SECP521R1,
        )
        return
    if not lib.has("SSL_get0_peer_signature_name"):
        told = "it does not report with which curve a handshake is signed: OpenSSL 3.5 does"
        yield gap(told, signature=keys.BRAINPOOL_SIGNATURES)
    yield from keys.openssl_key_gaps(engine, _version(lib), brainpool=_has_brainpool(lib))


def _is_boringssl(lib: Library) -> bool:
    return not lib.has("SSL_CTX_ctrl")


def _version(lib: Library) -> tuple[int, int]:
    """Its major and minor version: OPENSSL_VERSION_NUMBER(3)."""
    number = lib.OpenSSL_version_num()
    return number >> 28, number >> 20 & 0xFF


def _has_brainpool(lib: Library) -> bool:
    if lib.lacks(*_NEEDED):
        return False
    group = lib.EC_GROUP_new_by_curve_name(lib.OBJ_sn2nid(b"brainpoolP256r1"))
    lib.ERR_clear_error()
    if group == ffi.NULL:
        return False
    lib.EC_GROUP_free(group)
    return True
