"""Meters: what is counted while a side works."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tlsbench.errors import unknown
from tlsbench.workloads import Clock


@dataclass(frozen=True, slots=True)
class Meter:
    """A clock in nanoseconds, with its name and meaning."""

    name: str
    meaning: str
    clock: Clock


METERS = {
    meter.name: meter
    for meter in (
        Meter("wall", "elapsed time", time.perf_counter_ns),
        Meter("cpu", "processor time of the measuring thread, without waiting", time.thread_time_ns),
    )
}


def meter_named(name: str) -> Meter:
    """The meter of that name.

    :raises RequestError: if there is none.
    """
    if name not in METERS:
        raise unknown("meter", name, METERS)
    return METERS[name]
