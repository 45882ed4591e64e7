"""Threads with real neighbours that take the processors, and on engines from other builds."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tlsbench.cli.app import run as tlsbench
from tlsbench.implementations.registry import ends_of
from tlsbench.scenarios import Scenario
from tlsbench.workloads.prepare import lanes_of

pytestmark = pytest.mark.integration
Find = Callable[[str], tuple[Scenario, ...]]


@contextlib.contextmanager
def busy_neighbours() -> Iterator[None]:
    """Two processes per processor that do nothing but use it."""
    command = [sys.executable, "-c", "while True: pass"]
    neighbours = [subprocess.Popen(command) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for one in neighbours:
            one.kill()
            one.wait()


@pytest.mark.timeout(240)
def test_a_run_beside_busy_neighbours_is_declared_void(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = tmp_path / "result.json"
    words = ["run", "workload=scaling", "implementation=libssl", "threads=2", "--time-budget", "6s"]
    with busy_neighbours():
        code = tlsbench([*words, "--quiet", "--json", str(result)])
    stored: dict[str, Any] = json.loads(result.read_text())
    assert not stored["benchmarks"], "there is no number that looks right"
    (failure,) = stored["tlsbench"]["failures"]
    assert failure["error"].startswith("void: ")
    assert "processors" in failure["error"]
    assert code == 3
    assert "void: " in "".join(capsys.readouterr())


@pytest.mark.parametrize("way", ["", "context=own", "resumption=psk", "task=bulk size=16KiB"])
def test_threads_of_boringssl_share_a_context_or_have_their_own(
    way: str, boringssl: str, scenarios_of: Find
) -> None:
    (scenario,) = scenarios_of(f"workload=scaling implementation={boringssl} version=1.3 threads=2 {way}")
    for make in lanes_of(scenario, ends_of(scenario)).makers(2):
        lane = make()
        for _ in range(3):
            lane.operate()
        lane.prove()
        assert lane.record()["ends"] == "joined"
        lane.close()
