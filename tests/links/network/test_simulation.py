"""A network in virtual time: segment arithmetic, loss, Nagle, and the invariants of any exchange."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsbench.errors import MeasurementError, RequestError
from tlsbench.links.network import Completion, Network, Script, Step, Turn, complete

FAST = Network(rtt_ms=50)


def exchange(
    network: Network, *, flight: tuple[int, ...] = (3000,), answer: int = 1000, spent_ms: float = 0.0
) -> Completion:
    """A hello, the server's flight in these writes, a request of 100 bytes, an answer."""
    size = sum(flight)
    client = Script(
        [Step(0, [300]), Step(size, [80], spent_ms=spent_ms, may_send=True), Step(size, [100])], size
    )
    server = Script([Step(300, flight, spent_ms=spent_ms), Step(480, [answer])])
    return complete(network, client, server, answer)


@pytest.mark.parametrize(
    ("flight_bytes", "round_trips"), [(1, 1), (14_600, 1), (14_601, 2), (43_800, 2), (43_801, 3)]
)
def test_a_flight_costs_another_round_trip_with_the_first_byte_beyond_the_window(
    flight_bytes: int, round_trips: int
) -> None:
    done = exchange(FAST, flight=(flight_bytes,))
    assert done.handshake_round_trips == round_trips
    assert done.handshake_ms == 50 * round_trips
    assert done.first_byte_ms == 50 * (round_trips + 1)


def test_writes_of_4096_bytes_fill_the_window_before_its_bytes_are_used_up() -> None:
    # 4,096 bytes are two whole segments and a small one: ten segments are three writes and a whole segment.
    network = replace(FAST, mss=1448)
    fits, too_much = 3 * 4096 + 1448, 3 * 4096 + 1449
    assert exchange(network, flight=(4096,) * 3 + (1448,)).handshake_round_trips == 1
    assert exchange(network, flight=(4096,) * 3 + (1449,)).handshake_round_trips == 2
    assert exchange(network, flight=(too_much,)).handshake_round_trips == 1
    assert fits < 10 * 1448


def test_an_initial_window_of_30_carries_what_10_cannot() -> None:
    assert exchange(replace(FAST, initcwnd=30), flight=(40_000,)).handshake_round_trips == 1
    assert exchange(FAST, flight=(40_000,)).handshake_round_trips == 2
    assert exchange(replace(FAST, congestion="none"), flight=(400_000,)).handshake_round_trips == 1


def test_nagle_holds_a_second_small_segment_back_for_a_round_trip() -> None:
    nagle = replace(FAST, nodelay=False)
    assert exchange(nagle, flight=(4096, 904)).handshake_round_trips == 2
    assert exchange(nagle, flight=(5000,)).handshake_round_trips == 1
    assert exchange(FAST, flight=(4096, 904)).handshake_round_trips == 1


def test_two_small_writes_with_nagle_wait_for_a_delayed_acknowledgement() -> None:
    # The server has answered, so it delays the acknowledgement of the first write for 40 ms.
    done = exchange(replace(FAST, nodelay=False), flight=(1000,))
    assert done.first_byte_ms == done.handshake_ms + 2 * 50 + 40
    assert exchange(FAST, flight=(1000,)).first_byte_ms == done.handshake_ms + 50


def test_what_is_sent_at_once_acknowledges_what_made_it_possible() -> None:
    """As in Linux: the second ticket then goes out alone, and the end of the answer waits for a round trip.

    Otherwise both would go out together, and the end would wait for a delayed acknowledgement of the first.
    """
    client = Script(
        [Step(0, [300]), Step(1000, [80, 534], may_send=True)],  # Nagle holds the last write back
        answer_from=1510,
    )
    server = Script([Step(300, [1000]), Step(380, [255, 255]), Step(914, [4200])])
    done = complete(replace(FAST, nodelay=False), client, server, 4200)
    assert done.done_ms == 4 * FAST.rtt_ms
    assert done.round_trips == 4


def test_a_slow_line_takes_as_long_as_its_bytes_do() -> None:
    fast, slow = (exchange(replace(FAST, bandwidth_mbit=mbit), answer=1_000_000) for mbit in (1000, 1))
    bytes_on_the_line = 1_000_000 + 685 * 40
    assert slow.done_ms - slow.first_byte_ms == pytest.approx(bytes_on_the_line * 8 / 1e3, rel=0.02)
    assert fast.done_ms < slow.done_ms / 10


