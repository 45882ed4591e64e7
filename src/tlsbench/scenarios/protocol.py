"""What TLS itself forbids, regardless of the library: the protocol's gaps, derived from the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from tlsbench.scenarios.algorithms import BY_NAME as ALGORITHMS
from tlsbench.scenarios.axes import AXES, TLS_WORKLOADS
from tlsbench.scenarios.capabilities import Gap, gap, special_values
from tlsbench.scenarios.ciphers import BEFORE_13, BROKEN_VERSIONS, CIPHER_SUITES, CipherSuite
from tlsbench.scenarios.credential_gaps import credential_gaps
from tlsbench.scenarios.extension_gaps import EXTENSION_GAPS
from tlsbench.scenarios.groups import GROUPS, NO_GROUP, PRIMES
from tlsbench.scenarios.keys import BY_NAME, KEY_AXES, KEY_TYPES, KeyType
from tlsbench.scenarios.operations import OPERATIONS
from tlsbench.scenarios.parts import MADE_OF, aead_of
from tlsbench.scenarios.record_rules import RECORD_GAPS
from tlsbench.scenarios.signatures import SIGNATURE_SCHEMES, SignatureScheme
from tlsbench.scenarios.transports import DATAGRAMS, TOO_SMALL_FOR_QUIC


def _suites(matches: Callable[[CipherSuite], bool]) -> tuple[str, ...]:
    return tuple(suite.name for suite in CIPHER_SUITES if matches(suite))


def _keys(matches: Callable[[KeyType], bool]) -> tuple[str, ...]:
    return tuple(key.name for key in KEY_TYPES if matches(key))


def _needs_key(family: str) -> Gap:
    return gap(
        f"the cipher suite needs a certificate with an {family} key",
        version=BEFORE_13,
        cipher=_suites(lambda suite: suite.authentication == family),
        key=_keys(lambda key: key.authentication != family),
    )


def _authenticated_by(kind: str) -> tuple[str, ...]:
    return _suites(lambda suite: suite.authentication == kind)


def _of_suites() -> Iterable[Gap]:
    """Suites whose authentication is not available here, and suites that a transport or version lacks."""
    for authentication, reason in _NOT_AUTHENTICATED.items():
        yield gap(reason, cipher=_authenticated_by(authentication))
    yield gap(
        "DTLS has no stream ciphers (RFC 6347, section 4.1.2.2)",
        transport="dtls",
        cipher=_suites(lambda suite: suite.encryption == "RC4_128"),
    )
    yield gap(
        "TLS 1.2 no longer has IDEA (RFC 5469): add version=1.1",
        version=("1.2", "1.3"),
        cipher=_suites(lambda suite: suite.version == "1.1"),
    )
    yield gap(
        "a cipher suite with SHA-2 or an AEAD needs TLS 1.2: add version=1.2",
        version=BROKEN_VERSIONS,
        cipher=_suites(lambda suite: suite.versions == ("1.2",)),
    )


def _of_groups() -> Iterable[Gap]:
    """The groups in which a suite cannot exchange keys."""
    yield gap("TLS 1.3 always exchanges keys in a group", version="1.3", group=NO_GROUP)
    yield gap(
        "a suite with static keys (TLS_RSA_*, TLS_ECDH_*) exchanges none in a group, and so has no forward "
        "secrecy: leave out group=",
        cipher=_suites(lambda suite: not suite.exchanges_in_group),
        group=tuple(group.name for group in GROUPS),
    )
    yield gap(
        "a suite with DHE exchanges keys in a group of RFC 7919: leave out group=, or use group=ffdhe2048",
        cipher=_suites(lambda suite: suite.exchanges_in_group == "prime"),
        group=(NO_GROUP, *(group.name for group in GROUPS if group.name not in PRIMES)),
    )
    yield gap(
        "a suite with ECDHE exchanges keys on a curve; ffdhe groups go with TLS_DHE_* suites and TLS 1.3",
        cipher=_suites(lambda suite: suite.exchanges_in_group == "curve"),
        group=(NO_GROUP, *PRIMES),
    )


def _needs(scheme: SignatureScheme) -> Iterable[Gap]:
    keys = ", ".join(scheme.keys)
    others = tuple(name for name in BY_NAME if name not in scheme.keys)
    yield gap(f"{scheme.name} signs with a key of {keys}", signature=scheme.name, key=others)
    yield gap(
        f"TLS 1.0 and 1.1 do not know {scheme.name}: they sign with MD5 and SHA-1 (RFC 4346, section 7.4.3)",
        signature=scheme.name,
        version=BROKEN_VERSIONS,
    )
    if "1.3" not in scheme.versions:
        yield gap(
            f"TLS 1.3 does not sign handshakes with {scheme.name}", signature=scheme.name, version="1.3"
        )


#: Why suites that do not authenticate by a certificate of this PKI are not measured.
_NOT_AUTHENTICATED: Final = {
    "anon": "the suite uses no certificates, so it cannot be proved who the peers are",
    "DSS": "the suite needs a certificate with a DSA key, and none is issued here (RFC 9155)",
    "SRP": "the suite authenticates by a password (RFC 5054), and no passwords are set up here",
    "GOST": "the suite needs a certificate with a GOST key (RFC 9189), and none is issued here",
}
_LINKS = tuple(link for link in AXES["link"].values if link != "network")
_MEASURED = tuple(workload for workload in TLS_WORKLOADS if workload != "completion")
_ML_DSA = _keys(lambda key: key.name.startswith("ml-dsa"))
_SLH_DSA = _keys(lambda key: key.name.startswith("slh-dsa"))
_COMPOSITE = _keys(lambda key: key.name.startswith("composite"))
_ENGINE_ONLY = _keys(lambda key: key.engine_only)
_NOT_MEASURED = tuple(name for name in BY_NAME if f"{name}/sign" not in ALGORITHMS)
_RESUMED = AXES["resumption"].special
#: Certificate operations in which the cryptography package signs or parses.
_SIGNED_APART = tuple(operation.name for operation in OPERATIONS if operation.name not in ("issue", "verify"))
_OF_LEAF = tuple(operation.name for operation in OPERATIONS if not operation.of_chain)

#: The first gap that applies gives the reason, so explicit choices come before cipher suites, which often
#: follow from them.
PROTOCOL: Final = (
    *credential_gaps(),
    *(
        Gap(
            f"{axis} applies to TCP only: QUIC endpoints have their own",
            {"transport": frozenset(("quic",)), axis: special_values(axis)},
        )
        for axis in ("mss", "initcwnd", "nodelay", "congestion")
    ),
    gap("the simulated network carries only TCP and QUIC", workload="completion", transport="dtls"),
    gap(
        "a completion needs a network: leave out link=, or use link=network",
        workload="completion",
        link=_LINKS,
    ),
    gap(
        "over a network, virtual time is what counts: use workload=completion",
        workload=_MEASURED,
        link="network",
    ),
    *RECORD_GAPS,
    gap("threads send no early data", workload="scaling", resumption="early-data"),
    gap(
        "bulk uses connections that stay open: leave out resumption=",
        task="bulk",
        resumption=_RESUMED,
    ),
    gap(
        "datagrams go from memory to memory: leave out link=",
        transport=DATAGRAMS,
        link=("tcp", "unix"),
    ),
    gap("HTTP is spoken over TLS (HTTP/2) and QUIC (HTTP/3)", workload="request", transport="dtls"),
    gap("QUIC has TLS 1.3 (RFC 9001, section 4.2): add version=1.3", transport="quic", version=BEFORE_13),
    gap("DTLS 1.0 is not measured, and there is no DTLS 1.1", transport="dtls", version=BROKEN_VERSIONS),
    gap(
        "QUIC's datagrams hold at least 1,200 bytes (RFC 9000, section 14)",
        transport="quic",
        mtu=TOO_SMALL_FOR_QUIC,
    ),
    *(
        gap(
            f"TLS over a stream has no {what}: add transport=dtls or quic",
            transport="tls",
            **{axis: AXES[axis].special},
        )
        for axis, what in (("mtu", "datagrams"), ("address_check", "address check (TCP does it)"))
    ),
    *(
        gap(f"{family} certificates need TLS 1.3", version=BEFORE_13, **{axis: members})
        for family, members in (("ML-DSA", _ML_DSA), ("SLH-DSA", _SLH_DSA), ("composite", _COMPOSITE))
        for axis in KEY_AXES
    ),
    *(
        gap(f"only certificates are signed with such a {axis}", **what, **{axis: _ENGINE_ONLY})
        for axis in KEY_AXES
        for what in ({"ocsp": "stapled"}, {"operation": _SIGNED_APART})
    ),
    *(
        gap("the primitives of its signatures are not measured", parts="yes", **{axis: _NOT_MEASURED})
        for axis in KEY_AXES
    ),
    gap("an Ed25519 certificate needs TLS 1.2 (RFC 8422)", version=BROKEN_VERSIONS, key="ed25519"),
    gap(
        "a chain of one certificate has no intermediate: add chain_length=2",
        chain_length="1",
        intermediate_key=tuple(BY_NAME),
    ),
    Gap(
        "padding hides how much of a chain is sent: leave out padding=",
        {"padding": special_values("padding"), "chain_sent": special_values("chain_sent")},
    ),
    gap(
        "a chain of one certificate has nothing to leave out: add chain_length=2",
        chain_length="1",
        chain_sent=AXES["chain_sent"].special,
    ),
    *(
        gap(reason, chain_sent=AXES["chain_sent"].special, **{axis: values})
        for axis, values, reason in (
            ("resumption", _RESUMED, "a resumed handshake sends no certificates"),
            ("client_auth", "required", "chain_sent concerns the server's chain: leave out client_auth="),
            ("ocsp", "stapled", "an OCSP response would hide how much of the chain is sent: leave out ocsp="),
            ("parts", "yes", "the parts are those of a chain that is sent: leave out chain_sent="),
            ("transport", "quic", "QUIC packets do not reveal how much of a chain is sent"),
            (
                "certificate_compression",
                AXES["certificate_compression"].special,
                "the number of compressed certificates is not visible: leave out certificate_compression=",
            ),
        )
    ),
    *(
        gap(
            f"this operation concerns one certificate, and has no {axis}",
            operation=_OF_LEAF,
            **{axis: values},
        )
        for axis, values in (
            ("chain_length", AXES["chain_length"].special),
            ("intermediate_key", tuple(BY_NAME)),
            ("root_key", tuple(BY_NAME)),
        )
    ),
    *EXTENSION_GAPS,
    gap(
        "a resumed handshake sends no certificate, so no OCSP response (RFC 8446, section 4.4.2.1)",
        ocsp="stapled",
        resumption=_RESUMED,
    ),
    gap(
        "a session belongs to its context, which is new each time the trust store is loaded",
        trust=AXES["trust"].special,
        resumption=_RESUMED,
    ),
    *(unmet for scheme in SIGNATURE_SCHEMES for unmet in _needs(scheme)),
    gap(
        "a resumed handshake is not signed",
        signature=AXES["signature"].special,
        resumption=_RESUMED,
    ),
    gap(
        "if the server sends no ticket, no session can be resumed",
        tickets="0",
        resumption=("psk", "early-data"),
    ),
    gap(
        "the number of tickets can be chosen only in TLS 1.3: add version=1.3",
        version=BEFORE_13,
        tickets=AXES["tickets"].special,
    ),
    gap("a full handshake has no session: add resumption=", session="serialised", resumption="none"),
    gap(
        "TLS 1.2 has no HelloRetryRequest: add version=1.3",
        version=BEFORE_13,
        hello_retry=AXES["hello_retry"].special,
    ),
    gap(
        "a server that sends a HelloRetryRequest accepts no early data (RFC 8446, section 4.2.10)",
        hello_retry=AXES["hello_retry"].special,
        resumption="early-data",
    ),
    gap(
        "post-quantum groups need TLS 1.3",
        version=BEFORE_13,
        group=tuple(group.name for group in GROUPS if group.post_quantum),
    ),
    gap(
        "TLS 1.3 resumes by resumption=psk or early-data (RFC 8446, section 2.2)",
        version="1.3",
        resumption=("session-id", "ticket"),
    ),
    gap(
        "TLS 1.2 resumes by resumption=session-id (RFC 5246) or ticket (RFC 5077)",
        version=BEFORE_13,
        resumption=("psk", "early-data"),
    ),
    *_of_suites(),
    gap(
        "a TLS 1.2 cipher suite is not one of TLS 1.3: add version=1.2",
        version="1.3",
        cipher=_suites(lambda suite: suite.version != "1.3"),
    ),
    gap(
        "a TLS 1.3 cipher suite is not one of TLS 1.2: add version=1.3",
        version=BEFORE_13,
        cipher=_suites(lambda suite: suite.version == "1.3"),
    ),
    *(_needs_key(family) for family in ("ECDSA", "RSA")),
    *_of_groups(),
    gap(
        "the primitive that encrypts its records is not measured",
        parts="yes",
        cipher=_suites(lambda suite: not aead_of(suite.name)),
    ),
    gap(
        "the primitive of its key agreement is not measured",
        parts="yes",
        group=tuple(name for name in AXES["group"].values if name not in MADE_OF),
    ),
    gap("the parts are those of TLS 1.2 and 1.3", parts="yes", version=BROKEN_VERSIONS),
    gap("an OCSP response is checked outside the library", parts="yes", ocsp="stapled"),
    gap("the parts are those of TLS over a stream: leave out transport=", parts="yes", transport=DATAGRAMS),
    gap(
        "the single operations are those of the engine's own provider",
        parts="yes",
        provider=AXES["provider"].special,
    ),
)
