from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.fleet.merging import Course, Part, merged, numbers_of, shares
from tlsbench.loading import BackendLoad, LoadPlan, LoadTally, Target
from tlsbench.loading.machines import MACHINE_LOST, MachineLoad, skew_ms
from tlsbench.loading.tally import SUCCESS, histogram
from tlsbench.report.findings.backends import backend_findings
from tlsbench.report.loads import cautions

PLAN = LoadPlan(target=Target("127.0.0.1", 1), connections=10, workers=1)
TIMES = st.lists(st.integers(1_000, 10**10), max_size=60)


def tally(begun: int, took_ns: list[int], open_: int = 0) -> LoadTally:
    found = LoadTally(begun=begun)
    found.outcomes[SUCCESS] = begun - open_
    found.negotiated["TLS 1.3 full"] = begun - open_
    for one in took_ns:
        found.times["handshake"].record_value(one)
    return found


def ended(name: str, of: LoadTally, late_ns: int = 0, lost: tuple[str, ...] = ()) -> Part:
    part = Part(name, PLAN, 1)
    part.end = {
        "tally": of.to_plain(), "elapsed_s": 2.0, "late_ns": late_ns, "lost": lost, "remarks": ["one"],
        "vitals_of_workers": [[[1, 2, 0.5]]],
    }  # fmt: skip
    return part


@given(st.lists(TIMES, min_size=1, max_size=4))
def test_merged_percentiles_are_those_of_all_samples_together(all_took_ns: list[list[int]]) -> None:
    parts = [ended(f"m{at}", tally(len(took_ns), took_ns)) for at, took_ns in enumerate(all_took_ns)]
    together = histogram()
    for took_ns in all_took_ns:
        for one in took_ns:
            together.record_value(one)
    times = merged(PLAN, parts, Course(parts), interrupted=False).tally.times["handshake"]
    assert times.get_total_count() == sum(map(len, all_took_ns))
    for percentile in (0, 1, 50, 90, 99, 99.9, 100):
        assert times.get_value_at_percentile(percentile) == together.get_value_at_percentile(percentile)


def test_percentiles_of_unequal_machines_are_not_the_mean_of_theirs() -> None:
    parts = [ended("quick", tally(99, [10**6] * 99)), ended("slow", tally(1, [10**9]))]
    times = merged(PLAN, parts, Course(parts), interrupted=False).tally.times["handshake"]
    assert times.get_value_at_percentile(90) < 2 * 10**6


@given(st.integers(1, 6), st.integers(1, 4), st.integers(24, 500), st.floats(0, 1000))
def test_shares_add_up_to_the_whole(machines: int, processes: int, connections: int, rate: float) -> None:
    plan = LoadPlan(
        target=PLAN.target, connections=connections, rate_per_s=rate, pool=connections, workers=processes
    )
    found = shares(plan, machines)
    assert sum(one.connections for one in found) == sum(one.pool for one in found) == connections
    assert max(one.connections for one in found) - min(one.connections for one in found) <= processes
    assert sum(one.rate_per_s for one in found) == pytest.approx(rate)


def test_each_worker_of_the_whole_is_on_one_machine() -> None:
    assert [list(numbers_of(machine, 2)) for machine in range(3)] == [[0, 1], [2, 3], [4, 5]]


def test_of_a_lost_machine_counts_what_it_had_reported() -> None:
    lost, other = Part("lost", PLAN, 1), ended("other", tally(7, [2_000] * 7))
    for begun in (3, 5):
        lost.heard({"second": 1, "tally": tally(begun, [1_000] * begun, open_=2).to_plain()})
    lost.lost = "its worker is gone"
    load = merged(PLAN, [lost, other], Course([lost, other]), interrupted=False)
    assert load.tally.begun == 12
    assert load.tally.outcomes == {SUCCESS: 10, MACHINE_LOST: 2}
    assert load.tally.open == 0
    assert load.lost_machines == ("lost: its worker is gone",)
    assert [one.elapsed_s for one in load.machines] == [2.0, 2.0]
    assert load.machines[0].late_ms is None


def test_results_by_backend_say_what_they_lack_of_a_lost_machine() -> None:
    second = Target("127.0.0.1", 2)
    plan = replace(PLAN, others=(second,))
    lost, other = Part("lost", plan, 1), ended("other", tally(100, []))
    backends = [BackendLoad(target, tally(50, [])) for target in plan.targets]
    assert other.end is not None
    other.end = {**other.end, "backends": [one.counts_to_plain() for one in backends]}
    lacks = "the results by backend lack 100 of 200 connections: a lost machine does not report them (lost)"
    even = "round-robin over 2 backends (of 100 connections, without those of lost machines): the one with"
    lost.heard({"tally": tally(100, [], open_=2).to_plain()})
    lost.lost = "its worker is gone"
    load = merged(plan, [lost, other], Course([lost, other]), interrupted=False)
    assert lacks in cautions(load)
    assert backend_findings(load)[0].startswith(even)
    whole = merged(plan, [other, other], Course([other]), interrupted=False)
    assert not [line for line in cautions(whole) if "lack" in line]
    assert backend_findings(whole)[0].startswith("round-robin over 2 backends: the one with")


def test_a_second_is_told_once_all_that_go_on_have_reported_it() -> None:
    parts = [Part("a", PLAN, 1), Part("b", PLAN, 1)]
    course = Course(parts)
    parts[0].heard({"tally": tally(4, []).to_plain()})
    assert course.go_on() is None
    parts[1].heard({"tally": tally(5, []).to_plain()})
    parts[1].heard({"tally": tally(9, []).to_plain()})
    first = course.go_on()
    assert first is not None and first.begun == 9  # noqa: PT018
    assert course.go_on() is None
    parts[0].lost = "its worker is gone"
    second = course.go_on()
    assert second is not None and second.begun == 13  # noqa: PT018
    assert [one.handshakes for one in course.seconds] == [9, 4]


def test_workers_that_died_are_named_with_their_machine() -> None:
    parts = [ended("a", tally(1, []), lost=("signal 9",)), ended("b", tally(1, []))]
    assert merged(PLAN, parts, Course(parts), interrupted=True).lost == ("a: signal 9",)


def test_the_skew_is_between_the_first_and_the_last_that_began() -> None:
    machines = [
        MachineLoad(name=str(at), connections=1, late_ms=late, uncertain_ms=0.5)
        for at, late in enumerate((0.25, 2.0, None))
    ]
    assert skew_ms(tuple(machines)) == (1.75, 1.0)
    assert skew_ms(tuple(machines[:1])) is None
