"""An examination of this machine as a benchmark host."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Sequence
from statistics import median

from tlsbench.errors import TlsbenchError
from tlsbench.implementations.influences import influences
from tlsbench.implementations.missing import DOES_NOT_LOAD, Missing
from tlsbench.implementations.registry import ends_of, implementations, spellings, tls_libraries
from tlsbench.processes import Interpreter
from tlsbench.results.environment import Disturbance, machine_info
from tlsbench.results.machine import (
    FAIR,
    GOOD,
    POOR,
    UNKNOWN,
    MachineCheck,
    disturbance_finding,
    standing_findings,
)
from tlsbench.sampling import Plan, aa_cells_of, measure, meter_named, noise_floors
from tlsbench.sampling.remote import RemoteWorkload, Worker
from tlsbench.scenarios import Scenario, scenario_from_id
from tlsbench.sockets import why_no_kernel_tls
from tlsbench.topology import cores, processors
from tlsbench.workloads import prepare

#: How long the noise floor is measured.
_NOISE_SECONDS = 4.0
#: About how long an examination takes.
SECONDS = _NOISE_SECONDS + 3
#: The noise floor is measured with the first of these libraries that is available.
_LIBRARIES = ("pyopenssl", "ssl", "libssl", "utls", "rtls", "fake")
#: Processor features that speed up TLS, with the kernel's names for them.
_FEATURES = {
    "AES-NI": "aes",
    "PCLMULQDQ": "pclmulqdq",
    "VAES": "vaes",
    "SHA": "sha_ni",
    "AVX-512 IFMA": "avx512ifma",
}
#: Hides AES-NI and PCLMULQDQ from OpenSSL: OPENSSL_ia32cap(3).
_WITHOUT_AES = {"OPENSSL_ia32cap": "~0x200000200000000"}
_AES = "workload=primitive algorithm=aes-128-gcm/encrypt size=16KiB"


def examine() -> list[MachineCheck]:
    """Grade this machine as a benchmark host; takes about :data:`SECONDS` seconds.

    :returns: the findings, each with its remedy.
    """
    return [
        *standing_findings(),
        *_libraries(),
        *_variables(),
        _timer(),
        *_features(),
        *_places(),
        _kernel_tls(),
        *_measured(),
    ]


def _timer() -> MachineCheck:
    clock = time.perf_counter_ns
    steps = [after - before for before, after in ((clock(), clock()) for _ in range(2000))]
    cost_ns = median(steps)
    resolution_ns = time.get_clock_info("perf_counter").resolution * 1e9
    found = f"resolution {resolution_ns:.0f} ns, a reading costs {cost_ns:.0f} ns"
    if cost_ns <= 200:
        return MachineCheck("timer", GOOD, found)
    return MachineCheck("timer", FAIR, found, "use the TSC clock source: the others need system calls")


def _features() -> Sequence[MachineCheck]:
    flags = set(machine_info().get("cpu", {}).get("flags", ()))
    if not flags:
        return [MachineCheck("CPU features", UNKNOWN, "not visible")]
    has = [name for name, flag in _FEATURES.items() if flag in flags]
    lacks = [name for name in _FEATURES if name not in has]
    found = f"has {', '.join(has) or 'none'}" + (f"; lacks {', '.join(lacks)}" if lacks else "")
    grade = GOOD if "AES-NI" in has or "aes" in flags else FAIR
    findings = [
        MachineCheck("CPU features", grade, found, "" if grade == GOOD else "prefer ChaCha20-Poly1305")
    ]
    if "AES-NI" not in has or "PCLMULQDQ" not in has:
        return findings
    try:
        gain = _time_of_aes(_WITHOUT_AES) / _time_of_aes({})
    except TlsbenchError as error:
        return [*findings, MachineCheck("engine uses AES-NI", UNKNOWN, str(error))]
    used = f"AES-128-GCM is {gain:.1f} times as fast as with AES-NI hidden from it"
    if gain > 2:
        return [*findings, MachineCheck("engine uses AES-NI", GOOD, used)]
    return [
        *findings,
        MachineCheck("engine uses AES-NI", POOR, used, "unset OPENSSL_ia32cap; use another build"),
    ]


def _places() -> Sequence[MachineCheck]:
    """The processors, in the order in which ``--pin all`` places threads on them, and their NUMA nodes."""
    found = processors()
    order = ", ".join(str(one.number) for one in found)
    several = len(found) > 1
    placed = f"{cores(found)} cores, {len(found)} processors, for threads in the order {order}"
    nodes: dict[int, list[int]] = {}
    for one in found:
        nodes.setdefault(one.node, []).append(one.number)
    told = "; ".join(f"node {node}: {', '.join(map(str, sorted(of)))}" for node, of in sorted(nodes.items()))
    return [
        MachineCheck("threads", GOOD, placed)
        if several
        else MachineCheck("threads", FAIR, placed, "threads cannot be compared on one processor"),
        MachineCheck("NUMA nodes", GOOD, told)
        if len(nodes) == 1
        else MachineCheck("NUMA nodes", FAIR, told, "compare threads within one: --pin with its processors"),
    ]


def _kernel_tls() -> MachineCheck:
    lacking = why_no_kernel_tls()
    if not lacking:
        return MachineCheck("kernel TLS", GOOD, "the kernel can seal records (kTLS)")
    remedy = "not needed, as nothing is measured with it; if the kernel has it as a module: modprobe tls"
    return MachineCheck("kernel TLS", UNKNOWN, lacking, remedy)


def _time_of_aes(environment: dict[str, str]) -> float:
    """Nanoseconds for an AES-128-GCM encryption in a process with these environment variables."""
    scenario = scenario_from_id(_AES, spellings())
    with Worker(Interpreter(sys.executable, environment)) as worker:
        worker.greeting()
        (workload,) = RemoteWorkload.prepare([worker], scenario, "wall")
        samples = [workload.sample() for _ in range(200)]
    return median(sample.of("total") for sample in samples)


def _libraries() -> Sequence[MachineCheck]:
    """The libraries that are installed but do not load."""
    return [
        MachineCheck(
            f"library {name}", POOR, f"{member.state}: {member.reason}", "repair it, or do without it"
        )
        for name, member in implementations().items()
        if isinstance(member, Missing) and member.state == DOES_NOT_LOAD
    ]


def _variables() -> Sequence[MachineCheck]:
    """The environment variables that change figures."""
    return [
        MachineCheck(f"variable {name}", FAIR, f"{value!r} changes what is measured", f"unset {name}")
        for name, value in influences().items()
    ]


def _measured() -> Sequence[MachineCheck]:
    """Measure identical cells for a few seconds: the noise floor, and what disturbed it."""
    try:
        return _noise()
    except TlsbenchError as error:
        return [MachineCheck("A/A noise floor", UNKNOWN, str(error))]


def _noise() -> Sequence[MachineCheck]:
    usable = next(name for name in _LIBRARIES if name in tls_libraries())
    scenario: Scenario = scenario_from_id(f"implementation={usable}", spellings())
    clock = meter_named("wall").clock
    plan = Plan(time_budget_s=_NOISE_SECONDS, precision=0, seed=0)
    before = Disturbance.now()
    outcome = measure(
        [scenario, *aa_cells_of([scenario])], lambda one: prepare(one, ends_of(one), clock), plan
    )
    after = Disturbance.now()
    switches = (after.involuntary_switches - before.involuntary_switches) / _NOISE_SECONDS
    floor = noise_floors(outcome.series[:1], outcome.series[1:]).get("handshake", math.inf)
    percent = f"{100 * floor:.1f} % for a handshake measured for {_NOISE_SECONDS:.0f} s"
    if floor <= 0.02:
        noise = MachineCheck("A/A noise floor", GOOD, percent)
    else:
        remedy = "a longer --time-budget lowers it; so do the remedies above"
        noise = MachineCheck("A/A noise floor", FAIR if floor <= 0.1 else POOR, percent, remedy)
    return [*disturbance_finding(after.steal_percent_since(before), switches), noise]
