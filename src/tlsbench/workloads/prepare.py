"""From a scenario to a workload: contexts, PKI and link are made here, outside the timed code."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from tlsbench.errors import MeasurementError, TlsbenchError
from tlsbench.implementations import (
    CallsPrimitives,
    Implementation,
    JoinsTickets,
    LimitsKeyUpdates,
    PrimitiveImplementation,
    SocketWriter,
)
from tlsbench.implementations.native import NativeLibrary
from tlsbench.links import STREAM, WireReader
from tlsbench.pki import Peers, peers_for
from tlsbench.scenarios import Scenario, ciphers
from tlsbench.scenarios.axes import ONE_SIDED_WORKLOADS
from tlsbench.scenarios.groups import groups_to_retry
from tlsbench.scenarios.transports import DATAGRAMS
from tlsbench.workloads.completion import CompletionCell, NetworkCell
from tlsbench.workloads.compression_proof import witness_of
from tlsbench.workloads.datagram_completion import DatagramCompletionCell
from tlsbench.workloads.decrypted import DecryptedHandshakes
from tlsbench.workloads.exchange import Connection
from tlsbench.workloads.handshake import Handshake
from tlsbench.workloads.hidden_credentials import hides_credentials, look_for_credentials
from tlsbench.workloads.hidden_limits import hides_limits, look_for_limits
from tlsbench.workloads.key_update import KeyUpdate
from tlsbench.workloads.memory import Memory
from tlsbench.workloads.parts import Prices, bill, traffic_of
from tlsbench.workloads.primitive import Primitive
from tlsbench.workloads.processor import prove_processor
from tlsbench.workloads.sample import Clock, Workload
from tlsbench.workloads.scaling.cell import Scaling
from tlsbench.workloads.scaling.lanes import Lanes
from tlsbench.workloads.stream import Bulk, Echo, Request
from tlsbench.workloads.transports import TRANSPORTS, Transport, over_streams

_Thing = TypeVar("_Thing")
_TLS_WORKLOADS: dict[
    str, Callable[..., Handshake | Bulk | Echo | Request | KeyUpdate | Memory | CompletionCell]
] = {
    "handshake": Handshake,
    "bulk": Bulk,
    "echo": Echo,
    "request": Request,
    "key_update": KeyUpdate,
    "memory": Memory,
    "completion": CompletionCell,
}
#: The workloads that have another class over datagrams.
_OVER_DATAGRAMS: dict[str, Callable[..., NetworkCell]] = {"completion": DatagramCompletionCell}


def prepare(
    scenario: Scenario,
    implementations: Mapping[str, Implementation],
    clock: Clock,
    peers: Peers | None = None,
) -> Workload:
    """Make a cell ready to be sampled.

    :param implementations: implementations by id, which must include the scenario's ends; as returned by
        :func:`tlsbench.implementations.registry.ends_of`.
    :param clock: the instrument's clock, see :mod:`tlsbench.sampling.instruments`.
    :param peers: the identities of both sides; by default, the process's own PKI.
    """
    client = implementations[scenario.client]
    prove_processor(scenario, implementations)
    if scenario.workload == "scaling":
        return Scaling(scenario, lanes_of(scenario, implementations, peers), _native(implementations))
    if scenario.key:
        peers = peers or _peers_of(scenario)
    if scenario.workload in ONE_SIDED_WORKLOADS:
        if not isinstance(client, PrimitiveImplementation):
            raise MeasurementError(f"{client.id} has no single operations to measure")
        operation = _made(_refusal(client), partial(client.operation, scenario, peers))
        return Primitive(scenario, operation, clock)
    assert peers is not None
    server = implementations[scenario.server]
    transport = TRANSPORTS[scenario.transport or "tls"]
    wanted = _of_client(scenario)
    make_clients = partial(_made, _refusal(client), partial(transport.clients(client), wanted, peers))
    make_servers = partial(_made, _refusal(server), partial(transport.servers(server), scenario, peers))
    servers = make_servers()
    if scenario.workload == "request":
        make_clients, servers = transport.with_http(make_clients, servers)
    others = _OVER_DATAGRAMS if scenario.transport in DATAGRAMS else {}
    cell = {**_TLS_WORKLOADS, **others}[scenario.workload](
        scenario,
        peers,
        make_clients(),
        servers,
        transport.open_link(_link_of(scenario)),
        clock,
        reader=_reader_of(server, transport),
        shake=transport.shake,
        **_limits(scenario, client, server),
    )
    if isinstance(cell, Bulk | Echo | Handshake):
        cell.look = _look_of(scenario, peers, DecryptedHandshakes(scenario, make_clients, make_servers))
    if isinstance(cell, Handshake):
        _equip(cell, {"client": client, "server": server}, clock, make_clients, make_servers)
    return cell


def _look_of(scenario: Scenario, peers: Peers, handshakes: DecryptedHandshakes) -> Callable[[], None] | None:
    """Return a function that proves, once per cell, what the wire hides; None if it hides nothing."""
    looks: list[Callable[[], None]] = []
    if hides_credentials(scenario):
        looks.append(partial(look_for_credentials, scenario, peers, handshakes))
    if hides_limits(scenario):
        looks.append(partial(look_for_limits, scenario, handshakes))

    def look() -> None:
        with closing(handshakes):
            for one in looks:
                one()

    return look if looks else None


def _equip(
    cell: Handshake,
    ends: Mapping[str, Implementation],
    clock: Clock,
    make_clients: Callable[[], Any],
    make_servers: Callable[[], Any],
) -> None:
    """Give a cell of handshakes what its scenario needs besides contexts and a link."""
    scenario = cell.scenario
    cell.witness = witness_of(DecryptedHandshakes(scenario, make_clients, make_servers), cell.reader)
    if isinstance(cell, CompletionCell):
        cell.buffers = _buffer_of(ends["client"]), _buffer_of(ends["server"])
        return
    if scenario.trust not in ("", "memory"):
        cell.make_clients = make_clients
    if scenario.parts == "yes":
        able = {side: _with_primitives(member) for side, member in ends.items()}
        cell.price = partial(_prices, scenario, cell.peers, able, clock)


def lanes_of(
    scenario: Scenario, implementations: Mapping[str, Implementation], peers: Peers | None = None
) -> Lanes:
    """Return the maker of lanes for a scenario of ``workload=scaling``; arguments as in :func:`prepare`."""
    peers = peers or _peers_of(scenario)
    client, server = (over_streams(implementations[end]) for end in (scenario.client, scenario.server))
    return Lanes(
        scenario,
        peers,
        partial(_made, _refusal(client), partial(client.client_context, scenario, peers)),
        partial(_made, _refusal(server), partial(server.server_context, scenario, peers)),
        _reader_of(server, TRANSPORTS["tls"]),
    )


def _reader_of(server: Implementation, transport: Transport) -> WireReader:
    joins_tickets = isinstance(server, JoinsTickets) and server.joins_tickets
    return transport.reader_of_joined if joins_tickets else transport.reader


def _native(implementations: Mapping[str, Implementation]) -> list[NativeLibrary]:
    """The libraries that are called through cffi."""
    found = [getattr(member, "library", None) for member in implementations.values()]
    return [library for library in found if isinstance(library, NativeLibrary)]


def _peers_of(scenario: Scenario) -> Peers:
    return _made(f"the keys and certificates cannot be made{_hint()}", partial(peers_for, scenario))


def _prices(
    scenario: Scenario,
    peers: Peers,
    ends: Mapping[str, CallsPrimitives],
    clock: Clock,
    exchange: Connection,
) -> Prices:
    """The operations of handshakes like this one, ready to be measured."""
    traffic = traffic_of(exchange.entries, scenario.version, ciphers.BY_NAME[scenario.cipher])
    exchanges_keys = STREAM.observe(exchange.entries).group is not None
    return Prices(bill(scenario, peers, traffic, exchanges_keys=exchanges_keys), ends, clock)


def _with_primitives(member: Implementation) -> CallsPrimitives:
    if not isinstance(member, CallsPrimitives):
        raise MeasurementError(f"the single operations of {member.id} cannot be called")
    return member


def _of_client(scenario: Scenario) -> Scenario:
    """The scenario as its client sees it: with another group first, if it is to get a HelloRetryRequest."""
    if scenario.hello_retry != "yes":
        return scenario
    return replace(scenario, group=groups_to_retry(scenario.group))


def _hint() -> str:
    """A hint if the cryptography package, which makes them, reads a configuration for another OpenSSL."""
    if "OPENSSL_CONF" not in os.environ:
        return ""
    return f" with OPENSSL_CONF={os.environ['OPENSSL_CONF']} (unset it; for a libssl use openssl_conf=)"


def _link_of(scenario: Scenario) -> str:
    """The link of a cell; if its network is simulated, memory, for the handshakes that are not timed."""
    return scenario.link if scenario.link not in ("", "network") else "memory"


def _buffer_of(library: Implementation) -> int:
    if not isinstance(library, SocketWriter):
        raise MeasurementError(f"{library.id} does not say how it writes to a socket")
    return library.handshake_buffer_bytes


def _limits(scenario: Scenario, *ends: Implementation) -> dict[str, int]:
    """How many KeyUpdates a connection may have, as an argument for the cell, if an end limits them."""
    if scenario.workload != "key_update":
        return {}
    most = [end.most_key_updates for end in ends if isinstance(end, LimitsKeyUpdates)]
    return {"most_writes": min(most, default=0)}


def _refusal(library: Implementation) -> str:
    return f"{library.id} refuses the configuration"


def _made(refusal: str, make: Callable[[], _Thing]) -> _Thing:
    """Return what ``make`` returns; a library may refuse with an error of any kind."""
    try:
        return make()
    except TlsbenchError:
        raise
    except Exception as error:  # libraries refuse with any error: ssl.SSLError, TypeError, ValueError
        reason = " ".join(str(error).split()) or type(error).__name__
        raise MeasurementError(f"{refusal}: {reason}") from error
