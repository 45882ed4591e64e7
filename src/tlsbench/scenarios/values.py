"""The single table of axes, from which ids, selectors, lists and reports take their rules.

A row is a field of :class:`Values`: the name of an axis, the type of its value in a scenario, and its rules
(:class:`~tlsbench.scenarios.axis.Axis`). The order is that of tables and of ``tlsbench list axes``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tlsbench.scenarios import credentials, networks, openssl, records, scaling, transports
from tlsbench.scenarios.algorithms import ALGORITHMS
from tlsbench.scenarios.axis import BY_ITSELF, aliases_of, row
from tlsbench.scenarios.chains import CHAIN_SENT
from tlsbench.scenarios.ciphers import BROKEN_VERSIONS, CIPHER_SUITES
from tlsbench.scenarios.compression import CERTIFICATE_COMPRESSION
from tlsbench.scenarios.ech import ECH
from tlsbench.scenarios.groups import GROUPS, HELLO_RETRY, NO_GROUP
from tlsbench.scenarios.keys import KEY_TYPES, UNCOMMON
from tlsbench.scenarios.libraries import IMPLEMENTATION_ALIASES
from tlsbench.scenarios.offload import OFFLOAD
from tlsbench.scenarios.operations import OPERATIONS
from tlsbench.scenarios.parts import PARTS
from tlsbench.scenarios.signatures import SIGNATURE_SCHEMES
from tlsbench.scenarios.sizes import USUAL_SIZES, format_size, parse_size

#: The workloads that use TLS. The others call a single library, without a peer.
TLS_WORKLOADS: Final = openssl.TLS_WORKLOADS
ONE_SIDED_WORKLOADS: Final = ("primitive", "certificate")
WORKLOADS: Final = (*TLS_WORKLOADS, *ONE_SIDED_WORKLOADS)

_KEY_NAMES: Final = tuple(key_type.name for key_type in KEY_TYPES)
_KEY_ALIASES: Final = aliases_of(KEY_TYPES)
_ISSUER_KEY: Final[Mapping[str, Any]] = {
    "values": ("same", *_KEY_NAMES),
    "default": ("same",),
    "neutral": "same",
    "same_as": "key",
    "workloads": ("handshake", "memory", "certificate", "completion"),
    "aliases": _KEY_ALIASES,
    "denied": UNCOMMON,
}
_LIBRARY: Final[Mapping[str, Any]] = {"workloads": WORKLOADS, "aliases": IMPLEMENTATION_ALIASES}
_NO_SINGLE_OPERATIONS: Final = "a TLS library; for primitives and certificates use cryptography"


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """One value for each axis; ``""`` (``0`` for a number) if the axis does not apply to the workload.

    ``chain_length`` counts certificates, ``size`` bytes, ``threads`` threads.
    """

    workload: str = field(
        metadata=row(
            meaning="what one sample does",
            values=WORKLOADS,
            default=("handshake",),
            workloads=WORKLOADS,
            denied={
                **dict.fromkeys(ONE_SIDED_WORKLOADS, _NO_SINGLE_OPERATIONS),
                "completion": "how it writes to a socket is unknown",
                "scaling": "whether several threads may use it at once has not been checked",
                "key_update": "it has no KeyUpdate, or its KeyUpdate has not been checked",
            },
            alone=BY_ITSELF,
        )
    )
    client: str = field(metadata=row(meaning="the TLS library of the client", **_LIBRARY))
    server: str = field(metadata=row(meaning="the TLS library of the server", **_LIBRARY))
    transport: str = field(default="", metadata=transports.TRANSPORT)
    version: str = field(
        default="",
        metadata=row(
            meaning="TLS protocol version; 1.0 and 1.1 are broken (RFC 8996): measured at security level 0, "
            "to help argue for abandoning them",
            values=("1.0", "1.1", "1.2", "1.3"),
            default=("1.3", "1.2"),
            workloads=TLS_WORKLOADS,
            aliases={
                f"{prefix}{spelled}": version
                for version in ("1.0", "1.1", "1.2", "1.3")
                for prefix in ("tls", "tlsv")
                for spelled in (version, version.replace(".", ""), version.replace(".", "_"))
            },
            denied=dict.fromkeys(
                BROKEN_VERSIONS, "it no longer has TLS 1.0 and 1.1, which are broken (RFC 8996)"
            ),
            alone="TLS {value}",
        ),
    )
    cipher: str = field(
        default="",
        metadata=row(
            meaning="cipher suite, IANA name; 'tlsbench list ciphers' describes each and says which library "
            "has it",
            values=tuple(suite.name for suite in CIPHER_SUITES),
            default=(
                "TLS_AES_256_GCM_SHA384",
                "TLS_AES_128_GCM_SHA256",
                "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
                # for TLS 1.0 and 1.1
                "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
                "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
            ),
            workloads=TLS_WORKLOADS,
            aliases={
                suite.openssl.lower(): suite.name for suite in CIPHER_SUITES if suite.openssl != suite.name
            }
            | aliases_of(CIPHER_SUITES),
            alone=BY_ITSELF,
            follows=True,
        ),
    )
    group: str = field(
        default="",
        metadata=row(
            meaning="key exchange group, IANA name; none where a suite exchanges no keys (static RSA)",
            values=(*(group.name for group in GROUPS), NO_GROUP),
            default=(
                *("secp256r1", "x25519", "X25519MLKEM768", "secp384r1", "secp521r1"),
                *("ffdhe2048", "ffdhe3072", NO_GROUP),
            ),
            workloads=TLS_WORKLOADS,
            aliases=aliases_of(GROUPS),
            alone=BY_ITSELF,
            follows=True,
        ),
    )
    hello_retry: str = field(default="", metadata=HELLO_RETRY)
    key: str = field(
        default="",
        metadata=row(
            meaning="key type of the certificates",
            values=_KEY_NAMES,
            default=("ecdsa-secp256r1", "rsa-2048"),
            workloads=(*TLS_WORKLOADS, "certificate"),
            aliases=_KEY_ALIASES,
            denied=UNCOMMON,
            alone=BY_ITSELF,
        ),
    )
    chain_length: int = field(
        default=0,
        metadata=row(
            meaning="certificates in the server's chain, without its root; it sends them all, unless "
            "chain_sent= says otherwise",
            values=("1", "2", "3", "4", "5"),
            default=("1", "2"),
            neutral="1",
            workloads=(*TLS_WORKLOADS, "certificate"),
            read=int,
        ),
    )
    intermediate_key: str = field(
        default="",
        metadata=row(
            meaning="key type of the intermediates, if not the leaf's",
            **_ISSUER_KEY,
        ),
    )
    root_key: str = field(
        default="",
        metadata=row(
            meaning="key type of the root, if not the leaf's",
            **_ISSUER_KEY,
        ),
    )
    chain_sent: str = field(default="", metadata=CHAIN_SENT)
    client_auth: str = field(
        default="",
        metadata=row(
            meaning="whether the client authenticates with a certificate too",
            values=("none", "required"),
            default=("none",),
            neutral="none",
            workloads=TLS_WORKLOADS,
            aliases={"mtls": "required", "mutual": "required"},
            before="intermediate_key",
        ),
    )
    certificate_type: str = field(default="", metadata=credentials.CERTIFICATE_TYPE)
    resumption: str = field(
        default="",
        metadata=row(
            meaning="how the session is resumed (none is a full handshake); external-psk uses a secret that "
            "both sides already share",
            values=("none", "session-id", "ticket", "psk", "early-data", "external-psk"),
            default=("none",),
            neutral="none",
            workloads=("handshake", "completion", "scaling"),
            aliases={
                "full": "none",
                **dict.fromkeys(("0-rtt", "0rtt"), "early-data"),
                "session-ticket": "ticket",
                "external_psk": "external-psk",
            },
            denied={
                "early-data": "it has no early data",
                "external-psk": "it does not support external PSKs",
            },
            alone=BY_ITSELF,
            before="session",
        ),
    )
    psk_mode: str = field(default="", metadata=credentials.PSK_MODE)
    ticket_state: str = field(default="", metadata=credentials.TICKET_STATE)
    ticket_lifetime: str = field(default="", metadata=credentials.TICKET_LIFETIME)
    ocsp: str = field(
        default="",
        metadata=row(
            meaning="whether the server staples an OCSP response, which the client checks",
            values=("none", "stapled"),
            default=("none",),
            neutral="none",
            workloads=("handshake",),
            denied="it staples no OCSP response",
        ),
    )
    trust: str = field(
        default="",
        metadata=row(
            meaning="the client's trust store: one root that is in memory already, or a file with this many "
            "roots, loaded for each connection",
            values=("memory", "1", "150"),
            default=("memory",),
            neutral="memory",
            workloads=("handshake",),
            denied="it has no trust store",
        ),
    )
    signature: str = field(
        default="",
        metadata=row(
            meaning="how the server signs the handshake, IANA name (default: what both libraries prefer)",
            values=("default", *(scheme.name for scheme in SIGNATURE_SCHEMES)),
            default=("default",),
            neutral="default",
            workloads=("handshake",),
            aliases=aliases_of(SIGNATURE_SCHEMES),
            denied="its API cannot choose or does not report how a handshake is signed",
        ),
    )
    tickets: str = field(
        default="",
        metadata=row(
            meaning="session tickets that a TLS 1.3 server sends after a handshake (default: the library's "
            "own number)",
            values=("default", "0", "1", "2", "3", "4"),
            default=("default",),
            neutral="default",
            workloads=("handshake",),
            denied="the number of tickets that it sends cannot be set",
            ends=("server",),
        ),
    )
    session: str = field(
        default="",
        metadata=row(
            meaning="what the client keeps of a session: the library's object, or its bytes, which it parses "
            "to resume",
            values=("object", "serialised"),
            default=("object",),
            neutral="object",
            workloads=("handshake",),
            aliases={"serialized": "serialised", "bytes": "serialised"},
            denied="its API gives a session as an object, not as bytes",
            ends=("client",),
        ),
    )
    provider: str = field(default="", metadata=openssl.PROVIDER)
    security_level: str = field(default="", metadata=openssl.SECURITY_LEVEL)
    openssl_conf: str = field(default="", metadata=openssl.OPENSSL_CONF)
    cpu: str = field(
        default="",
        metadata=row(
            meaning="what the engines may use of an x86-64 processor: everything, no AES, no AVX-512, or "
            "nothing newer than SSE3",
            values=("native", "no-aes", "no-avx512", "baseline"),
            default=("native",),
            neutral="native",
            workloads=WORKLOADS,
            denied="it cannot be kept from using certain processor instructions",
        ),
    )
    link: str = field(
        default="",
        metadata=row(
            meaning="what carries the bytes between client and server",
            values=("memory", "tcp", "unix", "network"),
            default=("memory", "network"),
            neutral="memory",
            workloads=("handshake", "bulk", "echo", "request", "key_update", "completion"),
            before="cpu",
        ),
    )
    offload: str = field(default="", metadata=OFFLOAD)
    padding: str = field(default="", metadata=records.PADDING)
    record_size: str = field(default="", metadata=records.RECORD_SIZE)
    max_fragment_length: str = field(default="", metadata=records.MAX_FRAGMENT_LENGTH)
    record_size_limit: str = field(default="", metadata=records.RECORD_SIZE_LIMIT)
    request_update: str = field(default="", metadata=records.REQUEST_UPDATE)
    mtu: str = field(default="", metadata=transports.MTU)
    address_check: str = field(default="", metadata=transports.ADDRESS_CHECK)
    parts: str = field(default="", metadata=PARTS)
    certificate_compression: str = field(default="", metadata=CERTIFICATE_COMPRESSION)
    ech: str = field(default="", metadata=ECH)
    rtt: str = field(default="", metadata=networks.RTT)
    bandwidth: str = field(default="", metadata=networks.BANDWIDTH)
    loss: str = field(default="", metadata=networks.LOSS)
    mss: str = field(default="", metadata=networks.MSS)
    initcwnd: str = field(default="", metadata=networks.INITCWND)
    nodelay: str = field(default="", metadata=networks.NODELAY)
    congestion: str = field(default="", metadata=networks.CONGESTION)
    size: int = field(
        default=0,
        metadata=row(
            meaning="bytes of application data in one operation",
            values=USUAL_SIZES,
            default=("16KiB",),
            workloads=("bulk", "echo", "request", "primitive", "completion", "scaling"),
            parse=lambda word: format_size(parse_size(word)),
            read=parse_size,
            write=format_size,
            alone=BY_ITSELF,
        ),
    )
    algorithm: str = field(
        default="",
        metadata=row(
            meaning="the primitive and its operation",
            values=tuple(algorithm.name for algorithm in ALGORITHMS),
            default=("aes-128-gcm/encrypt",),
            workloads=("primitive",),
            aliases=aliases_of(ALGORITHMS),
            alone=BY_ITSELF,
            before="cpu",
        ),
    )
    operation: str = field(
        default="",
        metadata=row(
            meaning="what is done with a certificate, a CRL or an OCSP response",
            values=tuple(operation.name for operation in OPERATIONS),
            default=("verify",),
            workloads=("certificate",),
            alone=BY_ITSELF,
            before="key",
        ),
    )
    threads: int = field(default=0, metadata=scaling.THREADS)
    context: str = field(default="", metadata=scaling.CONTEXT)
    task: str = field(default="", metadata=scaling.TASK)
