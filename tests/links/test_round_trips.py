from __future__ import annotations

from dataclasses import replace

import pytest

from tlsbench.errors import WireError
from tlsbench.implementations.registry import implementations
from tlsbench.links import Direction, Entry, MemoryLink, RoundTrips, round_trips
from tlsbench.pki import peers_for
from tlsbench.scenarios import scenario_from_id
from tlsbench.workloads.exchange import shake_hands

UP, DOWN = Direction.TO_SERVER, Direction.TO_CLIENT


def record(content_type: int, body: bytes = b"body") -> bytes:
    return bytes([content_type, 3, 3]) + len(body).to_bytes(2, "big") + body


HANDSHAKE, CHANGE, PROTECTED = record(22), record(20), record(23)


@pytest.mark.parametrize(
    ("version", "early_data", "flown", "wanted"),
    [
        ("1.3", False, [(UP, HANDSHAKE), (DOWN, HANDSHAKE + PROTECTED), (UP, CHANGE + PROTECTED)], (1, 3)),
        (
            "1.3",
            False,
            [(UP, HANDSHAKE), (DOWN, HANDSHAKE), (UP, HANDSHAKE), (DOWN, PROTECTED), (UP, PROTECTED)],
            (2, 5),
        ),
        ("1.3", True, [(UP, HANDSHAKE + PROTECTED), (DOWN, PROTECTED), (UP, PROTECTED)], (0, 3)),
        (
            "1.2",
            False,
            [(UP, HANDSHAKE), (DOWN, HANDSHAKE), (UP, CHANGE + HANDSHAKE), (DOWN, CHANGE + HANDSHAKE)],
            (2, 4),
        ),
        ("1.2", False, [(UP, HANDSHAKE), (DOWN, HANDSHAKE + CHANGE), (UP, CHANGE + HANDSHAKE)], (1, 3)),
    ],
    ids=["full 1.3", "HelloRetryRequest", "0-RTT", "full 1.2", "resumed 1.2"],
)
def test_round_trips_follow_from_the_finished_messages(
    version: str, early_data: bool, flown: list[Entry], wanted: tuple[int, int]
) -> None:
    assert round_trips(flown, version, early_data=early_data) == RoundTrips(*wanted)
    with_tickets = [*flown, (DOWN, PROTECTED)] if version == "1.3" else flown
    assert round_trips(with_tickets, version, early_data=early_data) == RoundTrips(*wanted)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_handshake_without_its_end_has_no_round_trips(version: str) -> None:
    with pytest.raises(WireError, match="not complete"):
        round_trips([(UP, HANDSHAKE), (DOWN, HANDSHAKE)], version, early_data=False)


def test_a_hello_retry_request_of_a_real_server_costs_one_more() -> None:
    found = {}
    for client_group, server_group in (("x25519", "x25519"), ("x25519:secp256r1", "secp256r1")):
        pyopenssl = implementations()["pyopenssl"]
        scenario = scenario_from_id("implementation=pyopenssl version=1.3 group=secp256r1", ["pyopenssl"])
        peers = peers_for(scenario)
        clients = pyopenssl.client_context(replace(scenario, group=client_group), peers)
        servers = pyopenssl.server_context(replace(scenario, group=server_group), peers)
        exchange = shake_hands(clients, servers, MemoryLink(), iter(range(10**6)).__next__)
        found[server_group] = round_trips(exchange.entries, "1.3", early_data=False).count
        assert exchange.heard == found[server_group]
        exchange.close()
    assert found == {"x25519": 1, "secp256r1": 2}
