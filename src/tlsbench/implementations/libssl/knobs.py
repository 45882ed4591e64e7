"""OpenSSL's own settings, and what it reports of them: provider, security level and configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tlsbench.errors import HandshakeError, MeasurementError
from tlsbench.implementations.configuration import with_digest
from tlsbench.implementations.libssl import records
from tlsbench.implementations.libssl.bindings import Library, ffi, text
from tlsbench.implementations.libssl.endpoint import reason
from tlsbench.implementations.libssl.providers import library_context, provider_gaps, provider_of
from tlsbench.implementations.security_levels import level_gaps, needs_level_0
from tlsbench.scenarios import Gap, Scenario, gap
from tlsbench.scenarios.axes import AXES

#: The functions of a libssl and its libcrypto that each axis needs.
NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "security_level": ("SSL_CTX_set_security_level", "SSL_CTX_get_security_level", "SSL_get_security_level"),
    "provider": ("SSL_CTX_new_ex", "OSSL_LIB_CTX_load_config", "EVP_CIPHER_get0_provider"),
    "openssl_conf": ("CONF_get1_default_config_file", "CONF_modules_load_file"),
}
_TRIED_LEVEL: Final = 3


def new_context(lib: Library, method: Any, scenario: Scenario | None = None) -> Any:
    """An SSL_CTX that uses the scenario's provider, at its security level.

    :raises HandshakeError: if the library refuses it.
    """
    if scenario is None or not _asks(scenario, "provider"):
        context = lib.SSL_CTX_new(method)
    else:
        context = lib.SSL_CTX_new_ex(library_context(lib, scenario.provider), ffi.NULL, method)
    if context == ffi.NULL:
        raise HandshakeError(f"libssl: {reason(lib)}")
    owned = ffi.gc(context, lib.SSL_CTX_free)
    if scenario is not None and _asks(scenario, "security_level"):
        lib.SSL_CTX_set_security_level(owned, int(scenario.security_level))
    elif scenario is not None and needs_level_0(scenario) and lib.has("SSL_CTX_set_security_level"):
        lib.SSL_CTX_set_security_level(owned, 0)
    return owned


def knob_gaps(lib: Library) -> Iterator[Gap]:
    """What a library does not support of these axes."""
    if "security_level" in supported(lib):
        yield from level_gaps()
        if not _keeps_a_level(lib):
            yield gap("its security level cannot be changed", security_level=AXES["security_level"].special)
    if "provider" in supported(lib):
        yield from provider_gaps(lib, "fips")


def supported(lib: Library) -> tuple[str, ...]:
    """Those of these axes that can be set in a library, and read back from it."""
    return tuple(axis for axis, functions in NEEDED.items() if not lib.lacks(*functions))


def told(lib: Library, scenario: Scenario, tls: Any) -> Mapping[str, Any]:
    """What a library reports of these axes, as far as the scenario sets them."""
    found: dict[str, Any] = dict(records.told(lib, scenario, tls))
    if _asks(scenario, "security_level"):
        found["security_level"] = str(lib.SSL_get_security_level(tls))
    if _asks(scenario, "provider"):
        found["provider"] = provider_of(lib, scenario)
    if _asks(scenario, "openssl_conf"):
        found["openssl_conf"] = _configuration_of(lib)
    return found


def _asks(scenario: Scenario, axis: str) -> bool:
    return scenario.value(axis) not in ("", AXES[axis].neutral)


def _keeps_a_level(lib: Library) -> bool:
    context = new_context(lib, lib.TLS_client_method())
    lib.SSL_CTX_set_security_level(context, _TRIED_LEVEL)
    return int(lib.SSL_CTX_get_security_level(context)) == _TRIED_LEVEL


#: The configuration of each library, by its path: reading the file at each handshake would take too long.
_configurations: Final[dict[str, str]] = {}


def _configuration_of(lib: Library) -> str:
    """The configuration file of a library, with its digest; the library must read it again without error.

    :raises MeasurementError: if it does not.
    """
    if lib.path not in _configurations:
        path = text(lib.CONF_get1_default_config_file()) or ""
        lib.ERR_clear_error()
        if lib.CONF_modules_load_file(path.encode(), ffi.NULL, 0) != 1:
            raise MeasurementError(f"libssl does not take the configuration {path}: {reason(lib)}")
        _configurations[lib.path] = with_digest(path)
    return _configurations[lib.path]
