"""From a scenario to a workload: contexts, PKI and link are made here, outside what is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar, cast

from tlsbench.errors import MeasurementError, TlsbenchError
from tlsbench.implementations import Implementation, PrimitiveImplementation, TlsImplementation
from tlsbench.links import open_link
from tlsbench.pki import Peers, peers_for
from tlsbench.scenarios import Scenario
from tlsbench.scenarios.axes import ONE_SIDED_WORKLOADS
from tlsbench.workloads.handshake import Handshake
from tlsbench.workloads.memory import Memory
from tlsbench.workloads.primitive import Primitive
from tlsbench.workloads.processor import prove_processor
from tlsbench.workloads.sample import Clock, Workload
from tlsbench.workloads.stream import Bulk, Echo

_Context = TypeVar("_Context")
_TLS_WORKLOADS: dict[str, type[Handshake | Bulk | Echo | Memory]] = {
    "handshake": Handshake,
    "bulk": Bulk,
    "echo": Echo,
    "memory": Memory,
}


def prepare(
    scenario: Scenario,
    implementations: Mapping[str, Implementation],
    clock: Clock,
    peers: Peers | None = None,
) -> Workload:
    """Make a cell ready to be sampled.

    :param implementations: by id, as :func:`tlsbench.implementations.registry.implementations` gives.
    :param clock: the instrument's clock, see :mod:`tlsbench.sampling.instruments`.
    :param peers: who meets; the process's own PKI without it.
    """
    client = implementations[scenario.client]
    prove_processor(scenario, implementations)
    if scenario.key:
        peers = peers or peers_for(scenario)
    if scenario.workload in ONE_SIDED_WORKLOADS:
        # The capabilities let only libraries of single operations come here.
        library = cast("PrimitiveImplementation", client)
        return Primitive(scenario, library.operation(scenario, peers), clock)
    assert peers is not None
    make_clients = partial(
        _context, client, cast("TlsImplementation", client).client_context, scenario, peers
    )
    server = implementations[scenario.server]
    servers = _context(server, cast("TlsImplementation", server).server_context, scenario, peers)
    cell = _TLS_WORKLOADS[scenario.workload](
        scenario, peers, make_clients(), servers, open_link(scenario.link or "memory"), clock
    )
    if isinstance(cell, Handshake) and scenario.trust != "memory":
        cell.make_clients = make_clients
    return cell


def _context(
    library: Implementation, make: Callable[[Scenario, Peers], _Context], scenario: Scenario, peers: Peers
) -> _Context:
    """What ``make`` gives; a library may refuse a configuration with an error of any kind."""
    try:
        return make(scenario, peers)
    except TlsbenchError:
        raise
    except Exception as error:  # libraries refuse with what they like: ssl.SSLError, TypeError, ValueError
        reason = " ".join(str(error).split()) or type(error).__name__
        raise MeasurementError(f"{library.id} refuses the configuration: {reason}") from error
