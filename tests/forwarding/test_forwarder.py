"""Carrying packets between two ends: sockets that preserve packet boundaries stand in for TUN devices."""

from __future__ import annotations

import os
import random
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import pytest

from tlsbench.forwarding.forwarder import Forwarder, Route
from tlsbench.links.network import Line, Network

_PATIENCE_S = 10.0


CLIENT, SERVER, OTHER = (bytes((198, 18, 0, last)) for last in (1, 2, 3))


def packet(
    number: int,
    size: int = 100,
    to: tuple[bytes, int] = (SERVER, 443),
    *,
    back: bool = False,
    protocol: int = 6,
    fragment: int = 0,
) -> bytes:
    """An IPv4 packet (RFC 791) between a client and a server; ``back`` comes from the server."""
    address, port = to
    sides = [(CLIENT, 5000), (address, port)]
    (source, source_port), (target, target_port) = reversed(sides) if back else sides
    header = struct.pack(">BBHHHBBH", 0x45, 0, size, number, fragment, 64, protocol, 0) + source + target
    return (header + struct.pack(">HH", source_port, target_port)).ljust(size, b"\0")


@dataclass
class Ends:
    """The two hosts, the far sides of their devices, and the forwarder between them."""

    hosts: tuple[socket.socket, socket.socket]
    forwarder: Forwarder
    stop: int
    thread: threading.Thread = field(init=False)

    def finish(self) -> None:
        os.write(self.stop, b"x")
        self.thread.join(_PATIENCE_S)
        assert not self.thread.is_alive()


@contextmanager
def ends(seed: int = 1, **network: float) -> Iterator[Ends]:
    like = Network(**network)  # type: ignore[arg-type]
    with ExitStack() as stack:
        pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(2)]
        for one in (sock for pair in pairs for sock in pair):
            stack.enter_context(one)
        for host, device in pairs:
            host.settimeout(_PATIENCE_S)
            device.setblocking(False)
        stop, write_end = os.pipe()
        stack.callback(os.close, stop)
        stack.callback(os.close, write_end)
        out, back = (Line(like, random.Random(seed + number)) for number in range(2))
        (here, first), (there, second) = pairs
        forwarder = Forwarder(second.fileno(), [Route(first.fileno(), SERVER, 0, out, back)])
        both = Ends((here, there), forwarder, write_end)
        both.thread = threading.Thread(target=forwarder.run, args=(stop,))
        both.thread.start()
        try:
            yield both
        finally:
            if both.thread.is_alive():
                both.finish()


def test_packets_cross_in_order_both_ways() -> None:
    with ends(rtt_ms=10) as both:
        here, there = both.hosts
        for number in range(20):
            here.send(packet(number))
            there.send(packet(100 + number, 60, back=True))
        assert [there.recv(2000) for _ in range(20)] == [packet(number) for number in range(20)]
        assert [here.recv(2000) for _ in range(20)] == [
            packet(100 + number, 60, back=True) for number in range(20)
        ]
        both.finish()
    (carried,) = both.forwarder.carried
    assert (carried.packets, carried.lost) == (40, 0)
    assert carried.late_ns.get_total_count() == 40


def test_a_packet_is_not_there_before_its_time() -> None:
    """Half a round trip, plus the time of both on the line, by the clock of those who wait for it."""
    from tlsbench.forwarding.forwarder import now_ms

    with ends(rtt_ms=100, bandwidth_mbit=1) as both:
        here, there = both.hosts
        began = now_ms()
        here.send(packet(1, 1250))
        here.send(packet(2, 1250))
        there.recv(2000)
        assert now_ms() - began >= 60
        there.recv(2000)
        assert now_ms() - began >= 70


def test_losses_are_drawn_from_the_seed_and_counted() -> None:
    def arrived(seed: int) -> list[bytes]:
        with ends(seed, rtt_ms=0, loss=0.4) as both:
            for number in range(60):
                both.hosts[0].send(packet(number))
            both.finish()
            (carried,) = both.forwarder.carried
            assert carried.packets + carried.lost == 60
            return [both.hosts[1].recv(2000) for _ in range(carried.packets)]

    first = arrived(1)
    assert 15 < len(first) < 55
    assert arrived(1) == first
    assert arrived(2) != first


def test_what_is_under_way_when_it_ends_still_arrives() -> None:
    with ends(rtt_ms=200) as both:
        both.hosts[0].send(packet(1))
        both.finish()
        both.hosts[1].setblocking(False)
        assert both.hosts[1].recv(2000) == packet(1)


@pytest.mark.parametrize(
    "other", [b"\x60" + bytes(99), b"\x00", b"\x45" + bytes(18), packet(1, to=(OTHER, 443))]
)
def test_what_is_not_ipv4_or_leads_nowhere_is_left_where_it_is(other: bytes) -> None:
    with ends(rtt_ms=0) as both:
        both.hosts[0].send(other)
        both.hosts[0].send(packet(1))
        assert both.hosts[1].recv(2000) == packet(1)
        both.finish()
    assert [one.packets for one in both.forwarder.carried] == [1]


def test_each_server_has_its_own_line_by_its_address_and_port() -> None:
    """A packet without ports, such as a second fragment, takes the first line of its address."""
    with ExitStack() as stack:
        pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(3)]
        for one in (sock for pair in pairs for sock in pair):
            stack.enter_context(one).settimeout(_PATIENCE_S)
        for _, device in pairs:
            device.setblocking(False)
        stop, write_end = os.pipe()
        stack.callback(os.close, stop)
        stack.callback(os.close, write_end)
        (server, here), (client, there), (far_client, far) = pairs
        loses = Network(rtt_ms=0, loss=1 - 1e-9)
        carries = Network(rtt_ms=0)

        def route(device: socket.socket, address: bytes, port: int, like: Network) -> Route:
            return Route(
                device.fileno(), address, port, Line(like, random.Random(1)), Line(like, random.Random(2))
            )

        forwarder = Forwarder(
            here.fileno(),
            [
                route(there, SERVER, 443, carries),
                route(there, SERVER, 444, loses),
                route(far, OTHER, 443, carries),
            ],
        )
        thread = threading.Thread(target=forwarder.run, args=(stop,))
        thread.start()
        client.send(packet(1, to=(SERVER, 443)))
        for protocol in (6, 17):
            client.send(packet(2, to=(SERVER, 444), protocol=protocol))
        server.send(packet(3, to=(SERVER, 444), back=True))
        server.send(packet(4, to=(OTHER, 443), back=True))
        client.send(packet(5, to=(SERVER, 444), fragment=185))
        client.send(packet(6, to=(SERVER, 444), protocol=1))
        os.write(write_end, b"x")
        thread.join(_PATIENCE_S)
        assert not thread.is_alive()
        assert far_client.recv(2000) == packet(4, to=(OTHER, 443), back=True)
        came = [server.recv(2000) for _ in range(3)]
    assert came == [
        packet(1, to=(SERVER, 443)),
        packet(5, to=(SERVER, 444), fragment=185),
        packet(6, to=(SERVER, 444), protocol=1),
    ]
    assert [(one.packets, one.lost) for one in forwarder.carried] == [(3, 0), (0, 3), (1, 0)]
