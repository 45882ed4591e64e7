"""How the workloads differ between transports: one row for each value of the axis ``transport``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tlsbench.errors import MeasurementError
from tlsbench.implementations import (
    ClientContext,
    DatagramClientContext,
    DatagramImplementation,
    DatagramServerContext,
    Implementation,
    ServerContext,
    TlsImplementation,
)
from tlsbench.links import (
    DTLS,
    JOINED,
    STREAM,
    DatagramLink,
    Link,
    MemoryDatagrams,
    WireReader,
    open_link,
)
from tlsbench.links.quic import QUIC
from tlsbench.workloads.datagrams import shake_hands_by_datagrams
from tlsbench.workloads.exchange import Connection, shake_hands
from tlsbench.workloads.http2 import Http2Clients, Http2Servers

Clients = Callable[..., ClientContext | DatagramClientContext]
Servers = Callable[..., ServerContext | DatagramServerContext]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """How the ends of a transport connect.

    :param clients: returns the method of an implementation that makes a client context from a scenario and
        its peers; raises ``MeasurementError`` if the implementation does not support the transport.
    :param servers: the same for a server context.
    :param open_link: opens the link, given a value of the axis ``link``.
    :param shake: like :func:`tlsbench.workloads.exchange.shake_hands`, over that link.
    :param with_http: wraps a maker of client contexts and a server context so that their ends speak HTTP, as
        they do over QUIC in any case.
    :param reader: reads the link's ledger.
    :param reader_of_joined: the same for a server that puts several tickets into one record.
    """

    clients: Callable[[Implementation], Clients]
    servers: Callable[[Implementation], Servers]
    open_link: Callable[[str], Link | DatagramLink]
    shake: Callable[..., Connection]
    with_http: Callable[[Any, Any], tuple[Any, Any]] = lambda make_clients, servers: (make_clients, servers)
    reader: WireReader
    reader_of_joined: WireReader


def over_streams(member: Implementation) -> TlsImplementation:
    """Return an implementation, typed as one that has TLS.

    :raises MeasurementError: if it has none.
    """
    if not isinstance(member, TlsImplementation):
        raise MeasurementError(f"{member.id} has no TLS")
    return member


def _over_datagrams(member: Implementation) -> DatagramImplementation:
    if not isinstance(member, DatagramImplementation):
        raise MeasurementError(f"{member.id} has neither DTLS nor QUIC")
    return member


#: What DTLS and QUIC have in common.
_IN_DATAGRAMS: Final[Mapping[str, Any]] = {
    "clients": lambda member: _over_datagrams(member).datagram_client_context,
    "servers": lambda member: _over_datagrams(member).datagram_server_context,
    "open_link": lambda _name: MemoryDatagrams(),
    "shake": shake_hands_by_datagrams,
}
TRANSPORTS: Final[Mapping[str, Transport]] = {
    "tls": Transport(
        clients=lambda member: over_streams(member).client_context,
        servers=lambda member: over_streams(member).server_context,
        open_link=open_link,
        shake=shake_hands,
        with_http=lambda make, servers: (lambda: Http2Clients(make()), Http2Servers(servers)),
        reader=STREAM,
        reader_of_joined=JOINED,
    ),
    "dtls": Transport(**_IN_DATAGRAMS, reader=DTLS, reader_of_joined=DTLS),
    "quic": Transport(**_IN_DATAGRAMS, reader=QUIC, reader_of_joined=QUIC),
}
