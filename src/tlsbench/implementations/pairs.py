"""What a client and a server cannot do together, although each can with another: facts about pairs, all here.

A fact belongs to the library that gives the reason, and is among that library's gaps: see :func:`facts`.
Those about TLS 1.3 suites apply to every library in which these cannot be set, according to what it offers
and accepts: :func:`fixed_suites`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tlsbench.implementations.certificate_keys import ED448, RSA_PSS, SECP521R1
from tlsbench.implementations.processor import with_aes
from tlsbench.scenarios import Gap, ciphers, gap, groups, keys
from tlsbench.scenarios.ciphers import BEFORE_13

_AES_256: Final = "TLS_AES_256_GCM_SHA384"
_AES_128: Final = "TLS_AES_128_GCM_SHA256"
_CHACHA20: Final = "TLS_CHACHA20_POLY1305_SHA256"
_CHACHA20_12: Final = tuple(name for name in ciphers.BY_NAME if "WITH_CHACHA20" in name)
_CBC_12: Final = tuple(name for name in ciphers.BY_NAME if "_CBC_" in name)
_ML_DSA: Final = tuple(name for name in keys.BY_NAME if name.startswith("ml-dsa"))
#: The groups for which a qh3 client sends key shares.
_KEYS_OF_QH3: Final = ("X25519MLKEM768", "x25519")
#: The suites that each of them offers and accepts, which cannot be changed.
FIXED_SUITES: Final = (_AES_256, _AES_128, _CHACHA20)
_FIRST: Final = {"ssl": _AES_256, "utls": _AES_128, "rtls": _AES_128}
_FIRST_WITHOUT_AES: Final = {**_FIRST, "utls": _CHACHA20}
#: The suite that a server (first) selects for a client (second), on a processor with AES and on one without.
_PICKS: Final[Mapping[bool, Mapping[str, Mapping[str, str]]]] = {
    True: {"ssl": dict.fromkeys(_FIRST, _AES_256), "utls": _FIRST, "rtls": _FIRST},
    False: {
        "ssl": dict.fromkeys(_FIRST, _AES_256),
        "utls": dict.fromkeys(_FIRST, _CHACHA20),
        "rtls": _FIRST_WITHOUT_AES,
    },
}


def _groups_but(group: str) -> tuple[str, ...]:
    return tuple(name for name in groups.BY_NAME if name != group)


_FACTS: Final[Mapping[str, tuple[Gap, ...]]] = {
    "utls": (
        gap(
            "even with OP_NO_TICKET its server sends tickets to a client that accepts them",
            client=("utls", "tlslite"),
            server="utls",
            resumption="session-id",
        ),
    ),
    "rtls": (
        *(
            gap(
                f"set_ecdh_curve() has no effect: between two of them TLS {tls} uses {group}",
                version=tls,
                client="rtls",
                server="rtls",
                group=_groups_but(group),
            )
            for tls, group in (("1.3", "X25519MLKEM768"), ("1.2", "x25519"))
        ),
        gap(
            "in TLS 1.2 its client does not list secp521r1: version=1.3",
            version="1.2",
            client="rtls",
            key=SECP521R1,
        ),
        gap(
            "it signs for secp521r1 only with SHA-512, which BoringSSL's client does not offer",
            version="1.2",
            client="utls",
            server="rtls",
            key=SECP521R1,
        ),
    ),
    "mbedtls": tuple(
        gap(
            f"no group can be chosen: client {client} and server {server} use {group}",
            client=client,
            server=server,
            group=_groups_but(group),
        )
        for client, server, group in (
            ("mbedtls", "mbedtls", "secp521r1"),
            ("mbedtls", "rtls", "secp384r1"),
            ("rtls", "mbedtls", "secp384r1"),
        )
    ),
    "gnutls": (
        gap(
            "between two of them a client with such a key sends no certificate in TLS 1.2",
            version="1.2",
            client="gnutls",
            server="gnutls",
            client_auth="required",
            key=("ed25519", *ED448, *RSA_PSS),
        ),
    ),
    "wolfssl": (
        gap(
            "it refuses what a server rtls sends in TLS 1.3: the security parameter is invalid",
            version="1.3",
            client="wolfssl",
            server="rtls",
        ),
        gap(
            "its server selects x25519 from what rtls offers in TLS 1.2",
            version="1.2",
            client="rtls",
            server="wolfssl",
            group=_groups_but("x25519"),
        ),
        gap(
            "its server selects the shortest curve in a security policy of s2n-tls",
            version="1.2",
            client="s2n",
            server="wolfssl",
            group=("secp384r1", "secp521r1"),
        ),
        gap(
            "its server selects the shortest curve in an mbedtls client's list, which cannot be set",
            client="mbedtls",
            server="wolfssl",
            group=_groups_but("secp256r1"),
        ),
        gap(
            "it and a tlslite client share no signature scheme for client certificates in TLS 1.2",
            version="1.2",
            client="tlslite",
            server="wolfssl",
            client_auth="required",
        ),
    ),
    "s2n": (
        gap(
            "Python's ssl selects AES-256 from the TLS 1.3 suites that each of its security policies offers",
            version="1.3",
            client="s2n",
            server="ssl",
            cipher=(_AES_128, _CHACHA20),
        ),
        *(
            gap(f"{reason}, and {other} cannot be held to one TLS 1.3 suite", version="1.3", **ends, **what)
            for other in ("ssl", "utls", "rtls")
            for ends in ({"client": "s2n", "server": other}, {"client": other, "server": "s2n"})
            for reason, what in (
                ("its security policies prefer AES to ChaCha20", {"cipher": _CHACHA20}),
                ("with secp384r1 they prefer AES-256", {"cipher": _AES_128, "group": "secp384r1"}),
            )
        ),
        *(
            gap(
                "with ML-DSA its security policy prefers AES-128 and X25519MLKEM768, and rtls has them",
                version="1.3",
                **ends,
                key=_ML_DSA,
                **what,
            )
            for ends in ({"client": "s2n", "server": "rtls"}, {"client": "rtls", "server": "s2n"})
            for what in ({"cipher": _AES_256}, {"group": _groups_but("X25519MLKEM768")})
        ),
        *(
            gap(
                f"its security policies with these prefer another group, and {other} cannot be held to one",
                version="1.2",
                **ends,
                **what,
            )
            for other, ends in (
                ("rtls", {"client": "s2n", "server": "rtls"}),
                ("rtls", {"client": "rtls", "server": "s2n"}),
                ("mbedtls", {"client": "mbedtls", "server": "s2n"}),
            )
            for what in (
                {"group": "secp384r1", "cipher": (*_CHACHA20_12, *_CBC_12)},
                {"group": "secp521r1"},
            )
        ),
        gap(
            "an mbedtls server selects the longest curve in a security policy, and no other can be set",
            client="s2n",
            server="mbedtls",
            group=_groups_but("secp521r1"),
        ),
    ),
    "aioquic": tuple(
        gap(
            f"no group can be chosen: with client {client} it uses {group}",
            client=client,
            server="aioquic",
            group=_groups_but(group),
        )
        for client, group in (("aioquic", "secp256r1"), ("qh3", "x25519"))
    ),
    "qh3": (
        *(
            gap(
                "its server fails if it must hold back a part of its flight until the client's address "
                "is validated (packet builder capacity exhausted): add address_check=yes",
                server="qh3",
                address_check="no",
                **what,
            )
            for what in (
                {"client": "aioquic"},
                {"mtu": "1200", "key": "rsa-2048", "chain_length": "5"},
                {"mtu": "1200", "key": "rsa-3072", "chain_length": "4"},
                {"mtu": "1200", "key": "rsa-4096", "chain_length": "3"},
                {"key": "rsa-3072", "chain_length": "5"},
                {"key": "rsa-4096", "chain_length": ("4", "5")},
            )
        ),
        *(
            gap(
                f"no group can be chosen: with client {client} it uses {group}",
                client=client,
                server="qh3",
                group=_groups_but(group),
            )
            for client, group in (("aioquic", "secp256r1"), ("qh3", "X25519MLKEM768"))
        ),
    ),
    "libmbedtls": (
        gap(
            "an mbedtls client offers neither x25519 nor x448",
            client="mbedtls",
            server="libmbedtls",
            group=("x25519", "x448"),
        ),
    ),
    "tlslite": (
        gap(
            "its CertificateRequest has an empty list of compression algorithms, which rustls refuses",
            version="1.3",
            client="rtls",
            server="tlslite",
            client_auth="required",
        ),
        gap(
            "OpenSSL, s2n-tls, GnuTLS and wolfSSL refuse its TLS 1.3 flight with a client certificate",
            version="1.3",
            client="tlslite",
            server=("ssl", "libssl", "pyopenssl", "s2n", "gnutls", "wolfssl"),
            client_auth="required",
        ),
        *(
            gap(
                "it rejects the public keys that Mbed TLS sends: illegal_parameter, invalid ECC point",
                client=client,
                server=server,
                version=BEFORE_13,
            )
            for client, server in (("mbedtls", "tlslite"), ("tlslite", "mbedtls"))
        ),
        *(
            gap(
                "it refuses Mbed TLS's points on these curves: illegal_parameter, invalid ECC point",
                client=client,
                server=server,
                group=("secp256r1", "secp384r1", "secp521r1"),
            )
            for client, server in (("libmbedtls", "tlslite"), ("tlslite", "libmbedtls"))
        ),
    ),
}


def facts(library: str) -> tuple[Gap, ...]:
    """What a library cannot do with some others, for the pairs of which it gives the reason."""
    return _FACTS[library]


def facts_of_openssl_quic(library: str) -> tuple[Gap, ...]:
    """What OpenSSL's QUIC cannot do with other libraries.

    :param library: the id of a libssl.
    """
    return (
        gap(
            "the connection IDs of its clients are empty, which a qh3 server does not accept "
            "(initial_source_connection_id does not match)",
            transport="quic",
            client=library,
            server="qh3",
        ),
        gap(
            "a qh3 client sends X25519MLKEM768 and x25519 shares, and cannot read a HelloRetryRequest",
            transport="quic",
            client="qh3",
            server=library,
            group=tuple(name for name in groups.BY_NAME if name not in _KEYS_OF_QH3),
        ),
        gap(
            "a qh3 client has no room for its tickets in a ClientHello (Write out of bounds)",
            transport="quic",
            client="qh3",
            server=library,
            resumption="psk",
        ),
    )


def fixed_suites(library: str, like: str) -> tuple[Gap, ...]:
    """The gaps of a library whose TLS 1.3 suites, offered and accepted, cannot be set.

    :param library: its id.
    :param like: the one of ``ssl``, ``utls`` and ``rtls`` that has the same engine.
    """
    return (
        gap(
            f"in TLS 1.3 it offers and accepts only {', '.join(FIXED_SUITES)}",
            version="1.3",
            cipher=_others(FIXED_SUITES),
        ),
        *_with_others(library, like, has_aes=True),
        *_with_others(library, like, has_aes=False),
    )


def _with_others(library: str, like: str, *, has_aes: bool) -> Iterator[Gap]:
    cpus = with_aes(has_aes=has_aes)
    without = "" if has_aes else ", without AES instructions,"
    picks = _PICKS[has_aes]
    for client, pick in {**picks[like], library: picks[like][like]}.items():
        yield gap(
            f"as a server for {client} it selects {pick} in TLS 1.3{without} and this cannot be changed",
            version="1.3",
            client=client,
            server=library,
            cipher=_others((pick,)),
            cpu=cpus,
        )
    for server, taken in picks.items() if library != like else ():
        yield gap(
            f"as a client of {server} it gets {taken[like]} in TLS 1.3{without} and neither can change it",
            version="1.3",
            client=library,
            server=server,
            cipher=_others((taken[like],)),
            cpu=cpus,
        )


def _others(suites: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in ciphers.BY_NAME if name not in suites)
