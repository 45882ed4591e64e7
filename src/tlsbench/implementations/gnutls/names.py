"""GnuTLS's names of versions, suites, groups and signatures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tlsbench.implementations.gnutls.credentials import with_credentials
from tlsbench.scenarios import Scenario
from tlsbench.scenarios.groups import PRIMES

GROUPS: Final[Mapping[str, str]] = {
    "secp256r1": "SECP256R1",
    "x25519": "X25519",
    "secp384r1": "SECP384R1",
    "secp521r1": "SECP521R1",
    "x448": "X448",
    **{name: name.upper() for name in PRIMES},
    "X25519MLKEM768": "X25519-MLKEM768",
    "SecP256r1MLKEM768": "SECP256R1-MLKEM768",
    "SecP384r1MLKEM1024": "SECP384R1-MLKEM1024",
}
#: Keyed by name in IANA's "TLS SignatureScheme": a scheme may have one GnuTLS name for each TLS version.
_SIGNATURES: Final[Mapping[str, tuple[str, ...]]] = {
    "rsa_pss_rsae_sha256": ("RSA-PSS-RSAE-SHA256",),
    "rsa_pss_rsae_sha384": ("RSA-PSS-RSAE-SHA384",),
    "rsa_pss_rsae_sha512": ("RSA-PSS-RSAE-SHA512",),
    "rsa_pkcs1_sha256": ("RSA-SHA256",),
    "rsa_pkcs1_sha384": ("RSA-SHA384",),
    "rsa_pkcs1_sha512": ("RSA-SHA512",),
    "ecdsa_secp256r1_sha256": ("ECDSA-SECP256R1-SHA256", "ECDSA-SHA256"),
    "ecdsa_secp384r1_sha384": ("ECDSA-SECP384R1-SHA384", "ECDSA-SHA384"),
    "ecdsa_secp521r1_sha512": ("ECDSA-SECP521R1-SHA512", "ECDSA-SHA512"),
    "ed25519": ("EDDSA-ED25519",),
    "ed448": ("EDDSA-ED448",),
    "rsa_pss_pss_sha256": ("RSA-PSS-SHA256",),
    "rsa_pss_pss_sha384": ("RSA-PSS-SHA384",),
    "rsa_pss_pss_sha512": ("RSA-PSS-SHA512",),
}
_FROM_SIGNATURE: Final = {theirs: ours for ours, all_theirs in _SIGNATURES.items() for theirs in all_theirs}
_FROM_GROUP: Final = {theirs: ours for ours, theirs in GROUPS.items()}


@dataclass(frozen=True, slots=True)
class Suite:
    """A cipher suite as GnuTLS lists it, by its keywords for priorities.

    :param name: the name of the suite.
    :param kx: the key exchange; ``""`` in TLS 1.3.
    """

    name: str
    kx: str
    cipher: str
    mac: str


def priorities(scenario: Scenario, suite: Suite, group_names: str) -> str:
    """A scenario as a priority string (GnuTLS manual, "Priority Strings").

    :param group_names: the groups, separated by colons; empty if there is none.
    """
    signature = scenario.signature
    signatures = ["ALL"] if signature in ("", "default") else list(_SIGNATURES[signature])
    return ":".join(
        (
            *with_credentials(["NONE"], scenario),
            f"+VERS-TLS{scenario.version}",
            *([f"+{suite.kx}"] if suite.kx else []),
            f"+{suite.cipher}",
            f"+{suite.mac}",
            *(f"+GROUP-{GROUPS[name]}" for name in group_names.split(":") if name),
            *(f"+SIGN-{name}" for name in signatures),
        )
    )


def group_from_gnutls(name: str) -> str | None:
    """The IANA name of a group; a name unknown here is kept, and an empty one gives None."""
    return _FROM_GROUP.get(name, name) or None


def signature_from_gnutls(name: str) -> str | None:
    """The IANA name of a signature scheme; None if the name is unknown."""
    return _FROM_SIGNATURE.get(name.upper())
