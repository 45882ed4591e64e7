"""The environment of a run: what a reader must know about the machine to compare two results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

import psutil

from tlsbench.implementations.registry import implementation, implementations
from tlsbench.version import __version__

_LIBRARIES = ("cryptography", "pyOpenSSL", "trustme", "pytest-benchmark", "numpy", "scipy")
#: Machine info of pytest-benchmark that changes from one reading to the next, or between machines that are
#: alike.
_VOLATILE = ("node",)
_VOLATILE_CPU = (
    "hz_advertised",
    "hz_advertised_friendly",
    "hz_actual",
    "hz_actual_friendly",
    "python_version",
    "cpuinfo_version",
    "cpuinfo_version_string",
)


def engines(names: Iterable[str] | None = None) -> Mapping[str, str]:
    """The engine of each implementation, with its version, by id."""
    return {name: implementation(name).engine() for name in (implementations() if names is None else names)}


def describe_machine(machine_info: Mapping[str, Any]) -> dict[str, Any]:
    """pytest-benchmark's machine info, with tlsbench's own facts and without those that always differ.

    Two runs on equal machines with equal software have equal machine info.
    """
    described = {name: value for name, value in machine_info.items() if name not in _VOLATILE}
    cpu = described.get("cpu")
    if isinstance(cpu, Mapping):
        described["cpu"] = {name: value for name, value in cpu.items() if name not in _VOLATILE_CPU}
    described["tlsbench"] = {
        "version": __version__,
        "engines": dict(engines()),
        "libraries": {name: version(name) for name in _LIBRARIES},
    }
    return described


@cache
def machine_info() -> Mapping[str, Any]:
    """The description of this machine by :func:`describe_machine`."""
    from pytest_benchmark.plugin import pytest_benchmark_generate_machine_info

    return describe_machine(pytest_benchmark_generate_machine_info())


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Counters of what has disturbed this process so far; the difference of two covers the time between."""

    steal_s: float | None
    all_s: float
    involuntary_switches: int

    @classmethod
    def now(cls) -> Disturbance:
        """Read the counters."""
        times = psutil.cpu_times()
        switches = psutil.Process().num_ctx_switches().involuntary
        return cls(getattr(times, "steal", None), sum(times), switches)

    def steal_percent_since(self, earlier: Disturbance) -> float | None:
        """The percentage of all processor time that was stolen since then; None if unknown."""
        if self.steal_s is None or earlier.steal_s is None or self.all_s <= earlier.all_s:
            return None
        return 100 * (self.steal_s - earlier.steal_s) / (self.all_s - earlier.all_s)