def test_processor_time_moves_everything_behind_it() -> None:
    idle, busy = exchange(FAST), exchange(FAST, spent_ms=3.0)
    assert busy.handshake_ms == idle.handshake_ms + 6
    assert (busy.client_ms, busy.server_ms) == (3.0, 3.0)
    assert busy.handshake_round_trips == idle.handshake_round_trips


def test_a_lost_hello_waits_for_the_timer() -> None:
    completions = [exchange(replace(FAST, loss=0.2, seed=seed)) for seed in range(20)]
    assert any(one.retransmissions and one.handshake_ms > 250 for one in completions)
    assert any(not one.retransmissions for one in completions)


@pytest.mark.parametrize("congestion", ["cubic", "reno"])
def test_loss_slows_a_long_answer_down(congestion: str) -> None:
    clean, lossy = (
        [
            exchange(replace(FAST, congestion=congestion, loss=loss, seed=seed), answer=500_000).done_ms
            for seed in range(10)
        ]
        for loss in (0.0, 0.02)
    )
    assert len(set(clean)) == 1
    assert min(lossy) >= clean[0]
    assert sorted(lossy)[5] > 2 * clean[0]


def test_one_segment_lost_in_the_middle_is_sent_again_without_a_timer() -> None:
    found = [exchange(replace(FAST, loss=0.02, seed=seed), answer=100_000) for seed in range(60)]
    once = [one for one in found if one.retransmissions == 1]
    clean = exchange(FAST, answer=100_000)
    assert any(one.done_ms - clean.done_ms <= 2 * FAST.rtt_ms for one in once)


@settings(deadline=None, max_examples=60)
@given(
    rtt_ms=st.floats(0, 300),
    mbit=st.sampled_from([1.0, 10.0, float("inf")]),
    loss=st.sampled_from([0.0, 0.02, 0.2]),
    mss=st.integers(100, 1460),
    initcwnd=st.integers(1, 40),
    nodelay=st.booleans(),
    congestion=st.sampled_from(["cubic", "reno", "none"]),
    seed=st.integers(0, 2**32),
    flight=st.lists(st.integers(1, 9000), min_size=1, max_size=4),
    answer=st.integers(1, 60_000),
)
def test_every_exchange_ends_in_order_with_all_its_bytes_and_the_same_again(
    flight: list[int], answer: int, mbit: float, **options: Any
) -> None:
    network = Network(bandwidth_mbit=mbit, **options)
    done = exchange(network, flight=tuple(flight), answer=answer)
    assert 0 <= done.handshake_ms <= done.first_byte_ms <= done.done_ms
    assert 1 <= done.handshake_round_trips < done.first_byte_round_trips <= done.round_trips
    assert done.handshake_ms >= network.rtt_ms or done.handshake_ms == pytest.approx(network.rtt_ms)
    least = -(-sum(flight) // network.mss) + -(-answer // network.mss)
    assert done.segments - done.retransmissions >= least
    assert done == exchange(network, flight=tuple(flight), answer=answer)
    if not options["loss"]:
        assert done.retransmissions == 0


class _Echo:
    """Sends recognisable bytes, and keeps what it received."""

    def __init__(self, data: bytes, wanted: int) -> None:
        self.data, self.wanted, self.got = data, wanted, b""

    def start(self) -> Turn:
        return Turn(writes=[self.data] if self.data else [], may_send=True)

    def receive(self, data: bytes) -> Turn:
        self.got += data
        return Turn(answered=len(self.got))


@settings(deadline=None, max_examples=30)
@given(data=st.binary(min_size=1, max_size=5000), loss=st.sampled_from([0.0, 0.3]), seed=st.integers(0, 999))
def test_bytes_arrive_once_and_in_order_whatever_is_lost(data: bytes, loss: float, seed: int) -> None:
    client = _Echo(b"", len(data))
    complete(
        Network(rtt_ms=10, loss=loss, seed=seed, mss=100, congestion="reno"),
        client,
        _Echo(data, 0),
        len(data),
    )
    assert client.got == data


def test_ends_that_wait_for_each_other_are_an_error() -> None:
    with pytest.raises(MeasurementError, match="stalled"):
        complete(FAST, Script([Step(1)]), Script([Step(1)]))


@pytest.mark.parametrize(
    "wrong",
    [
        {"rtt_ms": -1},
        {"loss": 1.0},
        {"mss": 0},
        {"initcwnd": 0},
        {"congestion": "bbr"},
        {"bandwidth_mbit": 0},
    ],
)
def test_a_network_that_cannot_be_is_refused_by_the_name_of_what_is_wrong(wrong: dict[str, Any]) -> None:
    with pytest.raises(RequestError, match=next(iter(wrong))):
        replace(FAST, **wrong)
