"""OpenSSL's providers: which one provides a context's cryptography, and what each has (OSSL_PROVIDER(3))."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tlsbench import files
from tlsbench.errors import HandshakeError
from tlsbench.implementations.libssl.bindings import Library, ffi, text
from tlsbench.implementations.libssl.endpoint import reason
from tlsbench.implementations.openssl_names import list_for_all
from tlsbench.scenarios import Gap, Scenario, ciphers, gap, groups, keys
from tlsbench.scenarios.groups import NO_GROUP, PRIMES

# OPENSSL_info(3): crypto.h
_INFO_CONFIG_DIR, _INFO_MODULES_DIR = 1001, 1003
#: Loads the FIPS module as 'openssl fipsinstall' configured it, and the base provider, which only reads keys.
_FIPS: Final = """
openssl_conf = tlsbench
{include}
[tlsbench]
providers = tlsbench_providers
alg_section = tlsbench_algorithms
[tlsbench_algorithms]
default_properties = fips=yes
[tlsbench_providers]
fips = fips_sect
base = tlsbench_base
[tlsbench_base]
activate = 1
"""
_WITHOUT_INSTALL: Final = "[fips_sect]\nactivate = 1"
_INSTALLED: Final = "fipsmodule.cnf"
#: OpenSSL's names of the keys of certificates, and of the ciphers of suites if the name differs.
_KEYS: Final = {
    "rsa": "RSA",
    "ecdsa": "EC",
    "ed25519": "ED25519",
    "ed448": "ED448",
    "ml": "ML-DSA-65",
    "slh": "SLH-DSA-SHA2-128s",
    "composite": "MLDSA65-ECDSA-P256-SHA512",
}
_CIPHERS: Final = {
    "CHACHA20_POLY1305": "ChaCha20-Poly1305",
    "3DES_EDE_CBC": "DES-EDE3-CBC",
    "RC4_128": "RC4",
}


def provider_of(lib: Library, scenario: Scenario) -> str:
    """The providers from which the library fetches a scenario's algorithms, separated by commas."""
    where = library_context(lib, scenario.provider) if scenario.provider not in ("", "default") else ffi.NULL
    asked = [
        ("EVP_CIPHER", _cipher_of(scenario.cipher)),
        ("EVP_MD", "SHA2-384" if scenario.cipher.endswith("384") else "SHA2-256"),
        ("EVP_KEYMGMT", _KEYS[scenario.key.partition("-")[0]]),
        ("EVP_KEYMGMT", _key_of_group(scenario.group)),
    ]
    return ",".join(sorted({_fetched(lib, where, kind, name) or "none" for kind, name in asked}))


def provider_gaps(lib: Library, provider: str) -> Iterator[Gap]:
    """What a provider of a library does not support; everything, if the provider is not there."""
    try:
        where = library_context(lib, provider)
        context = ffi.gc(lib.SSL_CTX_new_ex(where, ffi.NULL, lib.TLS_client_method()), lib.SSL_CTX_free)
        if context == ffi.NULL:
            raise HandshakeError(reason(lib))  # noqa: TRY301
    except HandshakeError as error:
        yield gap(f"there is no provider {provider}: {error}", provider=provider)
        return
    lacks = f"the provider {provider} has no such"
    unknown = tuple(
        name for name in groups.BY_NAME if lib.SSL_CTX_set1_groups_list(context, list_for_all((name,))) != 1
    )
    lib.ERR_clear_error()
    yield gap(f"{lacks} group", provider=provider, group=unknown)
    yield gap(
        f"{lacks} cipher",
        provider=provider,
        cipher=tuple(
            name for name in ciphers.BY_NAME if not _fetched(lib, where, "EVP_CIPHER", _cipher_of(name))
        ),
    )
    refused = tuple(
        name
        for name in keys.BY_NAME
        if not _fetched(lib, where, "EVP_KEYMGMT", _KEYS[name.partition("-")[0]])
    )
    for axis in ("key", "intermediate_key", "root_key"):
        yield gap(f"{lacks} key", provider=provider, **{axis: refused})


_contexts: Final[dict[tuple[str, str], Any]] = {}


def library_context(lib: Library, provider: str) -> Any:
    """The OSSL_LIB_CTX of a provider, which lives as long as the process: contexts depend on it.

    :raises HandshakeError: if there is no such provider.
    """
    known = lib.path, provider
    if known not in _contexts:
        lib.ERR_clear_error()
        made = lib.OSSL_LIB_CTX_new()
        with files.temporary(_fips_configuration(lib).encode(), ".cnf") as path:
            loaded = lib.OSSL_LIB_CTX_load_config(made, str(path).encode())
        if loaded != 1 or lib.OSSL_PROVIDER_available(made, provider.encode()) != 1:
            why = textwrap.shorten(reason(lib), 120, placeholder="…")
            lib.OSSL_LIB_CTX_free(made)
            folder = os.environ.get("OPENSSL_MODULES", "") or _folder_in(lib, _INFO_MODULES_DIR)
            raise HandshakeError(f"OpenSSL loads none from {folder} ({why})")
        _contexts[known] = made
    return _contexts[known]


def _fips_configuration(lib: Library) -> str:
    folders = [
        os.path.dirname(os.environ.get("OPENSSL_CONF", "")),  # noqa: PTH120 - "" is none, and not "."
        os.environ.get("OPENSSL_MODULES", ""),
        *(_folder_in(lib, kind) for kind in (_INFO_CONFIG_DIR, _INFO_MODULES_DIR)),
    ]
    installed = [Path(folder, _INSTALLED) for folder in folders if folder]
    found = next((path for path in installed if path.is_file()), None)
    return _FIPS.format(include=f".include {found}" if found else _WITHOUT_INSTALL)


def _folder_in(lib: Library, kind: int) -> str:
    return (text(lib.OPENSSL_info(kind)) or "") if lib.has("OPENSSL_info") else ""


def _fetched(lib: Library, where: Any, kind: str, name: str) -> str:
    """The provider of an algorithm; ``""`` if none has it."""
    found = getattr(lib, f"{kind}_fetch")(where, name.encode(), ffi.NULL)
    if found == ffi.NULL:
        lib.ERR_clear_error()
        return ""
    owner = text(lib.OSSL_PROVIDER_get0_name(getattr(lib, f"{kind}_get0_provider")(found)))
    getattr(lib, f"{kind}_free")(found)
    return owner or ""


def _cipher_of(suite: str) -> str:
    encryption = ciphers.BY_NAME[suite].encryption
    return _CIPHERS.get(encryption) or encryption.removesuffix("_8").replace("_", "-")


def _key_of_group(group: str) -> str:
    if group == NO_GROUP:
        return "RSA"  # which encrypts the premaster secret instead
    if group in PRIMES:
        return "DH"
    return "EC" if group.startswith("secp") else group.upper() if group.startswith("x") else group
