"""From a scenario to a workload: contexts, PKI and link are made here, outside what is measured."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeVar

from tlsbench.errors import MeasurementError, TlsbenchError
from tlsbench.implementations import (
    CallsPrimitives,
    Implementation,
    JoinsTickets,
    PrimitiveImplementation,
    SocketWriter,
    TlsImplementation,
)
from tlsbench.links import JOINED, STREAM, observe, open_link
from tlsbench.pki import Peers, peers_for
from tlsbench.scenarios import Scenario
from tlsbench.scenarios.axes import ONE_SIDED_WORKLOADS
from tlsbench.scenarios.groups import groups_to_retry
from tlsbench.scenarios.parts import aead_of
from tlsbench.workloads.completion import CompletionCell
from tlsbench.workloads.exchange import Exchange
from tlsbench.workloads.handshake import Handshake
from tlsbench.workloads.memory import Memory
from tlsbench.workloads.parts import Prices, bill, traffic_of
from tlsbench.workloads.primitive import Primitive
from tlsbench.workloads.processor import prove_processor
from tlsbench.workloads.sample import Clock, Workload
from tlsbench.workloads.stream import Bulk, Echo

_Thing = TypeVar("_Thing")
_TLS_WORKLOADS: dict[str, type[Handshake | Bulk | Echo | Memory | CompletionCell]] = {
    "handshake": Handshake,
    "bulk": Bulk,
    "echo": Echo,
    "memory": Memory,
    "completion": CompletionCell,
}


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
    client, server = _with_tls(client), _with_tls(implementations[scenario.server])
    wanted = _of_client(scenario)
    make_clients = partial(_made, _refusal(client), partial(client.client_context, wanted, peers))
    servers = _made(_refusal(server), partial(server.server_context, scenario, peers))
    joins_tickets = isinstance(server, JoinsTickets) and server.joins_tickets
    cell = _TLS_WORKLOADS[scenario.workload](
        scenario,
        peers,
        make_clients(),
        servers,
        open_link(_link_of(scenario)),
        clock,
        reader=JOINED if joins_tickets else STREAM,
    )
    if isinstance(cell, CompletionCell):
        cell.buffers = _buffer_of(client), _buffer_of(server)
    elif isinstance(cell, Handshake):
        if scenario.trust != "memory":
            cell.make_clients = make_clients
        if scenario.parts == "yes":
            ends = {"client": _with_primitives(client), "server": _with_primitives(server)}
            cell.price = partial(_prices, scenario, peers, ends, clock)
    return cell


def _prices(
    scenario: Scenario,
    peers: Peers,
    ends: Mapping[str, CallsPrimitives],
    clock: Clock,
    exchange: Exchange,
) -> Prices:
    """The operations of handshakes such as this one."""
    is_nonce_sent = aead_of(scenario.cipher) != "chacha20-poly1305"
    traffic = traffic_of(exchange.entries, scenario.version, is_nonce_sent=is_nonce_sent)
    exchanges_keys = observe(exchange.entries).group is not None
    return Prices(bill(scenario, peers, traffic, exchanges_keys=exchanges_keys), ends, clock)


def _with_primitives(member: Implementation) -> CallsPrimitives:
    if not isinstance(member, CallsPrimitives):
        raise MeasurementError(f"the single operations of {member.id} cannot be called")
    return member


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


def _buffer_of(library: TlsImplementation) -> int:
    if not isinstance(library, SocketWriter):
        raise MeasurementError(f"{library.id} does not say how it writes to a socket")
    return library.handshake_buffer_bytes


def _with_tls(member: Implementation) -> TlsImplementation:
    if not isinstance(member, TlsImplementation):
        raise MeasurementError(f"{member.id} has no TLS")
    return member


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
