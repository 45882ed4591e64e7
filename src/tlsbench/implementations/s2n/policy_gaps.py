"""What the security policies of s2n-tls rule out, at both ends and at each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final

from tlsbench.implementations.s2n import policies
from tlsbench.implementations.s2n.policies import Wanted
from tlsbench.scenarios import Gap, ciphers, gap, groups, keys
from tlsbench.scenarios.groups import NO_GROUP, PRIMES

ML_DSA: Final = tuple(name for name in keys.BY_NAME if name.startswith("ml-dsa"))
NOT_ML_DSA: Final = tuple(name for name in keys.BY_NAME if name not in ML_DSA)
#: The key types that a version's policies treat alike.
_KEYS_ALIKE: Final = (
    ("1.2", ("rsa-2048", "rsa-3072", "rsa-4096")),
    ("1.2", ("ecdsa-secp256r1",)),
    ("1.2", ("ecdsa-secp384r1",)),
    ("1.2", ("ecdsa-secp521r1",)),
    ("1.3", NOT_ML_DSA),
    ("1.3", ML_DSA),
)
_OLD: Final = tuple(name for name in ciphers.BY_NAME if name in policies.SUITES - policies.LISTED)
_OLD_ON_CURVES: Final = tuple(name for name in _OLD if ciphers.BY_NAME[name].exchanges_in_group == "curve")
_OF_DHE: Final = tuple(name for name in ciphers.BY_NAME if ciphers.BY_NAME[name].key_exchange == "DHE")
_REASONS: Final = {
    "both": "no two of its security policies used here agree on these before anything else",
    "client": "no security policy used here offers these as a client, with a key share for the group",
    "server": "no security policy used here has these as a server",
}


def gaps_of_old_suites() -> Iterator[Gap]:
    """What cannot be done with the suites that only the policy with everything is used for."""
    yield gap(
        "its server needs parameters for DHE, which it is not given here",
        server="s2n",
        version="1.2",
        cipher=_OF_DHE,
    )
    yield gap(
        "its client does not always get DHE right: 9 of 1,600 handshakes with OpenSSL 4.0.3 failed",
        client="s2n",
        version="1.2",
        cipher=_OF_DHE,
    )
    yield gap(
        "two security policies that agree on this suite are not used here: use another library at one end",
        client="s2n",
        server="s2n",
        cipher=_OLD,
    )
    for other, ends in (
        ("mbedtls", {"client": "mbedtls", "server": "s2n"}),
        ("wolfssl", {"client": "s2n", "server": "wolfssl"}),
    ):
        yield gap(
            f"its security policy with these prefers x25519, and {other} cannot be held to another group",
            **ends,
            cipher=_OLD_ON_CURVES,
            group="secp256r1",
        )


def gaps_of_policies() -> Iterator[Gap]:
    """What no policy supports, at both ends and at each."""
    for who, reason in _REASONS.items():
        ends = {end: "s2n" for end in ("client", "server") if who in (end, "both")}
        for tls, key_types in _KEYS_ALIKE:
            authentication = keys.BY_NAME[key_types[0]].authentication
            suites = [
                name
                for name, suite in ciphers.BY_NAME.items()
                if name in policies.SUITES
                and name not in _OF_DHE
                and suite.version == tls
                and suite.authentication in (ciphers.BY_KEY, authentication)
            ]
            lacking = sorted((_lacking(who, tls, suite, key_types[0]), suite) for suite in suites)
            for unknown, alike in groupby(lacking, key=itemgetter(0)):
                yield gap(
                    reason,
                    **ends,
                    version=tls,
                    key=key_types,
                    cipher=tuple(suite for _, suite in alike),
                    group=unknown,
                )


def _lacking(who: str, tls: str, cipher: str, key: str) -> tuple[str, ...]:
    """The groups with which a suite cannot be used."""
    exchanges = ciphers.BY_NAME[cipher].exchanges_in_group
    usable = [group for group in groups.BY_NAME if group not in PRIMES] if exchanges else [NO_GROUP]
    wishes = (Wanted(tls, cipher, group, key) for group in usable)
    return tuple(
        wanted.group
        for wanted in wishes
        if (policies.of_both(wanted) if who == "both" else policies.of_one(wanted, who)) is None
    )
