"""From a scenario to a workload: contexts, PKI and link are made here, outside what is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar, cast

from tlsbench.errors import MeasurementError, TlsbenchError
from tlsbench.implementations import Implementation, PrimitiveImplementation, TlsImplementation
from tlsbench.links import open_link
from tlsbench.pki import Peers, peers_for
from tlsbench.scenarios import Scenario
from tlsbench.workloads.handshake import Handshake
from tlsbench.workloads.primitive import Primitive
from tlsbench.workloads.sample import Clock, Workload
from tlsbench.workloads.stream import Bulk, Echo

_Context = TypeVar("_Context")
_TLS_WORKLOADS: dict[str, type[Handshake | Bulk | Echo]] = {
    "handshake": Handshake,
    "bulk": Bulk,
    "echo": Echo,
}


def prepare(
    scenario: Scenario,
    implementations: Mapping[str, Implementation],
    clock: Clock,
    peers: Peers | None = None,
) -> Workload:
    """Make a cell ready to be sampled.

    :param implementations: by id, as :func:`tlsbench.implementations.registry.implementations` gives.
    :param clock: the meter's clock, see :mod:`tlsbench.sampling.meters`.
    :param peers: who meets; the process's own PKI without it.
    """
    client = implementations[scenario.client]
    if scenario.workload == "primitive":
        # The capabilities let only libraries of primitives come here.
        library = cast("PrimitiveImplementation", client)
        return Primitive(scenario, library.operation(scenario), clock)
    peers = peers or peers_for(scenario)
    clients = _context(client, cast("TlsImplementation", client).client_context, scenario, peers)
    server = implementations[scenario.server]
    servers = _context(server, cast("TlsImplementation", server).server_context, scenario, peers)
    make = _TLS_WORKLOADS[scenario.workload]
    return make(scenario, peers, clients, servers, open_link(scenario.link), clock)


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
