from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tlsbench.errors import MeasurementError, ProofError
from tlsbench.processes import Interpreter
from tlsbench.sampling import Plan, meter_named
from tlsbench.sampling import duel as duel_module
from tlsbench.sampling import remote as remote_module
from tlsbench.sampling.duel import Match, duel, local_side, remote_side
from tlsbench.sampling.remote import RemoteWorkload, Worker
from tlsbench.sampling.worker import serve
from tlsbench.scenarios import Scenario
from tlsbench.workloads import Sample, disturbance
from tlsbench.workloads.handshake import Handshake

Find = Callable[[str], tuple[Scenario, ...]]
WALL = meter_named("wall")
HERE = Interpreter(sys.executable, {})
QUICKLY = Plan(time_budget_s=0.01, precision=0, seed=1, warm_up_s=0)
pytestmark = pytest.mark.slow


def test_every_epoch_measures_both_sides_twice_in_the_same_rounds(scenarios_of: Find) -> None:
    a, b = scenarios_of("implementation=fake link=memory,unix")
    seen: list[tuple[int, int]] = []
    outcome = duel(
        [Match(a, b)],
        local_side(WALL, [a, b]),
        local_side(WALL, [a, b]),
        QUICKLY,
        in_workers=False,
        observe=lambda done, of: seen.append((done, of)),
    )
    (record,) = outcome.records
    assert seen[-1] == (20, 20)
    assert set(record.epochs) == {"client", "server", "libraries"}
    for epoch in record.epochs["libraries"]:
        assert len({len(side) for side in (epoch.a, epoch.a_again, epoch.b, epoch.b_again)}) == 1
        assert min(epoch.b) > 0
    assert not outcome.interrupted


def test_a_primitive_has_one_side_alone(scenarios_of: Find) -> None:
    (one,) = scenarios_of("workload=primitive algorithm=sha-256/digest size=16B")
    outcome = duel(
        [Match(one, one)], local_side(WALL, [one]), local_side(WALL, [one]), QUICKLY, in_workers=False
    )
    assert set(outcome.records[0].epochs) == {"libraries"}


def test_a_request_to_stop_keeps_the_epochs_that_there_are(scenarios_of: Find) -> None:
    (one,) = scenarios_of("implementation=fake")
    sides = local_side(WALL, [one]), local_side(WALL, [one])
    outcome = duel([Match(one, one)], *sides, QUICKLY, in_workers=False, stop_asked=lambda: True)
    assert outcome.interrupted
    assert len(outcome.records[0].epochs["libraries"]) == 1


def test_a_side_whose_proof_fails_ends_the_duel(scenarios_of: Find, monkeypatch: pytest.MonkeyPatch) -> None:
    from tlsbench.implementations.pyopenssl import bindings as openssl_bindings

    a, b = scenarios_of("implementation=pyopenssl group=X25519MLKEM768,secp384r1")
    monkeypatch.setattr(openssl_bindings, "set_groups", lambda context, names: None)
    with pytest.raises(ProofError, match="wanted secp384r1, got X25519MLKEM768"):
        duel([Match(a, b)], local_side(WALL, [a, b]), local_side(WALL, [a, b]), QUICKLY, in_workers=False)


def test_workers_measure_and_prove_in_processes_of_their_own(
    scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duel_module, "_EPOCHS_OF_WORKERS", 3)
    (one,) = scenarios_of("implementation=fake resumption=psk")
    side = remote_side(HERE, WALL)
    outcome = duel([Match(one, one)], side, side, QUICKLY, in_workers=True)
    (record,) = outcome.records
    assert len(record.epochs["libraries"]) == 3
    assert record.proofs[0]["resumption"] == record.proofs[1]["resumption"] == "psk"


def test_a_worker_says_who_it_is_and_samples_on_request(scenarios_of: Find) -> None:
    (one,) = scenarios_of("implementation=fake")
    with Worker(HERE) as worker:
        assert worker.greeting()["engines"]["fake"] == "none"
        workload = RemoteWorkload.prepare([worker], one, "wall")[0]
        sample = workload.sample()
        assert 0 < sample.client < sample.total
        assert workload.proof()["cipher"] == "TLS_AES_256_GCM_SHA384"


def test_a_worker_has_the_variables_that_it_was_given(tmp_path: Path) -> None:
    program = tmp_path / "python"
    program.write_text(
        f'#!/bin/sh\necho "colour $COLOUR" >&2\nexec {sys.executable} -c "" \n', encoding="utf-8"
    )
    program.chmod(0o755)
    with (
        Worker(Interpreter(str(program), {"COLOUR": "blue"})) as worker,
        pytest.raises(MeasurementError, match="colour blue"),
    ):
        worker.greeting()


