from __future__ import annotations

import os
import socket
import time

import psutil
import pytest

from tlsbench.errors import MeasurementError, RequestError
from tlsbench.links import (
    NO_LEDGER,
    Direction,
    Flight,
    Ledger,
    MemoryDatagrams,
    TcpLink,
    flights,
    open_link,
    summarise,
)
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
        assert flights(entries)[1] == Flight(Direction.TO_CLIENT, (b"and", b"back"))
        assert flights(entries)[1].data == b"andback"
        assert link.take_ledger() == []
    finally:
        link.close()


def test_a_tcp_link_is_opened_anew_and_carries_on() -> None:
    ticks = iter((100, 350))
    link = open_link("tcp")
    assert isinstance(link, TcpLink)
    try:
        before = link._client.getsockname(), link._server.getpeername()
        link.carry(Direction.TO_SERVER, b"hello")
        assert link.open_ns(ticks.__next__) == 250
        assert (link._client.getsockname(), link._server.getpeername()) != before
        for end in (link._client, link._server):
            assert end.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert link.carry(Direction.TO_CLIENT, b"again") == b"again"
        assert summarise(link.take_ledger()) == Ledger(flights=2, client_bytes=5, server_bytes=5)
    finally:
        link.close()


def test_tcp_links_that_are_opened_over_and_over_keep_no_port() -> None:
    link = open_link("tcp")
    assert isinstance(link, TcpLink)
    listened = link._address[1]
    for _ in range(20):
        link.open_ns(time.perf_counter_ns)
    link.close()
    assert not [one for one in psutil.net_connections("tcp4") if one.raddr and one.laddr.port == listened]
    assert not [one for one in psutil.net_connections("tcp4") if one.raddr and one.raddr.port == listened]


def test_a_connection_that_the_system_refuses_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_address: object) -> socket.socket:
        raise OSError(99, "Cannot assign requested address")

    link = open_link("tcp")
    assert isinstance(link, TcpLink)
    monkeypatch.setattr(socket, "create_connection", refuse)
    with pytest.raises(MeasurementError, match=r"cannot open a TCP connection: .*Cannot assign"):
        link.open_ns(time.perf_counter_ns)
    link.close()


def test_there_is_no_flight_where_nothing_was_sent() -> None:
    assert flights([]) == []
    assert summarise([]) == NO_LEDGER


def test_datagrams_are_in_the_ledger_one_by_one_as_they_were_sent() -> None:
    link = MemoryDatagrams()
    for datagram in (b"one", b"two"):
        assert link.carry(Direction.TO_SERVER, datagram) == (datagram,)
    entries = link.take_ledger()
    assert flights(entries) == [Flight(Direction.TO_SERVER, (b"one", b"two"))]
    assert summarise(entries) == Ledger(flights=1, client_bytes=6, server_bytes=0)
    assert link.take_ledger() == []


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
