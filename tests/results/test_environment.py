from __future__ import annotations

import tlsbench
from tlsbench.results.environment import Disturbance, describe_machine, engines


def test_equal_machines_look_equal() -> None:
    one = {
        "node": "a",
        "machine": "x86_64",
        "cpu": {"brand_raw": "CPU", "hz_actual": [1, 0], "flags": ["aes"]},
    }
    other = {
        "node": "b",
        "machine": "x86_64",
        "cpu": {"brand_raw": "CPU", "hz_actual": [2, 0], "flags": ["aes"]},
    }
    assert describe_machine(one) == describe_machine(other)
    assert describe_machine(one)["cpu"] == {"brand_raw": "CPU", "flags": ["aes"]}


def test_another_processor_looks_different() -> None:
    assert describe_machine({"cpu": {"brand_raw": "A"}}) != describe_machine({"cpu": {"brand_raw": "B"}})


def test_machine_info_has_our_version_and_every_engine() -> None:
    ours = describe_machine({})["tlsbench"]
    assert ours["version"] == tlsbench.__version__
    assert set(ours["engines"]) == set(engines())
    assert ours["engines"]["ssl"].startswith("OpenSSL ")


def test_engines_can_be_limited_to_those_used() -> None:
    assert list(engines(["fake"])) == ["fake"]


def test_steal_is_a_share_of_the_time_between_two_looks() -> None:
    before = Disturbance(steal_s=1.0, all_s=100.0, involuntary_switches=0)
    after = Disturbance(steal_s=3.0, all_s=140.0, involuntary_switches=9)
    assert after.steal_percent_since(before) == 5.0
    assert after.steal_percent_since(after) is None
    assert after.steal_percent_since(Disturbance(None, 0.0, 0)) is None
    assert Disturbance.now().involuntary_switches >= 0