def test_what_cannot_be_measured_over_there_is_told_with_its_reason() -> None:
    scenario = Scenario(workload="handshake", client="ssl", server="ssl", resumption="early-data")
    with Worker(HERE) as worker:
        worker.greeting()
        with pytest.raises(MeasurementError, match="it has no early data"):
            RemoteWorkload.prepare([worker], scenario, "wall")[0]


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import sys; sys.exit('no tlsbench here')", r"died \(exit code 1: no tlsbench here\)"),
        ("print('hello')", "wrote what is not JSON"),
        ("import time; time.sleep(3600)", "said nothing for"),
        ("import os; os.kill(os.getpid(), 9)", r"died \(signal 9\)"),
    ],
)
def test_a_worker_that_fails_is_reported_with_its_last_words(
    program: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_module, "_PATIENCE_SECONDS", 1.0)
    script = tmp_path / "python"
    script.write_text(f"#!{sys.executable}\n{program}\n", encoding="utf-8")
    script.chmod(0o755)
    with Worker(Interpreter(str(script), {})) as worker, pytest.raises(MeasurementError, match=message):
        worker.greeting()


def test_a_worker_killed_between_two_samples_is_reported(scenarios_of: Find) -> None:
    (one,) = scenarios_of("implementation=fake")
    with Worker(HERE) as worker:
        worker.greeting()
        workload = RemoteWorkload.prepare([worker], one, "wall")[0]
        worker._process._process.kill()
        worker._process.wait(10.0)
        with pytest.raises(MeasurementError, match=r"died \(signal 9\)"):
            workload.sample()


def test_an_interpreter_that_is_not_there_is_told_as_such() -> None:
    with pytest.raises(MeasurementError, match="cannot start /no/such/python: No such file"):
        Worker(Interpreter("/no/such/python", {}))


def test_the_protocol_is_lines_of_json() -> None:
    requests = [
        {"prepare": "implementation=fake", "meter": "wall"},
        {"visit": 0, "rewarm": 1, "samples": 2},
        {"proof": 0},
        {"prepare": "key=rsa-1", "meter": "wall"},
    ]
    answers = io.StringIO()
    serve(io.StringIO("\n".join(map(json.dumps, requests))), answers)
    greeting, cell, visit, proof, error = map(json.loads, answers.getvalue().splitlines())
    assert "ssl" in greeting["engines"]
    assert cell == {"cell": 0, "engines": {"fake": "none"}}
    assert len(visit["samples"]) == 2
    assert set(visit["samples"][0]) == {
        "client",
        "server",
        "total",
        "operations",
        "ledger",
        "phases",
        "unit",
        "disturbed",
    }
    assert proof["proof"]["version"] == "1.3"
    assert "unknown key 'rsa-1'" in error["error"]


def test_a_worker_of_an_older_tlsbench_is_understood(tmp_path: Path, scenarios_of: Find) -> None:
    program = tmp_path / "python"
    sample = {
        "client_ns": 1,
        "server_ns": 2,
        "total_ns": 4,
        "operations": 1,
        "ledger": [4, 5, 6],
        "phases_ns": None,
    }
    program.write_text(
        f"#!{sys.executable}\nimport sys\n"
        "print('{}', flush=True)\n"
        'sys.stdin.readline(); print(\'{"cell": 0, "engines": {}}\', flush=True)\n'
        f"sys.stdin.readline(); print({json.dumps(json.dumps({'samples': [sample]}))}, flush=True)\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    (one,) = scenarios_of("implementation=fake")
    with Worker(Interpreter(str(program))) as worker:
        worker.greeting()
        found = RemoteWorkload.prepare([worker], one, "wall")[0].sample()
    assert (found.client, found.server, found.total, found.unit.symbol) == (1, 2, 4, "ns")
    assert found.ledger.flights == 4


def test_a_worker_marks_the_samples_that_were_disturbed(monkeypatch: pytest.MonkeyPatch) -> None:
    requests = [
        {"prepare": "implementation=fake", "meter": "wall"},
        {"visit": 0, "rewarm": 1, "samples": 3},
    ]
    monkeypatch.setattr(disturbance, "stolen_ticks", dict)
    monkeypatch.setattr(disturbance, "involuntary_switches", iter([0, 0, 0, 2, 2]).__next__)
    answers = io.StringIO()
    serve(io.StringIO("\n".join(map(json.dumps, requests))), answers)
    samples = json.loads(answers.getvalue().splitlines()[-1])["samples"]
    assert [one["disturbed"] for one in samples] == [False, True, True]
    assert [remote_module._sample(one).disturbed for one in samples] == [False, True, True]


def test_a_duel_sets_disturbed_samples_aside_and_counts_them(
    scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = scenarios_of("implementation=fake link=memory,unix")
    visit = Handshake.visit

    def disturbed(self: Handshake, rewarm: int, samples: int) -> list[Sample]:
        """Every second sample is disturbed, and takes a second."""
        taken = visit(self, rewarm, samples)
        return [replace(one, total=10**9, disturbed=True) if at % 2 else one for at, one in enumerate(taken)]

    monkeypatch.setattr(Handshake, "visit", disturbed)
    outcome = duel(
        [Match(a, b)], local_side(WALL, [a, b]), local_side(WALL, [a, b]), QUICKLY, in_workers=False
    )
    assert max(max(epoch.a) for epoch in outcome.records[0].epochs["libraries"]) < 10**9
    assert 20 < outcome.disturbed_percent < 60
