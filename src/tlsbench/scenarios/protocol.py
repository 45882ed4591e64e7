"""What TLS itself forbids, whatever the library: the gaps of the protocol, from the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from tlsbench.scenarios.algorithms import SIGNERS
from tlsbench.scenarios.axes import AXES, TLS_WORKLOADS
from tlsbench.scenarios.capabilities import Gap, gap, special_values
from tlsbench.scenarios.ciphers import CIPHER_SUITES, CipherSuite
from tlsbench.scenarios.credential_gaps import credential_gaps
from tlsbench.scenarios.extension_gaps import EXTENSION_GAPS
from tlsbench.scenarios.groups import GROUPS
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


def _families() -> Iterable[str]:
    return sorted({suite.authentication for suite in CIPHER_SUITES if suite.authentication})


def _needs_key(family: str) -> Gap:
    return gap(
        f"the cipher suite needs a certificate with an {family} key",
        version="1.2",
        cipher=_suites(lambda suite: suite.authentication == family),
        key=_keys(lambda key: key.authentication != family),
    )


def _needs(scheme: SignatureScheme) -> Iterable[Gap]:
    keys = ", ".join(scheme.keys)
    others = tuple(name for name in BY_NAME if name not in scheme.keys)
    yield gap(f"{scheme.name} signs with a key of {keys}", signature=scheme.name, key=others)
    if "1.3" not in scheme.versions:
        yield gap(
            f"TLS 1.3 does not sign handshakes with {scheme.name}", signature=scheme.name, version="1.3"
        )


_LINKS = tuple(link for link in AXES["link"].values if link != "network")
_MEASURED = tuple(workload for workload in TLS_WORKLOADS if workload != "completion")
_ML_DSA = _keys(lambda key: key.name.startswith("ml-dsa"))
_SLH_DSA = _keys(lambda key: key.name.startswith("slh-dsa"))
_ENGINE_ONLY = _keys(lambda key: key.engine_only)
_NOT_MEASURED = tuple(set(BY_NAME) - {signer.name for signer in SIGNERS})
_RESUMED = AXES["resumption"].special
#: Of certificates, what the cryptography package signs or reads.
_SIGNED_APART = tuple(operation.name for operation in OPERATIONS if operation.name not in ("issue", "verify"))
_OF_LEAF = tuple(operation.name for operation in OPERATIONS if not operation.of_chain)

#: The first that holds is the reason given, so what people choose stands before cipher suites, which
#: often follow from it.
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
    gap("QUIC has TLS 1.3 (RFC 9001, section 4.2): add version=1.3", transport="quic", version="1.2"),
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
        for axis, what in (("mtu", "datagrams"), ("address_check", "check of addresses, TCP makes it"))
    ),
    *(
        gap(f"{family} certificates need TLS 1.3", version="1.2", **{axis: members})
        for family, members in (("ML-DSA", _ML_DSA), ("SLH-DSA", _SLH_DSA))
        for axis in KEY_AXES
    ),
    *(
        gap(f"nothing but certificates is signed with such a {axis}", **what, **{axis: _ENGINE_ONLY})
        for axis in KEY_AXES
        for what in ({"ocsp": "stapled"}, {"operation": _SIGNED_APART})
    ),
    *(
        gap("the primitives of its signatures are not measured", parts="yes", **{axis: _NOT_MEASURED})
        for axis in KEY_AXES
    ),
    gap(
        "a chain of one certificate has no intermediate: add chain_length=2",
        chain_length="1",
        intermediate_key=tuple(BY_NAME),
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
            ("transport", "quic", "the wire of QUIC does not show how much of a chain is sent"),
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
        version="1.2",
        tickets=AXES["tickets"].special,
    ),
    gap("a full handshake has no session: add resumption=", session="serialised", resumption="none"),
    gap(
        "TLS 1.2 has no HelloRetryRequest: add version=1.3",
        version="1.2",
        hello_retry=AXES["hello_retry"].special,
    ),
    gap(
        "a server that sends a HelloRetryRequest accepts no early data (RFC 8446, section 4.2.10)",
        hello_retry=AXES["hello_retry"].special,
        resumption="early-data",
    ),
    gap(
        "post-quantum groups need TLS 1.3",
        version="1.2",
        group=tuple(group.name for group in GROUPS if group.post_quantum),
    ),
    gap(
        "TLS 1.3 resumes by resumption=psk or early-data (RFC 8446, section 2.2)",
        version="1.3",
        resumption=("session-id", "ticket"),
    ),
    gap(
        "TLS 1.2 resumes by resumption=session-id (RFC 5246) or ticket (RFC 5077)",
        version="1.2",
        resumption=("psk", "early-data"),
    ),
    gap(
        "a TLS 1.2 cipher suite is not one of TLS 1.3: add version=1.2",
        version="1.3",
        cipher=_suites(lambda suite: suite.version == "1.2"),
    ),
    gap(
        "a TLS 1.3 cipher suite is not one of TLS 1.2: add version=1.3",
        version="1.2",
        cipher=_suites(lambda suite: suite.version == "1.3"),
    ),
    *(_needs_key(family) for family in _families()),
    gap(
        "the primitive that encrypts its records is not measured",
        parts="yes",
        cipher=_suites(lambda suite: not aead_of(suite.name)),
    ),
    gap(
        "the primitive of its key agreement is not measured",
        parts="yes",
        group=tuple(group.name for group in GROUPS if group.name not in MADE_OF),
    ),
    gap("an OCSP response is checked outside the library", parts="yes", ocsp="stapled"),
    gap("the parts are those of TLS over a stream: leave out transport=", parts="yes", transport=DATAGRAMS),
    gap(
        "the single operations are those of the engine's own provider",
        parts="yes",
        provider=AXES["provider"].special,
    ),
)
