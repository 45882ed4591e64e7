"""The cipher suites that pyOpenSSL's engine lists, its security level, and the group of DHE."""

from __future__ import annotations

from typing import Final

from OpenSSL import SSL

from tlsbench import files
from tlsbench.implementations.offers import by_openssl_name
from tlsbench.implementations.openssl_names import dh_parameters
from tlsbench.implementations.security_levels import needs_level_0
from tlsbench.scenarios import Scenario, ciphers

_EVERY: Final = b"ALL:COMPLEMENTOFALL"
#: OpenSSL's command for a security level within a list of suites (ciphers(1)).
_LEVEL_0: Final = b":@SECLEVEL=0"


def offered_ciphers() -> dict[int, str]:
    """The suites of the engine; see :class:`tlsbench.implementations.offers.ListsCiphers`."""
    # Those of TLS 1.3 are a separate list, in which some are not set; what the engine lacks is skipped.
    newest = ":".join(suite.name for suite in ciphers.CIPHER_SUITES if suite.version == "1.3")
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_cipher_list(_EVERY + _LEVEL_0)
    context.set_tls13_ciphersuites(newest.encode("ascii"))
    return by_openssl_name(SSL.Connection(context, None).get_cipher_list())


def old_versions() -> tuple[str, ...]:
    """Those of TLS 1.0 and 1.1 that the engine still has."""
    found = []
    for version, number in (("1.0", SSL.TLS1_VERSION), ("1.1", SSL.TLS1_1_VERSION)):
        context = SSL.Context(SSL.TLS_METHOD)
        try:
            context.set_max_proto_version(number)
        except SSL.Error:
            continue
        found.append(version)
    return tuple(found)


def choose(context: SSL.Context, scenario: Scenario) -> None:
    """Set the one cipher suite of a scenario, and the security level that it needs."""
    suite = ciphers.BY_NAME[scenario.cipher].openssl.encode("ascii")
    level = _LEVEL_0 if needs_level_0(scenario) else b""
    if scenario.version != "1.3":
        context.set_cipher_list(suite + level)
        return
    if level:
        context.set_cipher_list(_EVERY + level)
    context.set_tls13_ciphersuites(suite)


def set_prime(context: SSL.Context, group: str) -> None:
    """Have a server of TLS 1.2 or older use a group of RFC 7919 for DHE."""
    with files.temporary(dh_parameters(group), ".pem") as path:
        context.load_tmp_dh(str(path))
