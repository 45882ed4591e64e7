"""The arithmetic of capacity, checked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.session.sizing import FRAME, Bytes, Costs, Demand, Scaling, cores_for, share_with_lifetime, size
from tlsbench.stats import Estimate
from tlsbench.stats.estimates import DRAWS


def exact(value: float) -> Estimate:
    return Estimate.exact(value)


COSTS = Costs(
    full_ns=exact(400_000.0),
    full_bytes=Bytes(500.0, 1500.0),
    resumed_ns=exact(200_000.0),
    resumed_bytes=Bytes(700.0, 300.0),
    byte_ns=exact(0.5),
    byte_bytes=Bytes(0.0, 1.01),
    memory_bytes=exact(50_000.0),
)
DEMAND = Demand(connections_per_s=20_000, resumed=0.6, transfer_bytes=51_200, open_connections=100_000)


def test_cores_are_the_sum_of_what_connections_pay() -> None:
    sized = size(DEMAND, COSTS)
    found = {part.name: part.cores.value for part in sized.parts}
    assert found == {
        "full handshakes": pytest.approx(20_000 * 0.4 * 400e-6),
        "resumed handshakes": pytest.approx(20_000 * 0.6 * 200e-6),
        "records": pytest.approx(20_000 * 51_200 * 0.5e-9),
    }
    assert sized.busy_cores.value == pytest.approx(3.2 + 2.4 + 0.512)
    assert sized.cores.value == pytest.approx(6.112)


def test_memory_is_of_open_connections_and_the_line_of_all_that_is_sent() -> None:
    sized = size(DEMAND, COSTS)
    assert sized.memory_bytes is not None
    assert sized.memory_bytes.value == pytest.approx(5e9)
    assert sized.down_bits_per_s == pytest.approx(
        8 * FRAME * 20_000 * (0.4 * 1500 + 0.6 * 300 + 51_200 * 1.01)
    )
    assert sized.up_bits_per_s == pytest.approx(8 * FRAME * 20_000 * (0.4 * 500 + 0.6 * 700))


def test_headroom_is_the_share_of_each_resource_that_stays_free() -> None:
    plain = size(DEMAND, COSTS)
    free = size(Demand(**{**_fields(DEMAND), "headroom": 0.5}), COSTS)
    assert free.busy_cores.value == plain.busy_cores.value
    assert free.cores.value == pytest.approx(2 * plain.cores.value)
    assert free.memory_bytes is not None
    assert plain.memory_bytes is not None
    assert free.memory_bytes.value == pytest.approx(2 * plain.memory_bytes.value)
    assert free.down_bits_per_s == pytest.approx(2 * plain.down_bits_per_s)


def _fields(demand: Demand) -> dict[str, float]:
    return {name: getattr(demand, name) for name in demand.__slots__}


def test_what_is_beyond_tls_is_a_part_of_its_own() -> None:
    costs = Costs(full_ns=exact(100_000.0), full_bytes=Bytes(), beyond_ns=exact(50_000.0))
    sized = size(Demand(connections_per_s=1000), costs)
    assert [(part.name, part.cores.value) for part in sized.parts] == [
        ("full handshakes", pytest.approx(0.1)),
        ("beyond TLS", pytest.approx(0.05)),
    ]


def test_a_cost_that_is_not_known_is_not_taken_for_nothing() -> None:
    costs = Costs(full_ns=exact(1.0), full_bytes=Bytes())
    with pytest.raises(ValueError, match="resumed handshakes is not known"):
        size(Demand(connections_per_s=1, resumed=0.5), costs)
    assert size(Demand(connections_per_s=1, open_connections=5), costs).memory_bytes is None


def test_lost_efficiency_takes_more_cores() -> None:
    shares = {1: 1.0, 2: 0.9, 4: 0.75}
    assert cores_for(1.0, shares) == pytest.approx(1.0)
    assert cores_for(1.8, shares) == pytest.approx(2.0)
    assert cores_for(3.0, shares) == pytest.approx(4.0)
    assert cores_for(2.4, shares) == pytest.approx(3.0)  # halfway from 1.8 to 3.0
    assert cores_for(6.0, shares) == pytest.approx(8.0)  # the efficiency of four, kept
    assert cores_for(7.5, {}) == 7.5


def test_threads_that_get_nothing_more_done_are_never_enough() -> None:
    assert cores_for(0.9, {2: 0.4}) == pytest.approx(0.9)
    assert math.isinf(cores_for(3.0, {2: 0.0}))


def test_how_well_the_efficiency_is_known_is_in_the_interval() -> None:
    known, vague = Estimate.exact(0.8), Estimate(0.8, np.linspace(0.7, 0.9, DRAWS))
    exact, wide = (
        Scaling({1: Estimate.exact(1.0), 2: one}).cores_for(Estimate.exact(8.0)) for one in (known, vague)
    )
    assert exact.value == wide.value == pytest.approx(10.0)
    assert exact.interval.high == pytest.approx(10.0)
    assert wide.interval.low == pytest.approx(8 / 0.895, rel=0.01)
    assert wide.interval.high == pytest.approx(8 / 0.705, rel=0.01)
    assert Scaling().cores_for(Estimate.exact(8.0)).value == 8.0
    assert not Scaling().is_measured


@given(st.floats(0.01, 1000), st.floats(0.01, 1000), st.lists(st.floats(0.5, 1), max_size=3))
def test_more_work_never_takes_fewer_cores(one: float, other: float, shares: list[float]) -> None:
    efficiencies = {2**number: share for number, share in enumerate(shares, start=1)}
    less, more = sorted((one, other))
    assert cores_for(less, efficiencies) <= cores_for(more, efficiencies) * (1 + 1e-9)
    assert cores_for(more, efficiencies) >= more * (1 - 1e-9)


def test_a_longer_ticket_lifetime_brings_back_more_clients() -> None:
    assert share_with_lifetime(0.6, 7200, 7200) == pytest.approx(0.6)
    assert share_with_lifetime(0.6, 7200, 14_400) == pytest.approx(1 - 0.4**2)
    assert share_with_lifetime(0.6, 7200, 0) == 0
