"""The memory of connections: counted by malloc, so that a known amount is found to the byte."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tlsbench.cli.app import run as tlsbench
from tlsbench.errors import MeasurementError
from tlsbench.implementations.registry import implementations
from tlsbench.scenarios import Scenario
from tlsbench.workloads import MEMORY_ENVIRONMENT, prepare

Find = Callable[[str], tuple[Scenario, ...]]
_COUNTED = """
import gc, json, time
from tlsbench.workloads.memory import CONNECTIONS, _Side, allocated_bytes
from tlsbench.implementations.registry import capabilities, implementations, spellings
from tlsbench.scenarios import expand, parse
from tlsbench.workloads import prepare
gc.disable()
(scenario,) = expand([parse(["workload=memory implementation=%s"], spellings())], capabilities()).scenarios
cell = prepare(scenario, implementations(), time.perf_counter_ns)
accept, connect = cell.servers.accept, cell.clients.connect
kept = []
def accept_more():
    kept.append(bytearray(100_000))
    return accept()
cell.visit(0, 3)
plain = cell.sample()
class Servers:
    accept = staticmethod(accept_more)
cell.servers = Servers()
cell.sample()
kept.clear()
more = cell.sample()
kept.clear()
class Sender:
    receive_data = staticmethod(len)
    handshake = staticmethod(bool)
    data_to_send = staticmethod(lambda: bytes(200_000))
side = _Side()
sent = side.take(Sender(), b"")
before = allocated_bytes(); block = bytearray(3_000_000); after = allocated_bytes()
print(json.dumps({"client": [plain.client, more.client], "server": [plain.server, more.server],
  "peak": [plain.phases["server_peak"], more.phases["server_peak"]], "of": CONNECTIONS,
  "block": after - before, "of_sender": side.kept_bytes, "proof": dict(cell.proof())}))
"""


def counted(implementation: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", _COUNTED % implementation],
        env={**os.environ, **MEMORY_ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("implementation", ["pyopenssl", "ssl"])
def test_what_a_side_keeps_more_is_found_on_that_side_alone(implementation: str) -> None:
    found = counted(implementation)
    more = (found["server"][1] - found["server"][0]) / found["of"]
    assert more == pytest.approx(100_000, rel=0.01)
    assert abs(found["of_sender"]) < 1000  # 200,000 bytes are on their way, and not the sender's
    assert found["client"][1] == pytest.approx(found["client"][0], rel=0.02)
    assert found["block"] == pytest.approx(3_000_000, rel=0.01)  # a block that malloc maps
    assert all(peak >= kept for peak, kept in zip(found["peak"], found["server"], strict=True))
    assert found["proof"]["version"] == "1.3"


def test_a_process_that_cannot_count_is_refused(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("workload=memory version=1.3")
    with pytest.raises(MeasurementError, match="in a process of its own, with PYTHONMALLOC=malloc"):
        prepare(scenario, implementations(), lambda: 0)


@pytest.mark.slow
def test_the_command_shows_both_sides_in_kib(
    capsys: pytest.CaptureFixture[str], in_empty_folder: object
) -> None:
    arguments = ["run", "workload=memory", "implementation=ssl,pyopenssl", "--time-budget", "1ms"]
    assert tlsbench([*arguments, "--json", "memory.json"]) == 0
    out = capsys.readouterr().out
    heading = next(line for line in out.splitlines() if "client KiB" in line)
    assert "server peak" in heading
    assert "client µs" not in out
    assert "KiB are malloc's memory" in out
    assert tlsbench(["compare", "memory.json", "memory.json"]) == 0
    out = capsys.readouterr().out
    assert "base KiB" in out
    assert "slower" not in out.replace("0 slower", "")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (
            ["duel", "workload=memory", "implementation=ssl,pyopenssl"],
            "a duel compares the times of one thread, and workload=memory has none",
        ),
        (["run", "workload=memory", "--meter", "instructions"], "leave out --meter instructions"),
        (["run", "workload=memory", "implementation=fake"], "it keeps no state of a connection"),
    ],
)
def test_what_cannot_be_is_one_line(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tlsbench(arguments) == 2
    assert problem in capsys.readouterr().err
