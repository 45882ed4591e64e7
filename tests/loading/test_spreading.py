"""Which backend comes next, and which are down."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from tlsbench.loading.clients import Clients
from tlsbench.loading.plan import LoadPlan
from tlsbench.loading.spreading import FAILURES_OF_A_DOWN_ONE, Backend, Spread
from tlsbench.loading.tally import SUCCESS
from tlsbench.loading.target import Target

SECOND_NS = 10**9


def spread_of(count: int, **plan: Any) -> tuple[Spread, list[Backend]]:
    """A spread over that many backends, which do not exist."""
    backends = [Backend(SimpleNamespace(backend=number)) for number in range(count)]  # type: ignore[arg-type]
    return Spread(LoadPlan(target=Target("127.0.0.1", 1), **plan), backends), backends


def turns(spread: Spread, count: int, now_ns: int = 0) -> list[int]:
    """The numbers of the next backends, for connections that end at once."""
    return [spread.choose(now_ns, counted=True).shared.backend for _ in range(count)]


def fail(backend: Backend, times: int = FAILURES_OF_A_DOWN_ONE, now_ns: int = 0) -> None:
    for _ in range(times):
        backend.in_use += 1
        backend.ended("connect: connection refused", now_ns)


def test_round_robin_goes_to_each_in_turn() -> None:
    assert turns(spread_of(3)[0], 7) == [0, 1, 2, 0, 1, 2, 0]


def test_workers_begin_at_different_backends() -> None:
    assert [turns(spread_of(3, worker=worker, workers=4)[0], 1) for worker in range(4)] == [
        [0],
        [1],
        [2],
        [0],
    ]


def test_least_open_goes_to_one_with_the_fewest_in_use_and_to_equal_ones_in_turn() -> None:
    spread, backends = spread_of(3, spread="least-open")
    assert turns(spread, 4) == [0, 1, 2, 0]
    backends[0].in_use, backends[1].in_use, backends[2].in_use = 2, 1, 5
    assert turns(spread, 3) == [1, 1, 1]


def test_a_backend_is_down_after_failures_in_a_row_and_up_after_a_success() -> None:
    _, (one, _) = spread_of(2)
    fail(one, FAILURES_OF_A_DOWN_ONE - 1)
    one.in_use += 1
    one.ended(SUCCESS, 0)
    fail(one, FAILURES_OF_A_DOWN_ONE - 1)
    assert (one.is_down, one.downs) == (False, 0)
    fail(one, 5)
    assert (one.is_down, one.downs) == (True, 1)
    one.in_use += 1
    one.ended(SUCCESS, 0)
    assert not one.is_down
    assert one.in_use == 0


def test_the_share_of_a_backend_that_is_down_goes_on_failing_unless_it_is_to_move() -> None:
    spread, backends = spread_of(3)
    fail(backends[1])
    assert turns(spread, 6) == [0, 1, 2, 0, 1, 2]
    assert backends[1].moved == 0


@pytest.mark.parametrize("how", ["round-robin", "least-open"])
def test_a_share_that_moves_is_spread_evenly_over_the_others(how: str) -> None:
    """The neighbour of the one that is down does not get them all."""
    spread, backends = spread_of(4, spread=how, when_down="move")
    fail(backends[1])
    assert Counter(turns(spread, 120)) == {0: 40, 2: 40, 3: 40}
    assert backends[1].moved == 30
    assert [backends[number].moved for number in (0, 2, 3)] == [0, 0, 0]


def test_one_that_is_down_is_tried_once_a_second_and_has_its_share_again_when_it_answers() -> None:
    spread, backends = spread_of(2, when_down="move")
    fail(backends[1])
    assert 1 not in turns(spread, 50, SECOND_NS - 1)
    assert Counter(turns(spread, 50, SECOND_NS))[1] == 1
    assert Counter(turns(spread, 50, 2 * SECOND_NS))[1] == 1
    backends[1].in_use += 1
    backends[1].ended(SUCCESS, 2 * SECOND_NS)
    assert Counter(turns(spread, 50, 2 * SECOND_NS + 1)) == {0: 25, 1: 25}


def test_where_all_are_down_each_is_tried_in_turn() -> None:
    spread, backends = spread_of(3, when_down="move")
    for one in backends:
        fail(one)
    assert turns(spread, 6) == [0, 1, 2, 0, 1, 2]
    assert [one.moved for one in backends] == [0, 0, 0]


def test_only_counted_connections_are_counted_as_moved() -> None:
    spread, backends = spread_of(2, when_down="move")
    fail(backends[0])
    for _ in range(10):
        spread.choose(0, counted=False)
    assert backends[0].moved == 0


def test_no_client_comes_back_before_all_have_been_there_and_then_a_random_one_does() -> None:
    clients = Clients(4, seed=1)
    for number in range(3):
        clients.append(number)
    assert not clients
    clients.append(3)
    assert clients
    seen: Counter[int] = Counter()
    for _ in range(4000):
        session = clients.pop()
        seen[session] += 1
        clients.append(session)
    assert set(seen) == {0, 1, 2, 3}
    assert all(800 < count < 1200 for count in seen.values()), seen


def test_clients_keep_one_session_each() -> None:
    clients = Clients(3, seed=1)
    for number in range(20):
        clients.append(number)
    came = [clients.pop() for _ in range(3)]
    assert not clients
    assert len(set(came)) == 3
    assert set(came) - {0, 1, 2}, "later sessions have replaced earlier ones"


def test_the_shares_of_two_that_are_down_are_spread_evenly_too() -> None:
    spread, backends = spread_of(4, when_down="move")
    fail(backends[1])
    fail(backends[3])
    assert Counter(turns(spread, 120)) == {0: 60, 2: 60}
