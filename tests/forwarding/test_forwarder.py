"""Carrying packets between two ends: sockets that keep the bounds of packets stand for TUN devices."""

from __future__ import annotations

import os
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import pytest

from tlsbench.forwarding.forwarder import Forwarder
from tlsbench.links.network import Line, Network

_PATIENCE_S = 10.0


def packet(number: int, size: int = 100) -> bytes:
    """What begins like a packet of IPv4."""
    return b"\x45" + number.to_bytes(2, "big") + bytes(size - 3)


@dataclass
class Ends:
    """The two hosts, their devices' far sides, and what carries between them."""

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
        lines = tuple(Line(like, random.Random(seed + number)) for number in range(2))
        (here, first), (there, second) = pairs
        forwarder = Forwarder((first.fileno(), second.fileno()), lines)  # type: ignore[arg-type]
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
            there.send(packet(100 + number, 60))
        assert [there.recv(2000) for _ in range(20)] == [packet(number) for number in range(20)]
        assert [here.recv(2000) for _ in range(20)] == [packet(100 + number, 60) for number in range(20)]
        both.finish()
    assert (both.forwarder.packets, both.forwarder.lost) == (40, 0)
    assert both.forwarder.late_ns.get_total_count() == 40


def test_a_packet_is_not_there_before_its_time() -> None:
    """Half a round trip, and the time of both on the line: with the clock of those who wait for it."""
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
            assert both.forwarder.packets + both.forwarder.lost == 60
            return [both.hosts[1].recv(2000) for _ in range(both.forwarder.packets)]

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


@pytest.mark.parametrize("other", [b"\x60" + bytes(99), b"\x00"])
def test_what_is_not_ipv4_is_left_where_it_is(other: bytes) -> None:
    with ends(rtt_ms=0) as both:
        both.hosts[0].send(other)
        both.hosts[0].send(packet(1))
        assert both.hosts[1].recv(2000) == packet(1)
        both.finish()
    assert both.forwarder.packets == 1
