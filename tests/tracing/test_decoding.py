from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tlsbench.errors import WireError
from tlsbench.implementations import ClientContext, LogsKeys
from tlsbench.implementations.registry import tls_library
from tlsbench.links import Direction, MemoryLink
from tlsbench.pki import peers_for
from tlsbench.scenarios import Scenario
from tlsbench.tracing import KeyLog, Piece
from tlsbench.tracing.decoding import messages_of
from tlsbench.tracing.records import records_of
from tlsbench.workloads.exchange import Exchange, shake_hands


def read(exchange: Exchange, log: Path) -> list[str]:
    pieces = [Piece(*entry) for entry in exchange.entries]
    key_log = KeyLog.parse(log.read_text(encoding="ascii"))
    return [message.name for message in messages_of(records_of(pieces), key_log)]


@pytest.mark.parametrize("name", ["pyopenssl", "libssl"])
def test_early_data_that_the_server_refuses_has_no_end_and_the_handshake_goes_on(
    name: str, scenarios_of: Callable[[str], tuple[Scenario, ...]], tmp_path: Path
) -> None:
    """RFC 8446 section 4.2.10: another server has other ticket keys, and skips what it cannot read."""
    (scenario,) = scenarios_of(f"implementation={name} version=1.3 key=ecdsa-secp256r1 resumption=early-data")
    library, peers = tls_library(name), peers_for(scenario)
    clients: ClientContext = library.client_context(scenario, peers)
    assert isinstance(clients, LogsKeys)
    clients.log_keys(str(tmp_path / "keys"))
    clock = time.perf_counter_ns
    first = shake_hands(clients, library.server_context(scenario, peers), MemoryLink(), clock)
    session = first.client.session()
    first.close()
    other = library.server_context(scenario, peers)
    names = read(shake_hands(clients, other, MemoryLink(), clock, session, b"early"), tmp_path / "keys")
    assert names[:3] == ["ClientHello", "ChangeCipherSpec", "EarlyData"]
    assert "EndOfEarlyData" not in names
    assert "Certificate" in names
    assert names.count("Finished") == 2


def test_what_is_no_opening_of_a_handshake_is_refused() -> None:
    alert = Piece(Direction.TO_SERVER, bytes((21, 3, 3, 0, 2, 2, 40)))
    with pytest.raises(WireError, match="does not open with ClientHello"):
        messages_of(records_of([alert]), KeyLog())


def test_a_handshake_message_that_does_not_end_is_refused(
    scenarios_of: Callable[[str], tuple[Scenario, ...]],
) -> None:
    (scenario,) = scenarios_of("implementation=fake version=1.2 key=ecdsa-secp256r1")
    member, peers = tls_library("fake"), peers_for(scenario)
    exchange = shake_hands(
        member.client_context(scenario, peers),
        member.server_context(scenario, peers),
        MemoryLink(),
        time.perf_counter_ns,
    )
    cut = Piece(Direction.TO_SERVER, bytes((22, 3, 3, 0, 2, 11, 0)))
    with pytest.raises(WireError, match="from client to server end within a handshake message"):
        messages_of(records_of([*(Piece(*entry) for entry in exchange.entries[:2]), cut]), KeyLog())
