"""Lanes with real libraries: what is done is proved, on contexts that are shared or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tlsbench.errors import ProofError
from tlsbench.implementations.registry import capabilities, capabilities_of, ends_of, spellings, tls_libraries
from tlsbench.scenarios import Scenario, expand, parse
from tlsbench.workloads.prepare import lanes_of
from tlsbench.workloads.scaling.lanes import BulkLane, HandshakeLane, Lanes
from tlsbench.workloads.scaling.threads import Threads

Find = Callable[[str], tuple[Scenario, ...]]
OF = "workload=scaling key=ecdsa-secp256r1"


LIBRARIES = [name for name in tls_libraries() if "workload=scaling" in capabilities_of(name).supports]


@pytest.fixture
def lanes(scenarios_of: Find) -> Callable[[str], Lanes]:
    def of(selector: str) -> Lanes:
        (scenario,) = scenarios_of(selector)
        return lanes_of(scenario, ends_of(scenario))

    return of


def made(lanes: Lanes) -> list[Any]:
    return [make() for make in lanes.makers(lanes.scenario.threads)]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    "way",
    [
        "version=1.3",
        "version=1.3 context=own",
        "version=1.3 task=bulk size=16KiB",
        "version=1.3 resumption=psk",
        "version=1.2",
        "version=1.2 resumption=session-id",
        "version=1.2 resumption=ticket",
    ],
)
def test_a_lane_does_one_operation_after_the_other_and_proves_them(library: str, way: str) -> None:
    """On four threads at once, each with its own lane."""
    selection = parse([f"{OF} implementation={library} {way} threads=4"], spellings())
    matrix = expand([selection], capabilities(selection))
    if not matrix.scenarios:
        pytest.skip(matrix.excluded[0].reason)
    (scenario,) = matrix.scenarios
    threads = Threads(4)
    found = threads.each(list(lanes_of(scenario, ends_of(scenario)).makers(4)))
    batch = threads.turn([lane.operate for lane in found], 20_000_000)
    threads.each([lane.prove for lane in found])
    assert all(turn.operations for turn in batch.turns)
    for lane in found:
        assert lane.record()["version"] == scenario.version
        assert lane.record()["resumption"] == (scenario.resumption or "none")
    threads.each([lane.close for lane in found])
    threads.close()


def test_shared_contexts_are_the_same_ones_and_own_ones_are_not(lanes: Callable[[str], Lanes]) -> None:
    one, other = made(lanes(f"{OF} version=1.3 threads=2 implementation=libssl"))
    assert one.servers is other.servers
    one, other = made(lanes(f"{OF} version=1.3 threads=2 implementation=libssl context=own"))
    assert one.servers is not other.servers
    assert one.clients is not other.clients


def test_the_ends_of_a_libssl_are_joined_and_those_of_others_are_not(lanes: Callable[[str], Lanes]) -> None:
    for library, ends in (("libssl", "joined"), ("ssl", "through Python")):
        lane = made(lanes(f"{OF} version=1.3 threads=2 implementation={library}"))[0]
        assert lane.record()["ends"] == ends


@pytest.mark.parametrize(("size", "ends"), [("64KiB", "joined"), ("1MiB", "through Python")])
def test_writes_that_joined_ends_cannot_hold_go_through_python(
    size: str, ends: str, lanes: Callable[[str], Lanes]
) -> None:
    lane = made(lanes(f"{OF} version=1.3 threads=2 implementation=libssl task=bulk size={size}"))[0]
    lane.operate()
    assert lane.record()["ends"] == ends


def test_joined_ends_are_held_to_what_was_asked_for(lanes: Callable[[str], Lanes]) -> None:
    """A lane that should resume but does a full handshake is an error within its operation."""
    lane = made(lanes(f"{OF} version=1.3 threads=2 implementation=libssl resumption=psk"))[0]
    assert isinstance(lane, HandshakeLane)
    other = made(lanes(f"{OF} version=1.3 threads=2 implementation=libssl resumption=psk"))[0]
    lane._session = other._session  # this server did not issue it
    with pytest.raises(ProofError, match="resumption"):
        lane.operate()


def test_ends_through_python_are_held_to_it_by_the_wire(lanes: Callable[[str], Lanes]) -> None:
    lane = made(lanes(f"{OF} version=1.3 threads=2 implementation=ssl"))[0]
    lane.operate()
    lane.scenario = replace(lane.scenario, resumption="psk")
    with pytest.raises(ProofError, match="resumption"):
        lane.prove()


def test_not_the_last_operation_alone_is_held_to_it(lanes: Callable[[str], Lanes]) -> None:
    full = made(lanes(f"{OF} version=1.3 threads=2 implementation=ssl"))[0]
    full.operate()
    lane = made(lanes(f"{OF} version=1.3 threads=2 implementation=ssl resumption=psk"))[0]
    lane.operate()
    lane._seen[0] = full._seen[-1]  # a full handshake, before one that resumes
    lane.operate()
    with pytest.raises(ProofError, match="resumption"):
        lane.prove()


def test_bytes_that_arrive_otherwise_are_an_error(lanes: Callable[[str], Lanes]) -> None:
    lane = made(lanes(f"{OF} version=1.3 threads=2 implementation=libssl task=bulk size=1KiB"))[0]
    assert isinstance(lane, BulkLane)
    lane.operate()
    client, server = lane._ends or pytest.fail("it has none")
    client.write(b"something more")
    with pytest.raises(ProofError, match="bytes"):
        lane.operate()
    assert server is not client
