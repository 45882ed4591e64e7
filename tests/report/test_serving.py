from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from tlsbench.report.serving import counts, greeting, second_line
from tlsbench.scenarios import Scenario
from tlsbench.serving import ServerPlan, ServerTally

Find = Callable[..., Sequence[Scenario]]


def test_a_server_says_how_to_load_it(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("implementation=fake version=1.3")
    plan = ServerPlan(scenario=scenario.id, peers={}, bind=("0.0.0.0", 8443), processes=2, groups=("x25519",))
    lines = list(greeting("0.0.0.0:8443", plan, scenario, Path("root.pem"), early_data=False))
    assert lines[0] == "serving on 0.0.0.0:8443 with 2 processes, model selector; Ctrl-C stops it"
    assert "group=" not in lines[1]
    assert "this is not loopback: others can connect" in lines
    assert lines[-1].strip() == (
        "tlsbench load 0.0.0.0:8443 --root root.pem --server-name localhost version=1.3"
    )


def test_a_second_counts_what_came_since_the_last() -> None:
    before = ServerTally(accepted=5, negotiated=Counter({"1.3": 5}), requests=7)
    now = ServerTally(
        accepted=9, negotiated=Counter({"1.3": 8}), requests=1007, failures=Counter({"reset": 2})
    )
    assert second_line(now, before).startswith("3 handshakes, 1,000 requests, ")
    assert second_line(now, before).endswith("2 failed")


def test_what_idled_is_counted_with_the_limit() -> None:
    lines = list(
        counts(
            ServerTally(
                accepted=3, negotiated=Counter({"1.3": 2}), closed_idle=1, alerts=Counter({"unknown_ca": 1})
            ),
            1.5,
        )
    )
    assert lines[0] == "3 connections, 2 handshakes, 0 requests"
    assert "  1 × closed because idle for 1.5 s" in lines
    assert "  1 × alert unknown_ca" in lines
