"""The axes of the matrix: each a name, a meaning, and the values it can take.

``default`` is an order of preference: an axis that a request leaves open takes the first value
that TLS and both libraries allow beside the values that were given (``cipher=TLS_ECDHE_RSA_…`` alone brings
``version=1.2`` and an RSA key). ``neutral`` is the value that means "nothing special": it is left
out of a scenario's id, so that an axis added later does not change the ids already stored.
"""

from __future__ import annotations

from dataclasses import dataclass

from tlsbench.scenarios.algorithms import ALGORITHMS
from tlsbench.scenarios.ciphers import CIPHER_SUITES
from tlsbench.scenarios.groups import GROUPS
from tlsbench.scenarios.keys import KEY_TYPES
from tlsbench.scenarios.operations import OPERATIONS
from tlsbench.scenarios.signatures import SIGNATURE_SCHEMES


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis. ``values`` is empty where the set is open (implementations)."""

    name: str
    meaning: str
    values: tuple[str, ...]
    default: tuple[str, ...]
    neutral: str = ""


_SIZES = ("16B", "64B", "256B", "1KiB", "4KiB", "16KiB", "64KiB", "256KiB", "1MiB")

_KEY_NAMES = tuple(key_type.name for key_type in KEY_TYPES)

_AXES = (
    Axis(
        "workload",
        "what one sample does",
        ("handshake", "bulk", "echo", "memory", "primitive", "certificate"),
        ("handshake",),
    ),
    Axis(
        "implementation",
        "the TLS library at both ends (client= and server= set one end)",
        (),
        ("pyopenssl", "cryptography"),
    ),
    Axis("client", "the TLS library of the client", (), ()),
    Axis("server", "the TLS library of the server", (), ()),
    Axis("version", "TLS protocol version", ("1.2", "1.3"), ("1.3", "1.2")),
    Axis(
        "cipher",
        "cipher suite, IANA name",
        tuple(suite.name for suite in CIPHER_SUITES),
        (
            "TLS_AES_256_GCM_SHA384",
            "TLS_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        ),
    ),
    Axis(
        "group",
        "key exchange group, IANA name",
        tuple(group.name for group in GROUPS),
        ("secp256r1", "x25519", "X25519MLKEM768", "secp384r1", "secp521r1"),
    ),
    Axis(
        "key",
        "key type of the certificates",
        _KEY_NAMES,
        ("ecdsa-secp256r1", "rsa-2048"),
    ),
    Axis(
        "chain_length",
        "certificates that the server sends",
        ("1", "2", "3", "4", "5"),
        ("1", "2"),
        neutral="1",
    ),
    Axis(
        "intermediate_key",
        "key type of the intermediates, if not the leaf's",
        ("same", *_KEY_NAMES),
        ("same",),
        neutral="same",
    ),
    Axis(
        "root_key",
        "key type of the root, if not the leaf's",
        ("same", *_KEY_NAMES),
        ("same",),
        neutral="same",
    ),
    Axis(
        "client_auth",
        "whether the client shows a certificate too",
        ("none", "required"),
        ("none",),
        neutral="none",
    ),
    Axis(
        "resumption",
        "how the session is resumed (none is a full handshake)",
        ("none", "session-id", "ticket", "psk", "early-data"),
        ("none",),
        neutral="none",
    ),
    Axis(
        "ocsp",
        "whether the server staples an OCSP response, which the client checks",
        ("none", "stapled"),
        ("none",),
        neutral="none",
    ),
    Axis(
        "trust",
        "the client's roots: one, in memory before; or a file of so many, loaded anew for each connection",
        ("memory", "1", "150"),
        ("memory",),
        neutral="memory",
    ),
    Axis(
        "signature",
        "how the server signs the handshake, IANA name (default is what both libraries prefer)",
        ("default", *(scheme.name for scheme in SIGNATURE_SCHEMES)),
        ("default",),
        neutral="default",
    ),
    Axis(
        "tickets",
        "session tickets that a TLS 1.3 server sends after a handshake (default is the library's own number)",
        ("default", "0", "1", "2", "3", "4"),
        ("default",),
        neutral="default",
    ),
    Axis(
        "session",
        "what a client keeps of a session: the library's object, or its bytes, which it parses to resume",
        ("object", "serialised"),
        ("object",),
        neutral="object",
    ),
    Axis(
        "cpu",
        "what the engines may use of an x86-64 processor: all of it, or not its AES, its AVX-512, or neither "
        "these nor anything since SSE3",
        ("native", "no-aes", "no-avx512", "baseline"),
        ("native",),
        neutral="native",
    ),
    Axis(
        "link",
        "what carries the bytes between client and server",
        ("memory", "tcp", "unix"),
        ("memory",),
        neutral="memory",
    ),
    Axis("size", "bytes of application data in one operation", _SIZES, ("16KiB",)),
    Axis(
        "algorithm",
        "the primitive and its operation",
        tuple(algorithm.name for algorithm in ALGORITHMS),
        ("aes-128-gcm/encrypt",),
    ),
    Axis(
        "operation",
        "what is done with a certificate, a CRL or an OCSP response",
        tuple(operation.name for operation in OPERATIONS),
        ("verify",),
    ),
)

AXES = {axis.name: axis for axis in _AXES}

_CONNECTION_AXES = ("client", "server", "version", "cipher", "group", "key", "chain_length", "client_auth")
_ISSUER_AXES = ("intermediate_key", "root_key")
_HANDSHAKE_AXES = ("ocsp", "trust", "signature", "tickets", "resumption", "session")

#: The axes that mean something to each workload, in the order in which an id spells them.
WORKLOAD_AXES = {
    "handshake": ("workload", *_CONNECTION_AXES, *_ISSUER_AXES, *_HANDSHAKE_AXES, "link", "cpu"),
    "bulk": ("workload", *_CONNECTION_AXES, "link", "cpu", "size"),
    "echo": ("workload", *_CONNECTION_AXES, "link", "cpu", "size"),
    "memory": ("workload", *_CONNECTION_AXES, *_ISSUER_AXES, "cpu"),
    "primitive": ("workload", "client", "server", "algorithm", "cpu", "size"),
    "certificate": ("workload", "client", "server", "operation", "key", "chain_length", *_ISSUER_AXES, "cpu"),
}

#: The workloads that speak TLS. The others call one library, on one side.
TLS_WORKLOADS = tuple(workload for workload, axes in WORKLOAD_AXES.items() if "version" in axes)
ONE_SIDED_WORKLOADS = tuple(workload for workload in WORKLOAD_AXES if workload not in TLS_WORKLOADS)
