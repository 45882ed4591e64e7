"""The security policies of s2n-tls, which is configured by the name of a policy, not by groups and suites.

A numbered policy never changes (docs/usage-guide, chapter on security policies), so a table here lists what
each has, and the tests compare it with what a client really offers. As a server follows its own order, the
table determines what two policies agree on, and so which of them a scenario needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from tlsbench.scenarios import ciphers, groups, keys
from tlsbench.scenarios.groups import NO_GROUP

_AES_128: Final = "TLS_AES_128_GCM_SHA256"
_AES_256: Final = "TLS_AES_256_GCM_SHA384"
_CHACHA20: Final = "TLS_CHACHA20_POLY1305_SHA256"
_SHORT: Final = {
    "128": _AES_128,
    "256": _AES_256,
    "cc": _CHACHA20,
    **{
        f"{short}-{suffix}": f"TLS_ECDHE_{name}_WITH_{long}"
        for short, name in (("ec", "ECDSA"), ("rsa", "RSA"))
        for suffix, long in (
            ("128", "AES_128_GCM_SHA256"),
            ("256", "AES_256_GCM_SHA384"),
            ("cc", "CHACHA20_POLY1305_SHA256"),
            ("cbc", "AES_128_CBC_SHA"),
        )
    },
    "p256": "secp256r1",
    "p384": "secp384r1",
    "p521": "secp521r1",
    "mlkem": "X25519MLKEM768",
    "p256mlkem": "SecP256r1MLKEM768",
    "p384mlkem": "SecP384r1MLKEM1024",
    "mlkem1024": "MLKEM1024",
}


def _long(names: str) -> tuple[str, ...]:
    return tuple(_SHORT.get(name, name) for name in names.split())


@dataclass(frozen=True, slots=True)
class Policy:
    """A security policy, as far as scenarios can name its contents.

    :param versions: newest first.
    :param suites: in a server's order of preference.
    :param groups: in a server's order of preference.
    :param shares: the groups for which a TLS 1.3 client sends a key share in its first flight.
    :param signs_ml_dsa: whether it accepts ML-DSA certificates.
    """

    name: str
    versions: tuple[str, ...]
    suites: tuple[str, ...]
    groups: tuple[str, ...]
    shares: tuple[str, ...] = ()
    signs_ml_dsa: bool = False


def _policy(name: str, suites: str, offered: str, shares: str = "", *, ml_dsa: bool = False) -> Policy:
    long = _long(suites)
    versions = sorted({ciphers.BY_NAME[suite].version for suite in long}, reverse=True)
    return Policy(name, tuple(versions), long, _long(offered), _long(shares), ml_dsa)


#: Of some 140 policies, those that differ in what a scenario can specify.
POLICIES: Final = (
    _policy(
        "20240503", "128 256 cc ec-128 rsa-128 ec-256 rsa-256 ec-cc rsa-cc", "p256 x25519 p384 p521", "p256"
    ),
    _policy(
        "20240603",
        "128 256 cc ec-128 ec-256 ec-cc rsa-128 rsa-256 rsa-cc ec-cbc rsa-cbc",
        "x25519 p256 p384 p521",
        "x25519",
    ),
    _policy("20190801", "256 128 cc rsa-128 rsa-256 rsa-cc rsa-cbc", "x25519 p256 p384", "x25519"),
    _policy("20190802", "256 128 cc rsa-128 rsa-256 rsa-cc rsa-cbc", "p256 p384", "p256"),
    _policy("20251117", "256 128 ec-256 rsa-256 ec-128 rsa-128", "p384 p256 p521", "p384"),
    _policy("20250414", "256", "p384", "p384"),
    _policy(
        "20250721",
        "128 256 cc ec-128 rsa-128 ec-256 rsa-256 ec-cc rsa-cc",
        "mlkem p256mlkem p384mlkem p256 x25519 p384 p521",
        "mlkem p256",
        ml_dsa=True,
    ),
    _policy(
        "PQ-TLS-1-2-2024-10-09",
        "256 128 cc rsa-256 rsa-128",
        "mlkem p256mlkem x25519 p256 p384",
        "mlkem x25519",
    ),
    _policy("20260513", "256", "mlkem1024 p384", "mlkem1024 p384"),
    _policy("20240501", "ec-128 ec-256 rsa-128 rsa-256", "p256 x25519 p384 p521"),
    _policy(
        "CloudFront-Upstream-TLS-1-2", "ec-256 rsa-256 ec-128 rsa-128 ec-cbc rsa-cbc", "p256 x25519 p384"
    ),
    _policy("20190122", "rsa-cc rsa-cbc rsa-128 rsa-256", "p256 p384"),
    _policy("20190214", "ec-cbc rsa-cbc ec-128 rsa-128 ec-256 rsa-256", "p256 p384"),
)
#: The policy that has everything, which according to the library is for tests. It is used for the suites that
#: the table gives to no other, at one end, with a peer that offers or accepts nothing else.
EVERYTHING: Final = _policy(
    "test_all",
    "TLS_RSA_WITH_RC4_128_MD5 TLS_RSA_WITH_RC4_128_SHA TLS_RSA_WITH_3DES_EDE_CBC_SHA "
    "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA TLS_RSA_WITH_AES_128_CBC_SHA TLS_DHE_RSA_WITH_AES_128_CBC_SHA "
    "TLS_RSA_WITH_AES_256_CBC_SHA TLS_DHE_RSA_WITH_AES_256_CBC_SHA TLS_RSA_WITH_AES_128_CBC_SHA256 "
    "TLS_RSA_WITH_AES_256_CBC_SHA256 TLS_DHE_RSA_WITH_AES_128_CBC_SHA256 TLS_DHE_RSA_WITH_AES_256_CBC_SHA256 "
    "TLS_RSA_WITH_AES_128_GCM_SHA256 TLS_RSA_WITH_AES_256_GCM_SHA384 TLS_DHE_RSA_WITH_AES_128_GCM_SHA256 "
    "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384 128 256 cc ec-cbc TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA "
    "TLS_ECDHE_RSA_WITH_RC4_128_SHA TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA rsa-cbc "
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 "
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256 "
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384 ec-128 ec-256 rsa-128 rsa-256 rsa-cc ec-cc "
    "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "mlkem p256mlkem p384mlkem mlkem1024 x25519 p256 p384 p521",
    "mlkem x25519",
    ml_dsa=True,
)
#: The suites that can be chosen by these policies.
SUITES: Final = frozenset(EVERYTHING.suites)
#: Those of them that the table lists; some of its policies end with older ones, which it leaves out.
LISTED: Final = frozenset(suite for policy in POLICIES for suite in policy.suites)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What policies are to agree on, with the key type of the server's certificate."""

    version: str
    cipher: str
    group: str
    key: str

    @property
    def is_ml_dsa(self) -> bool:
        """Whether the key is an ML-DSA key."""
        return self.key.startswith("ml-dsa")


