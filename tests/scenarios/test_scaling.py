from __future__ import annotations

from collections.abc import Callable

import pytest

from tlsbench.errors import RequestError
from tlsbench.implementations.registry import capabilities, spellings, tls_libraries
from tlsbench.results.scenario_text import scenario_of_axes
from tlsbench.scenarios import Capabilities, Scenario, expand, parse, scenario_from_id

Find = Callable[[str], tuple[Scenario, ...]]
OF = "workload=scaling implementation=libssl version=1.3 key=ecdsa-secp256r1"


def excluded(selector: str) -> str:
    selection = parse([selector], spellings())
    matrix = expand([selection], capabilities(selection))
    assert not matrix.scenarios
    return matrix.excluded[0].reason


def test_any_number_of_threads_up_to_the_most_can_be_asked_for(scenarios_of: Find) -> None:
    found = scenarios_of(f"{OF} threads=1,3,64")
    assert [one.threads for one in found] == [1, 3, 64]
    assert found[1].id.endswith("threads=3")


@pytest.mark.parametrize("word", ["0", "65", "two", "-1", "1.5", ""])
def test_what_is_no_number_of_threads_is_refused_with_what_is_valid(word: str) -> None:
    with pytest.raises(RequestError, match=r"threads"):
        parse([f"{OF} threads={word}"], spellings())


def test_shared_contexts_and_handshakes_are_usual_and_not_in_the_id(scenarios_of: Find) -> None:
    usual, special = scenarios_of(f"{OF} threads=2 context=shared,own")
    assert "context" not in usual.id
    assert "context=own" in special.id
    assert "task" not in usual.id


def test_bulk_has_a_size_and_a_handshake_has_none(scenarios_of: Find) -> None:
    bulk, handshake = scenarios_of(f"{OF} threads=2 task=bulk,handshake size=4KiB")
    assert (bulk.size, handshake.size) == (4096, 0)
    assert "size" not in handshake.axes()


@pytest.mark.parametrize("selector", [f"{OF} threads=2", f"{OF} threads=4 context=own task=bulk size=1KiB"])
def test_an_id_and_stored_axes_name_the_scenario(selector: str, scenarios_of: Find) -> None:
    (scenario,) = scenarios_of(selector)
    assert scenario_from_id(scenario.id, spellings()) == scenario
    assert scenario_of_axes(scenario.axes()) == scenario


def test_other_workloads_have_no_threads_and_their_ids_stay(scenarios_of: Find) -> None:
    (handshake,) = scenarios_of("implementation=libssl version=1.3 threads=1")
    assert not {"threads", "context", "task"} & handshake.axes().keys()
    assert "a handshake has no threads" in excluded("workload=handshake implementation=libssl threads=2")


def test_what_threads_do_not_do_is_said() -> None:
    assert "stay open" in excluded(f"{OF} task=bulk resumption=psk")
    assert "no early data" in excluded(f"{OF} resumption=early-data")


@pytest.mark.parametrize(("library", "reason"), [("mbedtls", "without locks"), ("tlslite", "take turns")])
def test_a_library_that_has_no_use_for_threads_says_why(library: str, reason: str) -> None:
    if library not in tls_libraries():
        pytest.skip("it is not installed")
    assert reason in excluded(f"workload=scaling implementation={library} version=1.2 threads=2")


def test_a_library_that_nobody_looked_at_has_no_threads_and_a_reason() -> None:
    (reason,) = (
        gap.reason
        for gap in Capabilities().in_the_way()
        if gap.when.keys() == {"workload"} and "scaling" in gap.when["workload"]
    )
    assert "has not been checked" in reason
