"""The process that measures on a machine: what it reports, that it ends, and what it never imports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.loading.servers import server_context, speaker

from tlsbench.loading import LoadPlan, LoadTally, Target
from tlsbench.loading.tally import SUCCESS

COMMAND = [sys.executable, "-m", "tlsbench.fleet.member"]
RUN = {
    "kind": "run", "selectors": ["implementation=fake"], "profile": None, "instrument": "wall", "command": "",
    "processes": 1, "plan": {"time_budget_s": 0.1, "precision": 0.02, "seed": 1},
}  # fmt: skip


def load_order(address: tuple[str, int], **more: Any) -> dict[str, Any]:
    plan = LoadPlan(target=Target(*address), connections=2, duration_s=0.3, warm_up_s=0.0, workers=2)
    order = {"kind": "load", "plan": plan.to_json(), "files": {}, "first": 1, "processes": 1}
    return {**order, **more}


@pytest.fixture
def poison(tmp_path: Path) -> tuple[dict[str, str], Path]:
    """An environment in which importing Dask leaves a mark."""
    mark = tmp_path / "imported"
    for name in ("distributed", "dask"):
        (tmp_path / "path" / name).mkdir(parents=True)
        (tmp_path / "path" / name / "__init__.py").write_text(
            f"import pathlib, sys\npathlib.Path({str(mark)!r}).write_text(' '.join(sys.argv))\n"
        )
    return {**os.environ, "PYTHONPATH": str(tmp_path / "path"), "TMPDIR": str(tmp_path)}, mark


def member(order: dict[str, Any], environment: dict[str, str]) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()
    return process


def said(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    assert process.stdout is not None
    return [json.loads(line) for line in process.stdout]


def begin(process: subprocess.Popen[str]) -> None:
    """Start a load as soon as its process can."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert json.loads(process.stdout.readline()) == {"ready": True}
    process.stdin.write(f"start {time.monotonic_ns()}\n")
    process.stdin.flush()


@pytest.mark.slow
def test_nothing_that_measures_imports_dask(poison: tuple[dict[str, str], Path]) -> None:
    environment, mark = poison
    with member(RUN, environment) as process:
        *_, last = said(process)
    assert "document" in last
    with (
        speaker(server_context(), lambda _sock: None) as address,
        member(load_order(address), environment) as one,
    ):
        begin(one)
        *_, last = said(one)
    assert last["done"]
    assert not mark.exists()


def test_the_mark_is_left_where_somebody_does(poison: tuple[dict[str, str], Path]) -> None:
    environment, mark = poison
    subprocess.run([sys.executable, "-c", "import distributed"], env=environment, check=True)
    assert mark.exists()


@pytest.mark.slow
def test_a_process_that_has_imported_dask_brings_no_figures(
    poison: tuple[dict[str, str], Path], tmp_path: Path
) -> None:
    environment, _ = poison
    (tmp_path / "path" / "sitecustomize.py").write_text("import distributed\n")
    with member(RUN, environment) as process:
        *_, last = said(process)
    assert last["error"] == "the measuring process had imported distributed"


def test_a_machine_makes_its_own_part_of_the_load(tmp_path: Path) -> None:
    with (
        speaker(server_context(), lambda _sock: None) as address,
        member(load_order(address), dict(os.environ)) as one,
    ):
        begin(one)
        *_, last = said(one)
    tally = LoadTally.from_plain(last["tally"])
    assert 0 < tally.outcomes[SUCCESS] == tally.begun
    assert last["late_ns"] >= 0


def test_what_cannot_be_is_said_with_its_exit_code(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with member(load_order(("127.0.0.1", 9), files={"root": "nothing"}), environment) as process:
        *_, last = said(process)
    assert last["exit_code"] == 2
    assert "no certificate" in last["error"]


def test_a_folder_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path / "missing")}
    with member(load_order(("127.0.0.1", 9), files={"root": "text"}), environment) as process:
        *_, last = said(process)
    assert last["error"] == f"cannot write {tmp_path}/missing/root.pem: No such file or directory"


@pytest.mark.parametrize("way", ["its input ends", "it is killed"])
@pytest.mark.slow
def test_nothing_is_left_of_a_load_whose_asker_is_gone(tmp_path: Path, way: str) -> None:
    with speaker(server_context(), lambda _sock: None) as address:
        plan = LoadPlan(target=Target(*address), connections=1, duration_s=60.0)
        order = load_order(address, plan=plan.to_json(), first=0)
        (tmp_path / "own").mkdir()
        one = member(order, {**os.environ, "TMPDIR": str(tmp_path / "own")})
        begin(one)
        assert one.stdin is not None
        assert one.stdout is not None
        children = psutil.Process(one.pid).children(recursive=True)
        assert children
        if way == "it is killed":
            os.killpg(one.pid, signal.SIGKILL)
        one.stdin.close()
        one.wait(30)
        one.stdout.close()
        _, alive = psutil.wait_procs(children, 30)
    assert not [child for child in alive if child.status() != psutil.STATUS_ZOMBIE]
    assert way == "it is killed" or not (tmp_path / "own").exists()
