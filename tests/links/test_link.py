from __future__ import annotations

import os

import pytest

from tlsbench.errors import MeasurementError, RequestError
from tlsbench.links import Direction, Ledger, first_flight, open_link, summarise
from tlsbench.links import link as link_module


@pytest.mark.parametrize("name", ["memory", "tcp", "unix"])
@pytest.mark.parametrize("length", [1, 100, 3_000_000])
def test_what_is_carried_arrives_whole_in_both_directions(name: str, length: int) -> None:
    link = open_link(name)
    try:
        for direction in Direction:
            data = os.urandom(length)
            assert link.carry(direction, data) == data
    finally:
        link.close()


@pytest.mark.parametrize("name", ["memory", "tcp", "unix"])
def test_the_ledger_counts_flights_and_bytes_once(name: str) -> None:
    link = open_link(name)
    try:
        link.carry(Direction.TO_SERVER, b"hello")
        link.carry(Direction.TO_CLIENT, b"and")
        link.carry(Direction.TO_CLIENT, b"back")
        link.carry(Direction.TO_SERVER, b"done")
        entries = link.take_ledger()
        assert summarise(entries) == Ledger(flights=3, client_bytes=9, server_bytes=7)
        assert first_flight(entries, Direction.TO_CLIENT) == b"andback"
        assert link.take_ledger() == []
    finally:
        link.close()


def test_there_is_no_flight_where_a_side_was_silent() -> None:
    assert first_flight([(Direction.TO_SERVER, b"x")], Direction.TO_CLIENT) == b""


def test_a_closed_peer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    link = link_module.unix_link()
    link._client.shutdown(2)
    with pytest.raises((MeasurementError, OSError)):
        link.carry(Direction.TO_CLIENT, b"x" * 10)
    link.close()


def test_bytes_that_never_arrive_end_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "_STALL_SECONDS", 0.05)
    one, other = link_module.unix_link(), link_module.unix_link()
    crossed = link_module.SocketLink(one._client, other._server)
    with pytest.raises(MeasurementError, match="stalled"):
        crossed.carry(Direction.TO_SERVER, b"x")
    one.close()
    other.close()


def test_a_link_that_the_system_refuses_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> link_module.SocketLink:
        raise OSError(24, "Too many open files")

    monkeypatch.setitem(link_module.LINKS, "tcp", refuse)
    with pytest.raises(RequestError, match="tcp link.*Too many open files"):
        open_link("tcp")
