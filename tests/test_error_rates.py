"""How benchmarks/error_rates.py counts; its long measurements are started by hand."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture(scope="module")
def error_rates() -> ModuleType:
    path = BENCHMARKS / "error_rates.py"
    spec = importlib.util.spec_from_file_location("error_rates", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["error_rates"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_rate_is_over_all_pairs_and_its_interval_over_the_runs(error_rates: ModuleType) -> None:
    nothing = error_rates.Rate({(a, b): (0, 4) for a in range(6) for b in range(a)})
    assert nothing.text() == "0.0% of 60 (0.0% to 45.9%)", "six runs without one: by Clopper and Pearson"
    everything = error_rates.Rate({(a, b): (4, 4) for a in range(6) for b in range(a)})
    assert everything.text() == "100.0% of 60 (54.1% to 100.0%)"
    one_bad_run = error_rates.Rate({(a, b): (4 * (0 in (a, b)), 4) for a in range(6) for b in range(a)})
    share, _, interval = one_bad_run.text().partition(" of ")
    assert share == "33.3%"
    low, high = (float(word.strip("()%")) for word in interval.split(" ", 1)[1].split(" to "))
    assert low == 0, "that run may be none of those drawn"
    assert high > 60


def test_extra_work_is_in_proportion_to_the_time_in_the_libraries(error_rates: ModuleType) -> None:
    times = error_rates.Times({("ssl", "none"): 1e6, ("ssl", "psk"): 5e5}, block_ns=1000.0)
    assert times.blocks(5, "ssl") == {"none": 50, "psk": 25}
    assert times.blocks(0, "ssl") == {"none": 0, "psk": 0}


def test_conditions_are_named_by_their_beginnings(error_rates: ModuleType) -> None:
    options = error_rates.parsed(["folder", "--conditions", "idle,three", "--levels", "3,5"])
    assert options.conditions == ["idle", "three busy processes"]
    assert options.levels == [3, 5]


def test_the_processes_of_a_condition_end_with_it(error_rates: ModuleType) -> None:
    from conditions import condition

    with condition("two that stop and go"):
        until = time.monotonic() + 20
        while _children() < 2 and time.monotonic() < until:
            time.sleep(0.05)  # a process that has just been forked still has its parent's name
        assert _children() == 2
    assert _children() == 0


def _children() -> int:
    import psutil

    return sum("random.Random" in " ".join(one.cmdline()) for one in psutil.Process().children())


@pytest.mark.slow
def test_a_library_that_works_more_takes_longer_on_the_side_of_the_server(error_rates: ModuleType) -> None:
    program = (
        "import json; from tlsbench.session.run import *; from tlsbench.session.selecting import matrix_of;"
        "from tlsbench.sampling import Plan;"
        "plan = Plan(time_budget_s=0.5, precision=0, seed=1);"
        "found = run(RunRequest(matrix=matrix_of(['implementation=fake,ssl']), plan=plan));"
        "print(json.dumps([cell.figures['server'].median for cell in found.cells]))"
    )
    medians = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", program],
                check=True,
                capture_output=True,
                text=True,
                env={**os.environ, **environment},
            ).stdout
        )
        for environment in ({}, error_rates.extra_work("fake", {"none": 2000}))
    ]
    (fake, ssl), (slower_fake, same_ssl) = medians
    assert slower_fake > 5 * fake
    assert same_ssl < 5 * ssl
