"""Ciphers and hashes of a libcrypto by name: fetched if it has providers, otherwise looked up."""

from __future__ import annotations

from typing import Any, Final

from tlsbench.implementations.libssl.bindings import Library, ffi

#: OpenSSL 3's names of hashes that do not follow from ours.
_DIGESTS: Final = {
    "sha-1": "SHA1",
    "sha-512-224": "SHA2-512/224",
    "sha-512-256": "SHA2-512/256",
    "blake2b": "BLAKE2B-512",
    "blake2s": "BLAKE2S-256",
}
_CIPHERS: Final = {"chacha20-stream": "ChaCha20", "3des-cbc": "DES-EDE3-CBC"}


def cipher(lib: Library, name: str) -> Any | None:
    """A cipher; None if the library does not have it."""
    spelled = _CIPHERS.get(name, name.upper()).encode()
    if lib.has("EVP_CIPHER_fetch"):
        fetched = lib.EVP_CIPHER_fetch(ffi.NULL, spelled, ffi.NULL)
        lib.ERR_clear_error()
        return None if fetched == ffi.NULL else ffi.gc(fetched, lib.EVP_CIPHER_free)
    found = lib.EVP_get_cipherbyname(spelled)
    return None if found == ffi.NULL else found


def digest(lib: Library, name: str) -> Any | None:
    """A hash; None if the library does not have it."""
    spelled = _DIGESTS.get(name, name.upper().replace("SHA-", "SHA2-"))
    if lib.has("EVP_MD_fetch"):
        fetched = lib.EVP_MD_fetch(ffi.NULL, spelled.encode(), ffi.NULL)
        lib.ERR_clear_error()
        return None if fetched == ffi.NULL else ffi.gc(fetched, lib.EVP_MD_free)
    older = spelled.replace("SHA2-", "SHA").replace("/", "-")
    found = lib.EVP_get_digestbyname(older.encode())
    return None if found == ffi.NULL else found
