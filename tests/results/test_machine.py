from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tlsbench.results import machine
from tlsbench.results.machine import MachineCheck, disturbance_finding, governor, standing_findings


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty /sys."""
    monkeypatch.setattr(machine, "_CPU", tmp_path / "cpu")
    monkeypatch.setattr(machine, "_CGROUP", tmp_path / "cgroup")
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="ascii")


def finding(name: str) -> MachineCheck:
    return next(one for one in standing_findings() if one.name == name)


@pytest.mark.parametrize(
    ("file", "text", "name", "grade"),
    [
        ("cpu/cpu0/cpufreq/scaling_governor", "performance", "governor", "good"),
        ("cpu/cpu0/cpufreq/scaling_governor", "powersave", "governor", "fair"),
        ("cpu/intel_pstate/no_turbo", "1", "turbo", "good"),
        ("cpu/intel_pstate/no_turbo", "0", "turbo", "fair"),
        ("cpu/cpufreq/boost", "0", "turbo", "good"),
        ("cpu/cpufreq/boost", "1", "turbo", "fair"),
        ("cpu/smt/active", "0", "SMT siblings", "good"),
        ("cpu/smt/active", "1", "SMT siblings", "fair"),
        ("cgroup/cpu.max", "max 100000", "CPU quota", "good"),
        ("cgroup/cpu.max", "400000 100000", "CPU quota", "good"),
        ("cgroup/cpu.max", "100000 100000", "CPU quota", "fair"),
        ("cgroup/cpu.max", "50000 100000", "CPU quota", "poor"),
    ],
)
def test_each_point_is_graded_by_what_the_kernel_says(
    tree: Path, file: str, text: str, name: str, grade: str
) -> None:
    write(tree / file, text)
    found = finding(name)
    assert found.grade == grade
    assert bool(found.remedy) is (grade != "good"), "what is not good has a remedy"


def test_processors_that_share_a_core_are_named(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    write(tree / "cpu/smt/active", "1")
    for number in range(4):
        write(tree / f"cpu/cpu{number}/topology/thread_siblings_list", f"{number % 2},{number % 2 + 2}")
    assert "active (0+2, 1+3)" in finding("SMT siblings").found


@pytest.mark.parametrize("name", ["governor", "turbo", "SMT siblings"])
def test_what_the_kernel_does_not_tell_is_unknown(tree: Path, name: str) -> None:
    assert finding(name).grade == "unknown"
    assert governor() is None


@pytest.mark.parametrize(("load", "grade"), [(0.5, "good"), (1.6, "fair"), (9.0, "poor")])
def test_other_load_is_what_is_beyond_the_measuring_process(
    load: float, grade: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine.os, "getloadavg", lambda: (load, load, load))
    monkeypatch.setattr(machine.os, "cpu_count", lambda: 2)
    assert finding("other load").grade == grade


@pytest.mark.parametrize(
    ("battery", "grade"),
    [
        (None, "good"),
        (SimpleNamespace(power_plugged=True), "good"),
        (SimpleNamespace(power_plugged=False), "poor"),
    ],
)
def test_a_battery_holds_the_clock_down(battery: object, grade: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.psutil, "sensors_battery", lambda: battery, raising=False)
    assert finding("power").grade == grade


def test_memory_that_runs_out_is_poor(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = SimpleNamespace(available=1 << 28, total=1 << 35)
    monkeypatch.setattr(machine.psutil, "virtual_memory", lambda: memory)
    assert finding("memory headroom").grade == "poor"


@pytest.mark.parametrize(
    ("steal", "switches", "grades"),
    [
        (0.0, 0.0, ["good", "good"]),
        (2.0, 90.0, ["fair", "fair"]),
        (20.0, 900.0, ["poor", "poor"]),
        (None, 0.0, ["unknown", "good"]),
    ],
)
def test_what_disturbed_a_measurement_is_graded(
    steal: float | None, switches: float, grades: list[str]
) -> None:
    assert [one.grade for one in disturbance_finding(steal, switches)] == grades


def test_a_finding_is_one_line_with_its_remedy() -> None:
    assert str(MachineCheck("turbo", "fair", "on", "turn it off")) == "turbo: on; turn it off"
    assert str(MachineCheck("turbo", "good", "off")) == "turbo: off"
