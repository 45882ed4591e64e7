from __future__ import annotations

import time
from dataclasses import dataclass

import pytest

from tlsbench.errors import ProofError
from tlsbench.implementations import Operation
from tlsbench.scenarios import Scenario
from tlsbench.workloads import primitive
from tlsbench.workloads.primitive import Primitive

SCENARIO = Scenario(workload="primitive", client="fast", server="fast", algorithm="sha-256/digest", size=1)


def nothing() -> None:
    pass


@dataclass
class Machine:
    """A clock that advances only with the work, except for one interruption."""

    operation_ns: int
    stolen_at: int = -1
    calls: int = 0
    now_ns: int = 0

    def work(self) -> None:
        self.calls += 1
        self.now_ns += self.operation_ns + (10**7 if self.calls == self.stolen_at else 0)

    def clock(self) -> int:
        return self.now_ns


def test_a_fast_operation_is_repeated_until_the_clock_can_tell() -> None:
    machine = Machine(operation_ns=100)
    sample = Primitive(SCENARIO, Operation(machine.work, nothing), machine.clock).sample()
    assert sample.operations == primitive._SAMPLE_NS // 100
    assert sample.client == sample.total == primitive._SAMPLE_NS
    assert sample.server == 0


def test_an_interruption_while_calibrating_does_not_shorten_the_samples() -> None:
    machine = Machine(operation_ns=100, stolen_at=40)
    sample = Primitive(SCENARIO, Operation(machine.work, nothing), machine.clock).sample()
    assert sample.operations == primitive._SAMPLE_NS // 100


def test_a_slow_operation_runs_once_for_each_sample() -> None:
    ticks = iter(range(0, 10**12, 10**9))
    cell = Primitive(SCENARIO, Operation(nothing, nothing), lambda: next(ticks))
    assert cell.sample().operations == 1


def test_a_wrong_result_is_an_error_and_no_sample() -> None:
    def fail() -> None:
        raise ProofError("sha-256", wanted="the right result", got="another", witness="client")

    with pytest.raises(ProofError):
        Primitive(SCENARIO, Operation(nothing, fail), time.perf_counter_ns).sample()


def test_the_check_is_outside_of_the_time() -> None:
    now = 0

    def work() -> None:
        nonlocal now
        now += primitive._SAMPLE_NS

    def check() -> None:
        nonlocal now
        now += 10**9

    sample = Primitive(SCENARIO, Operation(work, check), lambda: now).sample()
    assert sample.total == sample.operations * primitive._SAMPLE_NS


def test_what_the_calls_of_an_operation_take_is_none_of_its_time() -> None:
    machine, calls = Machine(operation_ns=1_000), Machine(operation_ns=400)

    def around() -> None:
        calls.work()
        machine.now_ns += 400

    sample = Primitive(SCENARIO, Operation(machine.work, nothing, around), machine.clock).sample()
    assert sample.of("client") == 600
    assert calls.calls == sample.operations
