"""Which implementations talk to which: every pair, tried with a proved handshake."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tlsbench.errors import TlsbenchError
from tlsbench.implementations import Implementation, TlsImplementation
from tlsbench.scenarios import Capabilities, Scenario, expand, parse
from tlsbench.scenarios.axes import AXES
from tlsbench.workloads.prepare import prepare


@dataclass(frozen=True, slots=True)
class Pair:
    """A client and a server of a version: the scenario in which they met, or the reason why they cannot.

    ``failed`` tells that nothing stood in the way, and it failed all the same.
    """

    client: str
    server: str
    version: str
    scenario: Scenario | None
    reason: str = ""
    failed: bool = False


def pairs(
    implementations: Mapping[str, Implementation],
    capabilities: Mapping[str, Capabilities],
    selector: str = "",
) -> Iterator[Pair]:
    """Every pair of TLS libraries, for each version, with one full handshake where they can.

    :param selector: what else to ask of the handshake, such as ``"key=rsa-2048"``.
    """
    libraries = [name for name, member in implementations.items() if isinstance(member, TlsImplementation)]
    for version in AXES["version"].values:
        for client in libraries:
            for server in libraries:
                text = f"client={client} server={server} version={version} {selector}"
                matrix = expand([parse([text], tuple(implementations))], capabilities)
                if not matrix.scenarios:
                    yield Pair(client, server, version, None, matrix.excluded[0].reason)
                    continue
                yield _tried(Pair(client, server, version, matrix.scenarios[0]), implementations)


def _tried(pair: Pair, implementations: Mapping[str, Implementation]) -> Pair:
    assert pair.scenario is not None
    try:
        workload = prepare(pair.scenario, implementations, time.perf_counter_ns)
        try:
            workload.sample()
        finally:
            workload.close()
    except TlsbenchError as error:
        return Pair(pair.client, pair.server, pair.version, pair.scenario, str(error), failed=True)
    return pair
