"""Instruments: what is counted while a side works, in which unit, and the words used for it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from tlsbench.errors import unknown
from tlsbench.units import BYTES, INSTRUCTIONS, NANOSECONDS, VIRTUAL_NANOSECONDS, Unit
from tlsbench.workloads import Clock

#: The parts of an operation's cost: each side's, both together, what neither is charged for, and the total.
PARTS: Final = ("client", "server", "libraries", "harness", "total")


def _no_clock() -> int:
    raise AssertionError("this instrument is no clock")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A way of counting.

    :param name: its name for ``--meter`` and in stored results.
    :param meaning: what it counts, in a few words.
    :param unit: the unit of its figures.
    :param parts: the parts that it can distinguish, such as those of :data:`PARTS`.
    :param main: the part that represents a cell in precision, ratios, ranks, comparisons and the stop rule.
    :param columns: the names of its columns in a table.
    :param noun: the quantity that it counts: time, instructions or memory.
    :param note: how to read its figures, to print below a table.
    :param more: the word for a cell whose figure increased; ``less`` for one whose figure decreased.
    :param clock: a monotonic counter in ``unit``, if a clock does the counting.
    """

    name: str
    meaning: str
    unit: Unit
    parts: tuple[str, ...]
    columns: tuple[str, ...]
    noun: str
    note: str
    more: str = "slower"
    less: str = "faster"
    clock: Clock = _no_clock
    main: str = "libraries"


_TIME_NOTE: Final = (
    "µs are medians per operation at this run's typical speed, ± half their 95 % interval within this "
    "run, not a forecast for the next; both µs is the time inside the libraries, client plus server, "
    "and ±, p99, ops/s, MB/s and × base refer to it, without the harness; × base is the time relative "
    "to the row marked = of the same size and operation, ~ if the difference is not significant; ops/s "
    "is one core doing both sides, server/s one core doing only the server's"
)
_OF_TIMES: Final = (
    "client_us",
    "server_us",
    "libraries_us",
    "precision_percent",
    "p99_us",
    "ops_per_s",
    "server_ops_per_s",
    "mb_per_s",
    "client_bytes",
    "server_bytes",
    "flights",
    "records",
    "overhead_percent",
    "datagrams",
    "round_trips",
    "tickets_sent",
    "client_tickets_us",
    "tcp_open_us",
    "total_us",
    "harness_us",
    "ratio",
)
_OF_BYTES: Final = (
    "client_kib",
    "server_kib",
    "client_peak_kib",
    "server_peak_kib",
    "total_kib",
    "precision_percent",
    "ratio",
)

WALL: Final = Instrument(
    name="wall",
    meaning="elapsed time",
    unit=NANOSECONDS,
    parts=PARTS,
    columns=_OF_TIMES,
    noun="time",
    note=_TIME_NOTE,
    clock=time.perf_counter_ns,
)
CPU: Final = Instrument(
    name="cpu",
    meaning="processor time of the measuring thread, without waiting",
    unit=NANOSECONDS,
    parts=PARTS,
    columns=_OF_TIMES,
    noun="time",
    note=_TIME_NOTE,
    clock=time.thread_time_ns,
)
#: Counted by valgrind's callgrind, see :mod:`tlsbench.sampling.instructions`; it cannot distinguish sides.
CALLGRIND: Final = Instrument(
    name="instructions",
    meaning="executed instructions",
    unit=INSTRUCTIONS,
    parts=("total",),
    main="total",
    columns=("instructions", "spread_percent", "ratio"),
    noun="instructions",
    note="instructions of one operation, both sides and the harness together, without start-up, by "
    "callgrind; spread is the range of the repetitions; × base is the count relative to the row marked = "
    "of the same size and operation",
)
#: Counted by the allocator, see :mod:`tlsbench.workloads.memory`. Its total is what both libraries keep; the
#: harness allocates nothing that would be counted.
ALLOCATIONS: Final = Instrument(
    name="allocations",
    meaning="bytes of malloc's memory that stay allocated",
    unit=BYTES,
    parts=("client", "server", "total"),
    main="total",
    columns=_OF_BYTES,
    noun="memory",
    note="KiB are malloc's memory for each open connection, without its context; peak is the most between "
    "two flights of its handshake",
    more="more",
    less="less",
)

