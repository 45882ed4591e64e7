"""Encrypted ClientHello (RFC 9849) of a libssl, by BoringSSL's API.

OpenSSL has had its own, with another API, since 4.0; no libssl file of that version was available to try.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tlsbench.errors import HandshakeError
from tlsbench.implementations.extension_gaps import no_ech
from tlsbench.implementations.libssl.bindings import Library, ffi, text
from tlsbench.implementations.libssl.compression import Told
from tlsbench.pki.ech import EchKey, ech_key
from tlsbench.scenarios import Gap, Scenario

_NEEDED: Final = (
    "SSL_set1_ech_config_list",
    "SSL_set_enable_ech_grease",
    "SSL_ech_accepted",
    "SSL_CTX_set1_ech_keys",
    "EVP_HPKE_KEY_init",
)
#: What OpenSSL 4.0 has instead.
_OF_OPENSSL: Final = "OSSL_ECHSTORE_new"
_HOST_NAME: Final = 0
#: What ERR_reason_error_string(3) returns for a rejection.
REJECTED: Final = "ECH_REJECTED"


def offer_ech(lib: Library, tls: Any, ech: str) -> None:
    """Have a client's connection send Encrypted ClientHello, or GREASE that looks like it.

    :param ech: a value of the axis.
    :raises HandshakeError: if the library refuses the configuration.
    """
    if ech == "grease":
        lib.SSL_set_enable_ech_grease(tls, 1)
    elif ech == "on":
        configs = ech_key().config_list
        if lib.SSL_set1_ech_config_list(tls, configs, len(configs)) != 1:
            raise HandshakeError(f"{lib.name}: it does not take the ECHConfigList")


def take_ech(lib: Library, context: Any, key: EchKey) -> None:
    """Have a server decrypt it, and send its configuration to clients that used another, for a retry.

    :raises HandshakeError: if the library refuses the key.
    """
    own = ffi.gc(lib.EVP_HPKE_KEY_new(), lib.EVP_HPKE_KEY_free)
    keys = ffi.gc(lib.SSL_ECH_KEYS_new(), lib.SSL_ECH_KEYS_free)
    kem = lib.EVP_hpke_x25519_hkdf_sha256()
    if not (
        lib.EVP_HPKE_KEY_init(own, kem, key.secret, len(key.secret))
        and lib.SSL_ECH_KEYS_add(keys, 1, key.config, len(key.config), own)
        and lib.SSL_CTX_set1_ech_keys(context, keys)
    ):
        raise HandshakeError(f"{lib.name}: it does not take the key of Encrypted ClientHello")


def telling_ech(lib: Library, scenario: Scenario, told: Told) -> Told:
    """Add whether Encrypted ClientHello was accepted to what a side reports, if the scenario uses it."""
    if scenario.ech in ("", "default"):
        return told

    def says(tls: Any) -> Mapping[str, Any]:
        name = text(lib.SSL_get_servername(tls, _HOST_NAME))
        return {**told(tls), "ech_accepted": bool(lib.SSL_ech_accepted(tls)), "server_name": name}

    return says


def why_rejected(lib: Library, tls: Any) -> str:
    """What a rejected client was given for a retry."""
    place, length = ffi.new("const uint8_t **"), ffi.new("size_t *")
    lib.SSL_get0_ech_retry_configs(tls, place, length)
    if not length[0]:
        return "the server has no Encrypted ClientHello"
    return f"the server gave another configuration to try, of {length[0]} bytes"


def ech_supported(lib: Library) -> tuple[str, ...]:
    """The axis, if a library supports it."""
    return () if lib.lacks(*_NEEDED) else ("ech",)


def ech_gaps(lib: Library, engine: str) -> Iterator[Gap]:
    """Why a library does not support it."""
    if lib.lacks(*_NEEDED):
        reason = (
            "OpenSSL's API for Encrypted ClientHello is not supported here"
            if lib.has(_OF_OPENSSL)
            else f"{engine} has no Encrypted ClientHello, which came with OpenSSL 4.0"
        )
        yield no_ech(reason)
