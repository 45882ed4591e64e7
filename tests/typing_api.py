"""What type checkers know about the public names: read only by mypy, strictly (tox -e lint), never run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, assert_type

import tlsbench
from tlsbench import Capacity, Comparison, Interrupted, Matrix, Progress, Result, Scenario


def note(progress: Progress) -> None:
    assert_type(progress.stage, str)
    assert_type(progress.elapsed_s, float)


def stop() -> bool:
    return True


assert_type(tlsbench.__version__, str)
assert_type(tlsbench.matrix("key=rsa-2048", profile="quick", version="1.3"), Matrix)
assert_type(tlsbench.matrix().scenarios, tuple[Scenario, ...])

run = tlsbench.run("key=rsa-2048", resumption=["none", "psk"], size=1024, time_budget="5s", precision=0.02)
assert_type(run, Result)
assert_type(
    tlsbench.run(tlsbench.matrix().scenarios[0], time_budget=1, observe=note, stop_asked=stop), Result
)
assert_type(tlsbench.run(profile="quick", meter="cpu", seed=1, noise_floor=False), Result)
assert_type(tlsbench.duel(implementation=["ssl", "pyopenssl"], time_budget="5s"), Result)
assert_type(tlsbench.duel(a="key=rsa-2048", b={"key": "ed25519", "chain_length": 2}), Result)
assert_type(tlsbench.duel("key=rsa-2048", python=[Path("a"), "b"], env_a={"A": "1"}), Result)
assert_type(tlsbench.load("127.0.0.1:8443", version="1.3", rate=5, socket={"TCP_NODELAY": 1}), Result)
assert_type(tlsbench.load("127.0.0.1:8443", fail_on=["p99<50ms", "failed<1%"]), Result)
assert_type(tlsbench.read(Path("result.json")), Result)
assert_type(tlsbench.capacity("key=rsa-2048", connections="20000/s", resumed="60%", version="1.3"), Capacity)
assert_type(tlsbench.capacity(connections=500, transfer=51200, from_="result.json", beyond="60us"), Capacity)
assert_type(tlsbench.capacity(connections=500, from_=run).rows(), list[dict[str, Any]])
assert_type(tlsbench.capacity(connections=500, from_=run).cores, float)
assert_type(tlsbench.compare(run, "result.json", fail_on="slower>5%"), Comparison)
assert_type(tlsbench.compare(Path("a"), run, fail_on=["slower>5%", "faster>5%"]), Comparison)

assert_type(run.kind, str)
assert_type(run.rows(), list[dict[str, Any]])
assert_type(run.interrupted, bool)
assert_type(run.noise_floor, Mapping[str, float])
assert_type([yardstick.identity for yardstick in run.yardsticks], list[str])
assert_type(run.warnings, Sequence[str])
assert_type([failure.error for failure in run.failures], list[str])
assert_type([excluded.reason for excluded in run.excluded], list[str])
assert_type(run.cells[0].scenario, Scenario | None)
assert_type(run.cells[0].figures["total"].median, float)
assert_type(run.to_json(), str)
assert_type(run.save("before"), Path)
run.write("result.json")
assert_type(tlsbench.compare(run, run).failed_gates, Mapping[str, Sequence[str]])
assert_type(tlsbench.compare(run, run).rows(), list[dict[str, Any]])
assert_type(Interrupted(2, None).result, Result | None)

problem: type[tlsbench.TlsbenchError] = tlsbench.RequestError
problem = tlsbench.MeasurementError
problem = tlsbench.OutputError
ended: KeyboardInterrupt = Interrupted(2, run)

# Wrong types are refused; mypy reports an ignore that ignores nothing.
tlsbench.run(time_budget=None)  # type: ignore[arg-type]
tlsbench.run(key=1.5)  # type: ignore[arg-type]
tlsbench.load()  # type: ignore[call-arg]
tlsbench.load("127.0.0.1:8443", connections="5")  # type: ignore[arg-type]
tlsbench.compare(run)  # type: ignore[call-arg]
tlsbench.nothing()  # type: ignore[attr-defined]