#: For a network in virtual time, see :mod:`tlsbench.workloads.completion`.
COMPLETION: Final = Instrument(
    name="completion",
    meaning="virtual time over a network until the client has its answer",
    unit=VIRTUAL_NANOSECONDS,
    parts=("client", "server", "total"),
    main="total",
    columns=(
        "handshake_ms",
        "first_byte_ms",
        "total_ms",
        "p90_ms",
        "p99_ms",
        "client_ms",
        "server_ms",
        "handshake_rtts",
        "rtts",
        "segments",
        "retransmissions",
        "precision_percent",
        "client_bytes",
        "server_bytes",
        "ratio",
    ),
    noun="time over the network",
    note="ms are medians in virtual time from the client's first call on an open TCP connection (opening it"
    " takes one more round trip), or with QUIC from its very first call: until it may send (handshake), has"
    " the first byte of the answer, has all of it (complete); client and server CPU are the processor time "
    "within that, as measured; RTTs are round trips until the handshake is done, and in all; × base is the "
    "time relative to the row marked = of the same size and round trip time",
    clock=time.thread_time_ns,
)

#: For several threads at once, see :mod:`tlsbench.workloads.scaling`. Its total is the wall-clock time per
#: operation of all threads; the other parts include the same number of processes, and the controls.
SCALING: Final = Instrument(
    name="scaling",
    meaning="elapsed time of several threads together",
    unit=NANOSECONDS,
    parts=(
        *("total", "processes", "p50", "p99", "interpreter", "compiled"),
        *("python", "python_alone", "hash", "hash_alone", "hash_processes", "hash_cpu"),
    ),
    main="total",
    columns=(
        "threads_per_s",
        "precision_percent",
        "per_thread_per_s",
        "processes_per_s",
        "efficiency_percent",
        "p50_us",
        "p99_us",
        "interpreter_percent",
        "python_speedup",
        "hash_speedup",
        "hash_processes_speedup",
        "processors",
        "ratio",
    ),
    noun="time",
    note="ops/s are of all threads together by wall-clock time, ± half their 95 % interval, next to those of"
    " the same number of processes in the same rounds; efficiency is the ratio of the two: the gap to"
    " 100 % is what the threads lose to each other; p50 and p99 are of one operation within the threads;"
    " interp. is the interpreter's own share of an operation. Controls: Python × and hash × are the work of "
    "all threads relative to one, in pure Python (which holds the interpreter's lock) and in a hash (which "
    "releases it), hash procs × the same of the hash with processes, CPUs the processors that those had; if"
    " they do not come out as expected, the cell is void; × base is the time for each operation of the "
    "whole relative to the row marked =",
    clock=time.perf_counter_ns,
)

#: All instruments by name.
INSTRUMENTS: Final = {one.name: one for one in (WALL, CPU, CALLGRIND, ALLOCATIONS, COMPLETION, SCALING)}
#: The instruments that ``--meter`` can select.
METERS: Final = {one.name: one for one in (WALL, CPU, CALLGRIND)}
#: Workloads that only one instrument can measure.
_OF_WORKLOADS: Final = {"memory": ALLOCATIONS, "completion": COMPLETION, "scaling": SCALING}


def meter_named(name: str) -> Instrument:
    """The instrument that ``--meter`` selects by this name.

    :raises RequestError: if there is none.
    """
    if name not in METERS:
        raise unknown("meter", name, METERS)
    return METERS[name]


def instrument_for(workload: str, chosen: Instrument) -> Instrument:
    """The instrument for a workload in a run with this meter: the meter, unless the workload has its own."""
    return _OF_WORKLOADS.get(workload, chosen)
