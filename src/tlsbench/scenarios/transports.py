"""The axes for what TLS runs over: a stream, or the datagrams of DTLS and QUIC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tlsbench.scenarios.axis import BY_ITSELF, row

#: The transports whose ends exchange datagrams.
DATAGRAMS: Final = ("dtls", "quic")
#: The datagram size that every path of QUIC must support (RFC 9000 section 14).
_SMALLEST_OF_QUIC: Final = 1200
#: 548 is what every IPv4 host must accept (RFC 791: 576 bytes with headers), 1200 is QUIC's initial size,
#: 1472 fits into a packet of 1,500 bytes, 1400 leaves room for a tunnel there, 8972 fits into one of 9,000.
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
    # Only TLS has a KeyUpdate; the axis applies to it so that other transports are refused with a reason.
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
    """The protocol and version as usually written: ``"TLS 1.3"``, ``"DTLS 1.2"``, ``"QUIC v1"``."""
    return "QUIC v1" if transport == "quic" else f"{(transport or 'tls').upper()} {version}"


#: The values of ``mtu`` that are too small for QUIC.
TOO_SMALL_FOR_QUIC: Final = tuple(value for value in _MTUS if int(value) < _SMALLEST_OF_QUIC)
