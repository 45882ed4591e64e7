"""The machine as a benchmark host: checks, each with a grade and a remedy.

A reading is a value, or None if the system does not report it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from tlsbench.topology import processors, siblings

GOOD, FAIR, POOR, UNKNOWN = "good", "fair", "poor", "unknown"
#: The remedy for other work during the measurement.
FREE_A_PROCESSOR = "end other programs, or keep a processor free and use --pin"
_CPU = Path("/sys/devices/system/cpu")
_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class MachineCheck:
    """One check: its grade (``good``, ``fair``, ``poor``, ``unknown``), the finding, and what to do."""

    name: str
    grade: str
    found: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.found}" + (f"; {self.remedy}" if self.remedy else "")


def standing_findings() -> list[MachineCheck]:
    """The findings that need no measurement: the checks of :data:`_CHECKS`."""
    return [check() for check in _CHECKS]


def disturbance_finding(steal_percent: float | None, switches_per_s: float) -> Sequence[MachineCheck]:
    """The findings about disturbance during a measurement.

    :param steal_percent: the percentage of all processors' time that a hypervisor took away; None if unknown.
    :param switches_per_s: involuntary context switches of the measuring process.
    """
    steal = "steal while measuring"
    findings = [
        MachineCheck(steal, UNKNOWN, "the system does not say")
        if steal_percent is None
        else _graded(
            steal,
            steal_percent,
            (0.5, 5.0),
            f"{steal_percent:.1f} % of the processors' time",
            "measure on a dedicated machine, or repeat when the host is quiet",
        )
    ]
    findings.append(
        _graded(
            "involuntary switches",
            switches_per_s,
            (20.0, 200.0),
            f"{switches_per_s:.0f} a second while measuring",
            FREE_A_PROCESSOR,
        )
    )
    return findings


def set_aside_finding(percent: float) -> MachineCheck:
    """The finding about the share of samples that were disturbed and set aside."""
    return _graded(
        "disturbed samples",
        percent,
        (5.0, 30.0),
        f"{percent:.0f} % were set aside because the thread lost its processor during them",
        FREE_A_PROCESSOR,
    )


def _graded(name: str, value: float, bounds: tuple[float, float], found: str, remedy: str) -> MachineCheck:
    good, fair = bounds
    if value <= good:
        return MachineCheck(name, GOOD, found)
    return MachineCheck(name, FAIR if value <= fair else POOR, found, remedy)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None


def governor() -> str | None:
    """The frequency governor of the first processor; None if none is visible."""
    return _read(_CPU / "cpu0/cpufreq/scaling_governor")


def _governor() -> MachineCheck:
    found = governor()
    if found is None:
        return MachineCheck("governor", UNKNOWN, "no frequency scaling visible (virtual machines hide it)")
    if found == "performance":
        return MachineCheck("governor", GOOD, found)
    return MachineCheck("governor", FAIR, found, "sudo cpupower frequency-set --governor performance")


def _turbo() -> MachineCheck:
    no_turbo, boost = _read(_CPU / "intel_pstate/no_turbo"), _read(_CPU / "cpufreq/boost")
    if no_turbo is None and boost is None:
        return MachineCheck("turbo", UNKNOWN, "not visible")
    if no_turbo == "1" or boost == "0":
        return MachineCheck("turbo", GOOD, "off")
    remedy = (
        "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo"
        if no_turbo is not None
        else "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost"
    )
    return MachineCheck("turbo", FAIR, "on: the clock depends on heat and on the other cores", remedy)


def _smt() -> MachineCheck:
    active = _read(_CPU / "smt/active")
    if active is None:
        return MachineCheck("SMT siblings", UNKNOWN, "not visible")
    if active == "0":
        return MachineCheck("SMT siblings", GOOD, "none active")
    shared = siblings(processors(range(os.cpu_count() or 1), _CPU.parent))
    which = f" ({', '.join('+'.join(map(str, pair)) for pair in shared)})" if shared else ""
    return MachineCheck(
        "SMT siblings",
        FAIR,
        f"active{which}: what runs on the sibling slows this one",
        "echo off | sudo tee /sys/devices/system/cpu/smt/control, or keep the sibling idle",
    )


def _quota() -> MachineCheck:
    words = (_read(_CGROUP / "cpu.max") or "").split()
    if len(words) != 2:
        return MachineCheck("CPU quota", GOOD, "none visible")
    if words[0] == "max":
        return MachineCheck("CPU quota", GOOD, "none")
    processors = int(words[0]) / int(words[1])
    return _graded(
        "CPU quota",
        -processors,
        (-1.5, -1.0),
        f"{processors:g} processors",
        "give the container more than one processor: a throttled process stops for milliseconds",
    )


def _battery() -> MachineCheck:
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    if battery is None:
        return MachineCheck("power", GOOD, "no battery")
    if battery.power_plugged:
        return MachineCheck("power", GOOD, "plugged in")
    return MachineCheck("power", POOR, "on battery", "plug it in: the clock is slower on battery")


def _load() -> MachineCheck:
    one_minute, processors = os.getloadavg()[0], os.cpu_count() or 1
    return _graded(
        "other load",
        (one_minute - 1) / processors,  # one for the measuring process itself
        (0.1, 0.5),
        f"load {one_minute:.2f} on {processors} processors in the last minute",
        "end other programs, or wait",
    )


def _memory() -> MachineCheck:
    memory = psutil.virtual_memory()
    free = memory.available / memory.total
    return _graded(
        "memory headroom",
        -free,
        (-0.2, -0.05),
        f"{memory.available / 2**30:.1f} GiB of {memory.total / 2**30:.1f} GiB",
        "free some memory: a swapping machine measures its disk",
    )


_CHECKS: tuple[Callable[[], MachineCheck], ...] = (_governor, _turbo, _smt, _quota, _battery, _load, _memory)
