from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from tlsbench.errors import ProofError, RequestError
from tlsbench.scenarios import expand, parse
from tlsbench.scenarios.capabilities import Capabilities
from tlsbench.session.selecting import matrix_of
from tlsbench.units import VIRTUAL_NANOSECONDS
from tlsbench.workloads import Sample, Workload
from tlsbench.workloads.completion import CompletionCell

Make = Callable[[str], Workload]


def phases(sample: Sample) -> Mapping[str, int]:
    assert sample.phases is not None
    return sample.phases


def completion(workload_of: Make, selectors: str) -> Sample:
    return workload_of(f"workload=completion {selectors}").sample()


@pytest.mark.parametrize("name", ["ssl", "pyopenssl", "libssl"])
@pytest.mark.parametrize(
    ("selectors", "handshake", "in_all"),
    [
        ("version=1.2", 2, 3),
        ("version=1.2 resumption=ticket", 1, 2),
        ("version=1.2 resumption=session-id", 1, 2),
        ("version=1.3", 1, 2),
        ("version=1.3 client_auth=required", 1, 2),
        ("version=1.3 resumption=psk", 1, 2),
        ("version=1.3 resumption=early-data", 0, 1),
        ("version=1.3 hello_retry=yes", 2, 3),
    ],
)
def test_a_completion_takes_the_round_trips_of_the_protocol(
    name: str, selectors: str, handshake: int, in_all: int, workload_of: Make
) -> None:
    if "early-data" in selectors and name != "pyopenssl":
        pytest.skip("it has no early data, or no answer before the client's Finished")
    sample = completion(workload_of, f"implementation={name} size=4KiB rtt=50ms {selectors}")
    found = phases(sample)
    assert (found["handshake_round_trips"], found["round_trips"]) == (handshake, in_all)
    assert sample.ledger.round_trips == handshake
    assert sample.unit is VIRTUAL_NANOSECONDS
    # Everything is round trips and processor time: nothing else takes time on a line without a limit.
    waited = in_all * 50_000_000
    assert waited < sample.total <= waited + sample.client + sample.server
    assert found["handshake"] < found["first_byte"] <= sample.total


def test_a_post_quantum_chain_costs_a_round_trip_where_it_fills_the_window(workload_of: Make) -> None:
    select = "implementation=pyopenssl version=1.3 group=X25519MLKEM768 size=1KiB"
    found = {
        (key, window): phases(completion(workload_of, f"{select} key={key} initcwnd={window}"))[
            "handshake_round_trips"
        ]
        for key in ("ecdsa-secp256r1 chain_length=3", "ml-dsa-44 chain_length=1", "ml-dsa-87 chain_length=3")
        for window in (10, 30)
    }
    assert list(found.values()) == [1, 1, 1, 1, 2, 1]


def test_nagle_costs_a_chain_of_more_than_one_write_a_round_trip(workload_of: Make) -> None:
    select = "implementation=pyopenssl version=1.3 group=X25519MLKEM768 key=ml-dsa-44 size=1KiB"
    on, off = (
        phases(completion(workload_of, f"{select} nodelay={nodelay}"))["handshake_round_trips"]
        for nodelay in ("on", "off")
    )
    assert (on, off) == (1, 2)


def test_losses_are_the_same_again_in_another_cell(workload_of: Make) -> None:
    select = "workload=completion implementation=pyopenssl version=1.3 key=rsa-2048 loss=20%"

    def lost() -> list[int]:
        return [phases(sample)["retransmissions"] for sample in workload_of(select).visit(1, 8)]

    first = lost()
    assert first == lost()
    assert len(set(first)) > 1


def test_an_answer_that_is_not_what_was_sent_is_no_sample(workload_of: Make) -> None:
    cell = workload_of("workload=completion implementation=pyopenssl size=1KiB")
    assert isinstance(cell, CompletionCell)
    with pytest.raises(ProofError, match="answer"):
        cell._prove_answer(b"other", cell._request)


@pytest.mark.parametrize(
    ("selector", "reason"),
    [
        ("link=network", "use workload=completion"),
        ("workload=completion link=tcp", "a completion needs a network"),
        ("workload=handshake loss=1%", "a handshake has no loss"),
        ("workload=completion implementation=utls", "how it writes to a socket is unknown"),
    ],
)
def test_what_has_no_network_says_so(selector: str, reason: str) -> None:
    if "utls" in selector:
        pytest.importorskip("utls")
    matrix = matrix_of([selector])
    assert not matrix.scenarios
    assert reason in matrix.excluded[0].reason


@pytest.mark.parametrize(
    "selector",
    [
        "rtt=fast",
        "rtt=20000ms",
        "bandwidth=0",
        "bandwidth=fast",
        "loss=51%",
        "mss=10",
        "initcwnd=0",
        "congestion=bbr",
    ],
)
def test_a_network_that_cannot_be_is_refused(selector: str) -> None:
    with pytest.raises(RequestError):
        parse([f"workload=completion {selector}"], ["pyopenssl"])


def test_values_are_read_as_people_write_them() -> None:
    selection = parse(["rtt=50 bandwidth=10mbps loss=1 mss=1448 initcwnd=10 workload=completion"], ["ssl"])
    able = {"ssl": Capabilities(supports=("workload=completion",))}
    [scenario] = expand([{**selection, "implementation": ("ssl",)}], able).scenarios
    assert (scenario.rtt, scenario.bandwidth, scenario.loss, scenario.mss) == ("50ms", "10mbit", "1%", "1448")
    assert "initcwnd" not in scenario.id
    assert replace(scenario, rtt="20ms").id != scenario.id
