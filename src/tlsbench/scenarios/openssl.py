"""The axes for OpenSSL's own settings: provider, security level and configuration."""

from __future__ import annotations

from typing import Final

from tlsbench.errors import RequestError
from tlsbench.scenarios.axis import row

#: The workloads that use TLS.
TLS_WORKLOADS: Final = (
    *("handshake", "bulk", "echo", "request", "key_update"),
    *("memory", "completion", "scaling"),
)
_ENVIRONMENT: Final = "environment"
_CONFIGURATIONS: Final = (_ENVIRONMENT, "none")


def parse_configuration(word: str) -> str:
    """``environment``, ``none``, or an absolute path.

    :raises RequestError: if it is none of these.
    """
    if word.lower() in _CONFIGURATIONS:
        return word.lower()
    if not word.startswith("/"):
        raise RequestError(f"'{word}' is not a configuration: write none, environment or an absolute path")
    return word


PROVIDER: Final = row(
    meaning="the OpenSSL provider that does the cryptography; fips if its module is installed",
    values=("default", "fips"),
    default=("default",),
    neutral="default",
    workloads=TLS_WORKLOADS,
    rare=True,
    denied="it has no providers to choose from",
)
SECURITY_LEVEL: Final = row(
    meaning="OpenSSL's security level, below which it accepts no key, group or cipher (default: as it was "
    "built or configured)",
    values=("default", "0", "1", "2", "3", "4", "5"),
    default=("default",),
    neutral="default",
    workloads=TLS_WORKLOADS,
    rare=True,
    denied="it has no security level that can be set and read back",
)
OPENSSL_CONF: Final = row(
    meaning="OpenSSL's configuration file, in a process of its own: none, an absolute path, or what the "
    "environment says",
    values=_CONFIGURATIONS,
    default=(_ENVIRONMENT,),
    neutral=_ENVIRONMENT,
    workloads=TLS_WORKLOADS,
    rare=True,
    parse=parse_configuration,
    denied="it reads no configuration file, or does not say which",
)
