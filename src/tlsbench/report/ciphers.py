"""The list of cipher suites: what each is, which libraries offer it, and with which it can be measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from tlsbench.scenarios import ciphers
from tlsbench.scenarios.cipher_table import SOURCE
from tlsbench.session.ciphers import Coverage

_RECOMMENDED: Final = {
    "Y": "recommended by IANA (Y)",
    "N": "IANA says nothing (N)",
    "D": "discouraged by IANA (D)",
}
_AUTHENTICATION: Final = {
    ciphers.BY_KEY: "any certificate",
    "anon": "no certificate",
    "PSK": "pre-shared key",
    "SRP": "password",
}
_EXCHANGE: Final = {
    ciphers.BY_GROUP: "(EC)DHE or KEM by group",
    "RSA": "static RSA",
    "ECDH": "static ECDH",
}


def document(covered: Sequence[Coverage], wanted: Collection[str]) -> dict[str, Any]:
    """The list, machine-readable.

    :param wanted: the names of the suites to list.
    """
    return {
        "source": SOURCE,
        "ciphers": [_suite(ciphers.BY_NAME[name], covered) for name in ciphers.BY_NAME if name in wanted],
        "implementations": [_library(one) for one in covered],
    }


def _suite(suite: ciphers.CipherSuite, covered: Sequence[Coverage]) -> dict[str, Any]:
    offering = [one for one in covered if suite.name in one.offered]
    return {
        "name": suite.name,
        "code_point": f"0x{suite.code_point:04X}",
        "openssl": suite.openssl,
        "versions": list(suite.versions),
        "key_exchange": suite.key_exchange,
        "authentication": suite.authentication,
        "encryption": suite.encryption,
        "hash": suite.hash_name,
        "forward_secrecy": suite.has_forward_secrecy,
        "recommended": suite.recommended,
        "offered_by": [one.implementation for one in offering],
        "measured_with": [one.implementation for one in offering if suite.name in one.scenarios],
    }


def _library(one: Coverage) -> dict[str, Any]:
    return {
        "name": one.implementation,
        "engine": one.engine,
        "offered": len(one.offered),
        "measured": len(one.scenarios),
        "excluded": dict(Counter(one.reasons.values()).most_common()),
    }


def entries(listed: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The same, human-readable, as ``tlsbench list`` prints it: the suites, then the libraries."""
    for suite in listed["ciphers"]:
        yield {
            "name": suite["name"],
            "summary": f" {suite['code_point']}  {words(ciphers.BY_NAME[suite['name']])}",
            "offered by": ", ".join(suite["offered_by"]) or "no library found here",
            **_unlike(suite),
        }
    for library in listed["implementations"]:
        yield {
            "name": library["name"],
            "summary": f"{library['engine']}: {library['offered']} suites in its own list, "
            f"{library['measured']} can be measured",
            "excluded": [f"{count}: {reason}" for reason, count in library["excluded"].items()],
        }


def _unlike(suite: Mapping[str, Any]) -> dict[str, str]:
    """The libraries with which it can be measured, if those are not all that offer it."""
    if suite["measured_with"] == suite["offered_by"]:
        return {}
    return {"can be measured with": ", ".join(suite["measured_with"]) or "none of them"}


def words(suite: ciphers.CipherSuite) -> str:
    """A description of a suite in one line."""
    secrecy = "forward secrecy" if suite.has_forward_secrecy else "NO forward secrecy"
    broken = "" if suite.versions[-1] not in ciphers.BROKEN_VERSIONS else ", which are broken"
    return "; ".join(
        (
            _EXCHANGE.get(suite.key_exchange, suite.key_exchange),
            _AUTHENTICATION.get(suite.authentication, f"{suite.authentication} certificate"),
            suite.encryption + ("" if suite.is_aead else f" with HMAC-{suite.hash_name}"),
            secrecy,
            f"TLS {', '.join(suite.versions)}{broken}",
            _RECOMMENDED[suite.recommended],
        )
    )
