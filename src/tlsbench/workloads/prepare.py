"""From a scenario to a workload: contexts, PKI and link are made here, outside what is measured."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeVar

from tlsbench.errors import MeasurementError, TlsbenchError
from tlsbench.implementations import (
    Implementation,
    JoinsTickets,
    PrimitiveImplementation,
    SocketWriter,
)
from tlsbench.pki import Peers, peers_for
from tlsbench.scenarios import Scenario
from tlsbench.scenarios.axes import ONE_SIDED_WORKLOADS
from tlsbench.scenarios.groups import groups_to_retry
from tlsbench.scenarios.transports import DATAGRAMS
from tlsbench.workloads.completion import CompletionCell, NetworkCell
from tlsbench.workloads.datagram_completion import DatagramCompletionCell
from tlsbench.workloads.handshake import Handshake
from tlsbench.workloads.memory import Memory
from tlsbench.workloads.primitive import Primitive
from tlsbench.workloads.processor import prove_processor
from tlsbench.workloads.sample import Clock, Workload
from tlsbench.workloads.stream import Bulk, Echo, Request
from tlsbench.workloads.transports import TRANSPORTS

_Thing = TypeVar("_Thing")
_TLS_WORKLOADS: dict[str, Callable[..., Handshake | Bulk | Echo | Request | Memory | CompletionCell]] = {
    "handshake": Handshake,
    "bulk": Bulk,
    "echo": Echo,
    "request": Request,
    "memory": Memory,
    "completion": CompletionCell,
}
#: Those that are others over datagrams.
_OVER_DATAGRAMS: dict[str, Callable[..., NetworkCell]] = {"completion": DatagramCompletionCell}


def prepare(
    scenario: Scenario,
    implementations: Mapping[str, Implementation],
    clock: Clock,
    peers: Peers | None = None,
) -> Workload:
    """Make a cell ready to be sampled.

    :param implementations: by id, those of the scenario's ends among them, as
        :func:`tlsbench.implementations.registry.ends_of` gives.
    :param clock: the instrument's clock, see :mod:`tlsbench.sampling.instruments`.
    :param peers: who meets; the process's own PKI without it.
    """
    client = implementations[scenario.client]
    prove_processor(scenario, implementations)
    if scenario.key:
        peers = peers or _made(
            f"the keys and certificates cannot be made{_hint()}", partial(peers_for, scenario)
        )
    if scenario.workload in ONE_SIDED_WORKLOADS:
        if not isinstance(client, PrimitiveImplementation):
            raise MeasurementError(f"{client.id} has no single operations")
        operation = _made(_refusal(client), partial(client.operation, scenario, peers))
        return Primitive(scenario, operation, clock)
    assert peers is not None
    server = implementations[scenario.server]
    transport = TRANSPORTS[scenario.transport or "tls"]
    wanted = _of_client(scenario)
    make_clients = partial(_made, _refusal(client), partial(transport.clients(client), wanted, peers))
    servers = _made(_refusal(server), partial(transport.servers(server), scenario, peers))
    if scenario.workload == "request":
        make_clients, servers = transport.with_http(make_clients, servers)
    joins_tickets = isinstance(server, JoinsTickets) and server.joins_tickets
    others = _OVER_DATAGRAMS if scenario.transport in DATAGRAMS else {}
    cell = {**_TLS_WORKLOADS, **others}[scenario.workload](
        scenario,
        peers,
        make_clients(),
        servers,
        transport.open_link(_link_of(scenario)),
        clock,
        reader=transport.reader_of_joined if joins_tickets else transport.reader,
        shake=transport.shake,
    )
    if isinstance(cell, CompletionCell):
        cell.buffers = _buffer_of(client), _buffer_of(server)
    elif isinstance(cell, Handshake) and scenario.trust != "memory":
        cell.make_clients = make_clients
    return cell


def _of_client(scenario: Scenario) -> Scenario:
    """The scenario as its client sees it: with another group first, if it is to be asked again."""
    if scenario.hello_retry != "yes":
        return scenario
    return replace(scenario, group=groups_to_retry(scenario.group))


def _hint() -> str:
    """Where the cryptography package, which makes them, reads a configuration that is for another OpenSSL."""
    if "OPENSSL_CONF" not in os.environ:
        return ""
    return f" with OPENSSL_CONF={os.environ['OPENSSL_CONF']} (unset it; for a libssl there is openssl_conf=)"


def _link_of(scenario: Scenario) -> str:
    """What carries the handshakes that no one times; a network is simulated, and has no link of its own."""
    return scenario.link if scenario.link not in ("", "network") else "memory"


def _buffer_of(library: Implementation) -> int:
    if not isinstance(library, SocketWriter):
        raise MeasurementError(f"{library.id} does not say how it writes to a socket")
    return library.handshake_buffer_bytes


def _refusal(library: Implementation) -> str:
    return f"{library.id} refuses the configuration"


def _made(refusal: str, make: Callable[[], _Thing]) -> _Thing:
    """What ``make`` gives; a library may refuse with an error of any kind."""
    try:
        return make()
    except TlsbenchError:
        raise
    except Exception as error:  # libraries refuse with what they like: ssl.SSLError, TypeError, ValueError
        reason = " ".join(str(error).split()) or type(error).__name__
        raise MeasurementError(f"{refusal}: {reason}") from error
