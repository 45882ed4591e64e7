"""What the wrappers of OpenSSL have in common: its names for versions, suites and groups."""

from __future__ import annotations

from collections.abc import Mapping

from tlsbench.scenarios import Scenario, ciphers, groups, keys

_VERSIONS: Mapping[str, str] = {"TLSv1.2": "1.2", "TLSv1.3": "1.3"}
#: The key types that came with OpenSSL 3.5.
ML_DSA = tuple(name for name in keys.BY_NAME if name.startswith("ml-dsa"))
_GROUPS = {name.lower(): name for name in groups.BY_NAME} | {"prime256v1": "secp256r1"}


def version_from_openssl(name: str | None) -> str | None:
    """``"1.3"`` for OpenSSL's ``"TLSv1.3"``; a name unknown here stays as it is."""
    return _VERSIONS.get(name, name) if name is not None else None


def cipher_from_openssl(name: str | None) -> str | None:
    """The IANA name of a suite; a name unknown here stays as it is."""
    if name is None or name not in ciphers.BY_OPENSSL_NAME:
        return name
    return ciphers.BY_OPENSSL_NAME[name].name


def group_from_openssl(name: str | None) -> str | None:
    """The IANA name of a group; a name unknown here stays as it is."""
    return _GROUPS.get(name.lower(), name) if name is not None else None


def group_list(scenario: Scenario) -> str:
    """The groups to offer, wanted one first.

    In TLS 1.2 the list limits the curves of certificates too (RFC 8422 section 5.1), so the
    certificate's curve stands behind the wanted group; which was taken is proved after.
    """
    curve = keys.BY_NAME[scenario.key].curve if scenario.version == "1.2" else ""
    return ":".join(dict.fromkeys(filter(None, (scenario.group, curve))))