def agreed(client: Policy, server: Policy, key: str) -> Wanted | None:
    """What a client and a server agree on, given the key type of the server's certificate.

    None if they do not agree, or only after a HelloRetryRequest.
    """
    version = next((version for version in server.versions if version in client.versions), "")
    suites = (name for name in _rivals(server, version, key) if name in client.suites)
    offered = _offered(client, version, "client")
    found = Wanted(
        version,
        next(suites, ""),
        next((name for name in server.groups if name in offered), ""),
        key,
    )
    signs = (client.signs_ml_dsa and server.signs_ml_dsa) or not found.is_ml_dsa
    return found if found.cipher and found.group and signs else None


@cache
def of_both(wanted: Wanted) -> tuple[Policy, Policy] | None:
    """The policies of a client and a server that agree on what is wanted; None if there are none."""
    pairs = ((client, server) for client in POLICIES for server in POLICIES)
    return next((pair for pair in pairs if agreed(*pair, wanted.key) == wanted), None)


@cache
def of_one(wanted: Wanted, side: str) -> Policy | None:
    """The policy of a client or server whose peer offers or accepts only what is wanted.

    None if there is none. Of several, it is the one that most prefers what is wanted, because not every
    library can be restricted to it.
    """
    curve = keys.BY_NAME[wanted.key].curve if wanted.version == "1.2" else ""
    fitting = (
        policy
        for policy in (POLICIES if wanted.cipher in LISTED else (EVERYTHING,))
        if wanted.version in policy.versions
        and wanted.cipher in policy.suites
        and wanted.group in (offered := (*_offered(policy, wanted.version, side), NO_GROUP))
        # In TLS 1.2 the peer lists the certificate's curve as well (RFC 8422 section 5.1).
        and (not curve or (curve in offered and offered.index(wanted.group) <= offered.index(curve)))
        and (policy.signs_ml_dsa or not wanted.is_ml_dsa)
    )
    return min(fitting, key=lambda policy: _rank(policy, wanted), default=None)


def _rank(policy: Policy, wanted: Wanted) -> tuple[int, ...]:
    """The rank of what is wanted, first in what peers may leave open: suites in TLS 1.3, groups in 1.2."""
    group = (*policy.groups, NO_GROUP).index(wanted.group)
    suite = _rivals(policy, wanted.version, wanted.key).index(wanted.cipher)
    newer = policy.versions[0] != wanted.version
    return (suite, group, newer) if wanted.version == "1.3" else (group, suite, newer)


def _rivals(policy: Policy, version: str, key: str) -> list[str]:
    """The suites for a version and a key type, in order of preference."""
    return [
        name
        for name in policy.suites
        if ciphers.BY_NAME[name].version == version
        and ciphers.BY_NAME[name].authentication in (ciphers.BY_KEY, keys.BY_NAME[key].authentication)
    ]


def _offered(policy: Policy, version: str, side: str) -> tuple[str, ...]:
    """The groups that a side can agree on without a HelloRetryRequest."""
    if version == "1.2":
        return tuple(name for name in policy.groups if not groups.BY_NAME[name].post_quantum)
    return policy.shares if side == "client" else policy.groups
