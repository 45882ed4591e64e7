"""Ends that send datagrams, over a network in virtual time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from tlsbench.errors import MeasurementError
from tlsbench.links.network import Completion, DatagramTurn, Network, complete_datagrams

SIZE = 1172  # 1,200 bytes with UDP and IPv4


class Server:
    """Sends an answer of that many datagrams to each one that arrives, after the time that it takes."""

    def __init__(self, datagrams: int = 1, spends_ms: float = 0.0) -> None:
        self.datagrams, self.spends_ms = datagrams, spends_ms

    def turn(self, arrived: Sequence[bytes], now_ms: float) -> DatagramTurn:
        answer = [b"s" * SIZE] * (self.datagrams * len(arrived))
        return DatagramTurn(self.spends_ms if arrived else 0.0, answer)


class Client:
    """Sends requests until it has that many answers; repeats one after a while without an answer."""

    def __init__(self, answers: int = 2, waits_ms: float = 1000.0) -> None:
        self.wanted, self.waits_ms = answers, waits_ms
        self.heard = self.answers = 0
        self.due_ms = 0.0

    def turn(self, arrived: Sequence[bytes], now_ms: float) -> DatagramTurn:
        self.heard += sum(map(len, arrived))
        self.answers += bool(arrived)
        asks = self.answers < self.wanted and (bool(arrived) or now_ms >= self.due_ms)
        self.due_ms = now_ms + self.waits_ms if asks else math.inf
        datagrams = [b"c" * SIZE] if asks else []
        return DatagramTurn(0.0, datagrams, self.due_ms, may_send=self.heard > 0, answered=self.heard)


def exchange(network: Network, client: Client, server: Server, answer: int = 2 * SIZE) -> Completion:
    return complete_datagrams(network, client, server, answer)


def test_each_question_and_its_answer_take_a_round_trip() -> None:
    found = exchange(Network(rtt_ms=50), Client(), Server())
    assert (found.handshake_ms, found.done_ms) == (50, 100)
    assert (found.handshake_round_trips, found.round_trips) == (1, 2)
    assert found.segments == 4
    assert found.retransmissions is None


def test_what_an_end_computes_is_part_of_the_time() -> None:
    found = exchange(Network(rtt_ms=50), Client(), Server(spends_ms=7))
    assert found.done_ms == 114
    assert (found.client_ms, found.server_ms) == (0, 14)


def test_datagrams_leave_one_after_another_at_the_rate_of_the_line() -> None:
    slow = exchange(Network(rtt_ms=50, bandwidth_mbit=1.2), Client(1), Server(10), 10 * SIZE)
    # 1,200 bytes at 1.2 Mbit/s are 8 ms.
    assert slow.first_byte_ms == pytest.approx(50 + 8 + 8)
    assert slow.done_ms == pytest.approx(50 + 8 + 10 * 8)
    assert slow.round_trips == 1


def test_what_is_lost_is_brought_by_a_timer_and_counts_as_no_round_trip() -> None:
    lost = next(
        found
        for seed in range(100)
        if (found := exchange(Network(rtt_ms=50, loss=0.3, seed=seed), Client(), Server())).segments > 4
    )
    assert lost.done_ms >= 1050
    assert lost.round_trips == 2


def test_the_same_seed_gives_the_same_exchange() -> None:
    network = Network(rtt_ms=50, loss=0.3, seed=7)
    assert exchange(network, Client(), Server()) == exchange(network, Client(), Server())


def test_ends_that_wait_for_each_other_are_an_error() -> None:
    with pytest.raises(MeasurementError, match="stalled"):
        exchange(Network(rtt_ms=50), Client(1), Server(), answer=5 * SIZE)


def test_a_timer_that_never_brings_anything_ends_in_an_error() -> None:
    with pytest.raises(MeasurementError, match="stalled"):
        exchange(Network(rtt_ms=50), Client(1000, waits_ms=500), Server(0))
