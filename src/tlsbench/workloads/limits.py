"""What a server of TLS 1.3 agrees to of the size of records, which its EncryptedExtensions hide.

Before the first sample a handshake is made apart and opened, as :mod:`tlsbench.workloads.hidden` does for
what else is hidden. Where neither library gives its secrets, what both say and the records themselves count.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tlsbench import files
from tlsbench.links import MemoryLink
from tlsbench.protocol.messages import ENCRYPTED_EXTENSIONS
from tlsbench.scenarios import Scenario
from tlsbench.workloads.exchange import shake_hands
from tlsbench.workloads.hidden import Opener, extensions_of
from tlsbench.workloads.key_logs import one_logs_keys
from tlsbench.workloads.records import LIMITS, limits_of


def hides_limits(scenario: Scenario) -> bool:
    """Whether a scenario asks for a limit to which a server agrees in secret."""
    return scenario.version == "1.3" and bool(limits_of(scenario))


def look_for_limits(
    scenario: Scenario, make_clients: Callable[[], Any], make_servers: Callable[[], Any]
) -> None:
    """Make a handshake apart, and prove what its server agreed to.

    :param make_clients: makes a client's context, which is used for nothing else, as a server's is.
    :raises ProofError: if it is not what the scenario asks for.
    """
    clients, servers = make_clients(), make_servers()
    with files.temporary(b"", ".keylog") as path:
        if not one_logs_keys((servers, clients), path):
            return
        exchange = shake_hands(clients, servers, MemoryLink(), time.perf_counter_ns)
        messages = Opener(path).read(exchange.entries)
        body = next(one.body for one in messages if one.kind == ENCRYPTED_EXTENSIONS)
        answered = extensions_of(body)
        for axis, wanted in limits_of(scenario).items():
            LIMITS[axis].prove(axis, wanted, answered, "EncryptedExtensions")
        exchange.close()
