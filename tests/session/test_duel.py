from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from tlsbench.errors import RequestError
from tlsbench.processes import Interpreter
from tlsbench.sampling import METERS, Plan, Progress
from tlsbench.session.duel import between, between_environments, between_scenarios, duel

BRIEFLY = Plan(time_budget_s=0.01, precision=0, seed=1, warm_up_s=0)


@pytest.mark.slow
def test_a_duel_names_its_sides_by_what_differs_and_proves_both() -> None:
    found = duel(between(["implementation=fake", "key=rsa-2048,ed25519"], BRIEFLY))
    (result,) = found.results
    assert (result.a.name, result.b.name) == ("rsa-2048", "ed25519")
    assert set(result.comparisons) == {"client", "server", "libraries"}
    assert result.a.negotiated
    assert result.a.ledger is not None
    assert (result.a.ledger.round_trips, result.a.ledger.handshake_flights) == (1, 3)
    assert found.meter == "wall"
    assert not found.interrupted


def test_an_observer_sees_every_epoch_and_a_stop_ends_it_after_one() -> None:
    seen: list[Progress] = []
    request = between(["implementation=fake", "key=rsa-2048,ed25519"], BRIEFLY)
    found = duel(request, seen.append, lambda: len(seen) == 2)
    assert found.interrupted
    assert [(one.stage, one.done) for one in seen] == [("epochs", 1), ("epochs", 2)]
    assert found.results[0].main.epochs == 2


def test_two_environments_meet_in_every_scenario() -> None:
    a, b = Interpreter(), Interpreter(environment={"COLOUR": "blue"})
    request = between_environments(["implementation=fake key=rsa-2048,ed25519"], a, b, BRIEFLY)
    assert [match.a == match.b for match in request.matches] == [True, True]
    assert request.names == (f"a ({sys.executable})", f"b ({sys.executable}) COLOUR=blue")


@pytest.mark.parametrize(
    ("pythons", "called"),
    [
        (("/run/7/base/bin/python", "/run/7/head/bin/python"), ("base/bin/python", "head/bin/python")),
        (("/usr/bin/python3.11", "/usr/bin/python3.12"), ("python3.11", "python3.12")),
        (("/usr/bin/python3", "/opt/bin/python3"), ("/usr/bin/python3", "/opt/bin/python3")),
        (("old/bin/python", "new/bin/python"), ("old/bin/python", "new/bin/python")),
    ],
)
def test_environments_are_called_by_where_their_paths_part(
    pythons: tuple[str, str], called: tuple[str, str]
) -> None:
    a, b = (Interpreter(python) for python in pythons)
    request = between_environments(["implementation=fake"], a, b, BRIEFLY)
    assert request.names == (f"a ({called[0]})", f"b ({called[1]})")


@pytest.mark.parametrize(
    ("words", "ask"),
    [
        ("needs selectors", lambda: between([], BRIEFLY)),
        ("name 1", lambda: between(["implementation=fake"], BRIEFLY)),
        ("names 2 scenarios", lambda: between_scenarios("key=rsa-2048", "key=rsa-2048,ed25519", BRIEFLY)),
        ("the same scenario", lambda: between_scenarios("key=rsa-2048", "key=rsa-2048", BRIEFLY)),
        (
            "sides are the same",
            lambda: between_environments(["key=ed25519"], Interpreter(), Interpreter(), BRIEFLY),
        ),
        ("cannot be measured", lambda: between(["version=1.2 resumption=none,early-data"], BRIEFLY)),
        ("memory has none", lambda: duel(between(["workload=memory key=rsa-2048,ed25519"], BRIEFLY))),
        (
            "memory has none",
            lambda: duel(between(["workload=memory key=rsa-2048,ed25519"], BRIEFLY, METERS["instructions"])),
        ),
    ],
)
def test_a_duel_that_cannot_be_is_refused(words: str, ask: Callable[[], object]) -> None:
    with pytest.raises(RequestError, match=words):
        ask()
