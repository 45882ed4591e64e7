"""What the cells that need a TLS connection have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tlsbench.implementations import ClientContext, ServerContext
from tlsbench.links import STREAM, Link, WireReader
from tlsbench.pki import Peers
from tlsbench.scenarios import Scenario
from tlsbench.workloads.proof import Proof
from tlsbench.workloads.sample import Clock


@dataclass(slots=True)
class ConnectionCell:
    """A scenario with all that was made for it: contexts, PKI and link are its own."""

    scenario: Scenario
    peers: Peers
    clients: ClientContext
    servers: ServerContext
    link: Link
    clock: Clock
    #: What the server's tickets on the wire are counted by.
    reader: WireReader = field(default=STREAM, kw_only=True)
    _proof: Proof | None = field(default=None, init=False)

    def proof(self) -> Mapping[str, object]:
        return self._proof.record() if self._proof is not None else {}

    def close(self) -> None:
        self.link.close()
