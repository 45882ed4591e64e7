from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tlsbench.decryption.decoding import messages_of
from tlsbench.decryption.records import records_of
from tlsbench.errors import WireError
from tlsbench.implementations import ClientContext, LogsKeys
from tlsbench.implementations.registry import ends_of, tls_library
from tlsbench.links import Direction, MemoryLink
from tlsbench.pki import peers_for
from tlsbench.scenarios import Scenario
from tlsbench.tracing import KeyLog, Piece
from tlsbench.tracing.recording import RecordedClients, RecordedLink, Recorder
from tlsbench.workloads import prepare
from tlsbench.workloads.exchange import Exchange, shake_hands
from tlsbench.workloads.handshake import Handshake


def read(exchange: Exchange, log: Path) -> list[str]:
    pieces = [Piece(*entry) for entry in exchange.entries]
    key_log = KeyLog.parse(log.read_text(encoding="ascii"))
    return [message.name for message in messages_of(records_of(pieces), key_log)]


@pytest.mark.parametrize("name", ["pyopenssl", "libssl"])
def test_early_data_that_the_server_refuses_has_no_end_and_the_handshake_goes_on(
    name: str, scenarios_of: Callable[[str], tuple[Scenario, ...]], tmp_path: Path
) -> None:
    """RFC 8446 section 4.2.10: another server has other ticket keys, and skips what it cannot decrypt."""
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


@pytest.mark.parametrize("name", ["ssl", "pyopenssl", "libssl", "utls", "rtls"])
@pytest.mark.parametrize("resumption", ["none", "psk"])
def test_the_tickets_that_a_proof_counts_are_those_that_were_sent(
    name: str, resumption: str, scenarios_of: Callable[[str], tuple[Scenario, ...]], tmp_path: Path
) -> None:
    if name in ("utls", "rtls"):
        pytest.importorskip(name)
        if resumption == "psk":
            pytest.skip("it cannot")
    (scenario,) = scenarios_of(f"implementation={name} version=1.3 resumption={resumption}")
    cell = prepare(scenario, ends_of(scenario), time.perf_counter_ns)
    assert isinstance(cell, Handshake)
    assert isinstance(cell.clients, LogsKeys)
    cell.clients.log_keys(str(tmp_path / "keys"))
    recorder = Recorder(time.perf_counter_ns)
    cell.clients, cell.link = RecordedClients(cell.clients, recorder), RecordedLink(cell.link, recorder)
    cell.sample()
    cell.close()
    key_log = KeyLog.parse((tmp_path / "keys").read_text(encoding="ascii"))
    sent = [message.name for message in messages_of(records_of(recorder.pieces), key_log)].count(
        "NewSessionTicket"
    )
    assert cell.proof().get("tickets") == (None if name == "rtls" else sent)
    assert (name, resumption, sent) in {
        *((one, "none", 2) for one in ("ssl", "pyopenssl", "libssl", "rtls")),
        *((one, "psk", 1) for one in ("ssl", "pyopenssl", "libssl")),
        ("utls", "none", 0),
    }
