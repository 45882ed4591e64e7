"""Which implementations interoperate: every pair, tried with a proved handshake."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from tlsbench.errors import TlsbenchError
from tlsbench.implementations import DatagramImplementation, Implementation, TlsImplementation
from tlsbench.scenarios import Capabilities, Scenario, expand, parse
from tlsbench.scenarios.axes import AXES
from tlsbench.scenarios.transports import spoken
from tlsbench.workloads.prepare import prepare


@dataclass(frozen=True, slots=True)
class Pair:
    """A client and a server, a transport and a version: how they connected, or why they cannot.

    ``failed`` means that the handshake should have been possible, but failed.
    """

    client: str
    server: str
    version: str
    scenario: Scenario | None
    reason: str = ""
    failed: bool = False
    transport: str = "tls"

    @property
    def protocol(self) -> str:
        """The name of the protocol that they speak, as usually written."""
        return spoken(self.transport, self.version)


def pairs(
    implementations: Mapping[str, Implementation],
    capabilities: Mapping[str, Capabilities],
    selector: str = "",
    transports: Sequence[str] = AXES["transport"].values,
) -> Iterator[Pair]:
    """Every pair of libraries that speak a transport, for each version, with a full handshake if they can.

    :param selector: further requirements on the handshake, such as ``"key=rsa-2048"``.
    :param transports: values of the axis ``transport``.
    """
    for transport in transports:
        libraries = [name for name, member in implementations.items() if _speaks(transport, member)]
        for version in AXES["version"].values if transport != "quic" else ("1.3",):
            for client, server in product(libraries, repeat=2):
                ends = f"client={client} server={server} transport={transport} version={version}"
                matrix = expand([parse([f"{ends} {selector}"], tuple(implementations))], capabilities)
                if not matrix.scenarios:
                    reason = matrix.excluded[0].reason
                    yield Pair(client, server, version, None, reason, transport=transport)
                    continue
                pair = Pair(client, server, version, matrix.scenarios[0], transport=transport)
                yield _tried(pair, implementations)


def _speaks(transport: str, member: Implementation) -> bool:
    """Whether a library supports a transport at all."""
    if transport == "tls":
        return isinstance(member, TlsImplementation)
    named = {"transport", f"transport={transport}"}
    return isinstance(member, DatagramImplementation) and bool(named & set(member.capabilities().supports))


def _tried(pair: Pair, implementations: Mapping[str, Implementation]) -> Pair:
    assert pair.scenario is not None
    try:
        workload = prepare(pair.scenario, implementations, time.perf_counter_ns)
        try:
            workload.sample()
        finally:
            workload.close()
    except TlsbenchError as error:
        return replace(pair, reason=str(error), failed=True)
    return pair
