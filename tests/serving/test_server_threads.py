"""Servers with several threads, loaded by real clients."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tlsbench import pki
from tlsbench.loading import LoadPlan, Target, run_load
from tlsbench.scenarios import Scenario
from tlsbench.serving import MODELS, ServerPlan, Serving

pytestmark = pytest.mark.slow
Find = Callable[[str], tuple[Scenario, ...]]
PlanOf = Callable[..., ServerPlan]


@pytest.fixture
def plan_of(scenarios_of: Find) -> PlanOf:
    def make(selector: str, **change: Any) -> ServerPlan:
        (scenario,) = scenarios_of(selector)
        plan = ServerPlan(scenario=scenario.id, peers=pki.peers_for(scenario).to_pem(), **change)
        plan.check()
        return plan

    return make


def load_of(server: Serving, **change: Any) -> LoadPlan:
    settings = {"connections": 12, "duration_s": 0.5, "warm_up_s": 0.1, "step_limit_s": 5.0, **change}
    return LoadPlan(target=Target(*server.address), **settings)


@pytest.mark.parametrize("model", MODELS)
def test_threads_of_one_process_share_its_port_and_its_context(model: str, plan_of: PlanOf) -> None:
    plan = plan_of("implementation=ssl version=1.3", threads=3, model=model)
    with Serving(plan) as server:
        load = run_load(load_of(server, resume=0.5, requests=1))
    tally = server.tally()
    assert tally.handshakes >= load.tally.handshakes > 0
    assert tally.open == 0
    assert not load.tally.failures
    assert load.tally.resumed > 0, "a ticket of one thread is good for the others"


def test_the_threads_of_a_server_that_work_are_counted(plan_of: PlanOf) -> None:
    counted = {}
    for threads in (1, 4):
        with Serving(plan_of("implementation=ssl version=1.3", threads=threads)) as server:
            place = f"{server.address[0]}:{server.address[1]}"
            words = ["load", place, "--connections", "12", "--duration", "1500ms", "--json", "-", "--quiet"]
            # in a separate process: child processes of this one are taken to be the load itself
            command = [sys.executable, "-m", "tlsbench", *words]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        counted[threads] = json.loads(done.stdout)["tlsbench"]["load"]["server"]["threads"]
    assert counted[1] == 1
    assert 2 <= counted[4] <= 4, "the kernel may leave one of four listeners with few connections"
