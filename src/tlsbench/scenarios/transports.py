"""The axes of what TLS runs over: a stream, or datagrams, as DTLS and QUIC have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tlsbench.scenarios.axis import BY_ITSELF, row

#: The transports whose ends hand over datagrams.
DATAGRAMS: Final = ("dtls", "quic")
#: The smallest datagram that every path of QUIC carries (RFC 9000 section 14).
_SMALLEST_OF_QUIC: Final = 1200
#: The smallest that IPv4 must carry whole (RFC 791: 576 bytes with headers) and less, what QUIC begins with,
#: and what fits into a packet of 1,500 bytes, with and without room for a tunnel.
_MTUS: Final = ("256", "548", "1200", "1400", "1472", "8972")

_OF_CONNECTIONS: Final[Mapping[str, Any]] = {
    "workloads": ("handshake", "bulk", "echo", "request", "completion"),
    "rare": True,
}
TRANSPORT: Final = row(
    meaning="the protocol: TLS over a stream of bytes, or DTLS or QUIC in datagrams",
    values=("tls", *DATAGRAMS),
    default=("tls", "quic", "dtls"),
    neutral="tls",
    denied={"dtls": "it has no DTLS", "quic": "it has no QUIC"},
    alone=BY_ITSELF,
    # A KeyUpdate is one of TLS alone, so that over anything else there is a reason.
    **{**_OF_CONNECTIONS, "workloads": (*_OF_CONNECTIONS["workloads"], "key_update")},
)
MTU: Final = row(
    meaning="maximum bytes in a datagram, without UDP and IP headers",
    values=_MTUS,
    default=("1200",),
    neutral="1200",
    denied="the size of its datagrams cannot be set",
    **_OF_CONNECTIONS,
)
ADDRESS_CHECK: Final = row(
    meaning="whether the server first validates the client's address: by a cookie in DTLS, a Retry in QUIC",
    values=("no", "yes"),
    default=("no", "yes"),
    neutral="no",
    aliases={"cookie": "yes", "retry": "yes"},
    denied="it does not check addresses",
    ends=("server",),
    **_OF_CONNECTIONS,
)


def spoken(transport: str, version: str) -> str:
    """What is spoken, as people write it: ``"TLS 1.3"``, ``"DTLS 1.2"``, ``"QUIC v1"``."""
    return "QUIC v1" if transport == "quic" else f"{(transport or 'tls').upper()} {version}"


#: The values of ``mtu`` that are too small for QUIC.
TOO_SMALL_FOR_QUIC: Final = tuple(value for value in _MTUS if int(value) < _SMALLEST_OF_QUIC)
