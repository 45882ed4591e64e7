"""What ``tlsbench capacity`` predicts for a server, compared with what loads on ``tlsbench serve`` find.

    python benchmarks/capacity_truth.py [--seconds 8] [--budget 20] [--repeats 3] [--json FILE]
                                        [--write docs/capacity.md]

Each repeat measures the cells, what a connection of ``tlsbench serve`` costs beyond TLS, and then the loads,
each a closed loop that keeps a single-process server busy. The time spent by the server's process is its own
counter, read before and after. A prediction is based on the repeat's own cells; the values printed are
medians over repeats, as the machine may be busy with other things during one of them.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

import psutil

from tlsbench import files
from tlsbench.loading import LoadPlan, Target, run_load
from tlsbench.pki import peers_for
from tlsbench.sampling import Plan
from tlsbench.scenarios import Scenario
from tlsbench.serving import ServerPlan, ServerTally, Serving
from tlsbench.session.beyond import beyond_tls
from tlsbench.session.capacity import capacity_of
from tlsbench.session.capacity_request import CapacityRequest, cells_for
from tlsbench.session.run import RunRequest, run
from tlsbench.session.sizing import Demand

sys.path.insert(0, str(Path(__file__).parent))
import pages

_MARKERS: Final = ("<!-- capacity truth -->", "<!-- end of capacity truth -->")
_US: Final = 1e6
_NS_PER_US: Final = 1e3
_ALLOWED: Final = 0.15
#: Processors that other programs may take while a load decides whether a prediction is right.
_QUIET: Final = 0.2
#: Concurrently open connections: they keep a server busy, which is what capacity is about.
_CONNECTIONS: Final = 16
#: A server reports its counters once a second.
_REPORTED_SECONDS: Final = 1.5


@dataclass(frozen=True, slots=True)
class Case:
    """A load, and the capacity request for it."""

    words: str
    selectors: tuple[str, ...]
    resumed: float
    transfer_bytes: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case in one repeat; times are in microseconds of the server's processor per connection.

    :param library_us: the part of the prediction inside the TLS library; ``beyond_us`` is the rest.
    :param resumed: the share that actually resumed.
    :param busy: the share of the time during which the server's process was on a processor.
    :param others: processors taken meanwhile by programs other than the server and its load.
    """

    case: Case
    library_us: float
    beyond_us: float
    measured_us: float
    connections: int
    resumed: float
    failed: int
    busy: float
    others: float

    @property
    def predicted_us(self) -> float:
        return self.library_us + self.beyond_us

    @property
    def off(self) -> float:
        """The prediction divided by the measurement, minus one."""
        return self.predicted_us / self.measured_us - 1


_ECDSA: Final = ("implementation=pyopenssl", "version=1.3", "group=x25519", "key=ecdsa-secp256r1")
_RSA: Final = ("implementation=pyopenssl", "version=1.3", "group=x25519", "key=rsa-2048")
_LARGE_RSA: Final = ("implementation=pyopenssl", "version=1.3", "group=x25519", "key=rsa-4096")
CASES: Final = (
    Case("P-256, all full, nothing sent", _ECDSA, 0.0, 0),
    Case("P-256, 60 % resumed, 50 KiB each", _ECDSA, 0.6, 51_200),
    Case("RSA-2048, 60 % resumed, 50 KiB each", _RSA, 0.6, 51_200),
    Case("RSA-4096, all full, nothing sent", _LARGE_RSA, 0.0, 0),
)


def predicted(cases: Sequence[Case], budget_s: float, seed: int) -> Iterator[tuple[float, float, Scenario]]:
    """For each case, the time inside the library and beyond it, and the server, from one run of all cells."""
    requests = [
        CapacityRequest(
            demand=Demand(connections_per_s=1, resumed=case.resumed, transfer_bytes=case.transfer_bytes),
            selectors=case.selectors,
            alone=True,
        )
        for case in cases
    ]
    matrices = [cells_for(request) for request in requests]
    scenarios = dict.fromkeys(scenario for matrix in matrices for scenario in matrix.scenarios)
    plan = Plan(time_budget_s=budget_s, precision=0, seed=seed)
    measured = run(RunRequest(matrix=replace(matrices[0], scenarios=tuple(scenarios)), plan=plan))
    for case, request in zip(cases, requests, strict=True):
        found = capacity_of(request, measured)
        beyond = beyond_tls(found.server, case.transfer_bytes)
        yield _US * found.asked.busy_cores.value, beyond.value / _NS_PER_US, found.server


def tally_now(server: Serving) -> ServerTally:
    """The counters of an idle server, once it has reported them."""
    until = time.monotonic() + _REPORTED_SECONDS
    while time.monotonic() < until:
        server.watch(0.1)
    return server.tally()


@dataclass(frozen=True, slots=True)
class Observed:
    """A server's spending on a load: ``spent_s`` of a processor in ``elapsed_s``, for what it counted."""

    seen: ServerTally
    spent_s: float
    elapsed_s: float
    failed: int
    others: float


def observed(case: Case, served: Scenario, seconds: float) -> Observed:
    """Load a single-process server, keeping it as busy as the clients can."""
    plan = ServerPlan(scenario=served.id, peers=peers_for(served).to_pem())
    with Serving(plan) as server:
        load = LoadPlan(
            target=Target(*server.address),
            connections=_CONNECTIONS,
            duration_s=seconds,
            warm_up_s=1.0,
            resume=case.resumed,
            requests=int(bool(case.transfer_bytes)),
            size_bytes=case.transfer_bytes,
            path=f"/bytes/{case.transfer_bytes}" if case.transfer_bytes else "/",
            version=served.version,
            group=served.group,
            workers=2,
        )
        load.check(unbounded=False)
        run_load(replace(load, duration_s=1.0))  # so that its code and one-time allocations are in place
        before = tally_now(server)
        began, busy_s = time.monotonic(), machine_busy_s()
        found = run_load(load)
        elapsed_s, all_s = time.monotonic() - began, machine_busy_s() - busy_s
        after = tally_now(server)
    spent_s = after.cpu_s - before.cpu_s
    clients_s = sum(vitals[-1].cpu_s for vitals in found.vitals if vitals)
    return Observed(
        replace(after, ended=after.ended - before.ended, negotiated=after.negotiated - before.negotiated),
        spent_s,
        elapsed_s,
        sum(found.tally.failures.values()),
        max(0.0, all_s - spent_s - clients_s) / elapsed_s,
    )


def machine_busy_s() -> float:
    """The processor time that all programs have taken since boot."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system)


def repeated(cases: Sequence[Case], options: argparse.Namespace) -> Iterator[Outcome]:
    """The outcomes, one repeat after another."""
    for number in range(options.repeats):
        for case, (library_us, beyond_us, served) in zip(
            cases, list(predicted(cases, options.budget, number)), strict=True
        ):
            found = observed(case, served, options.seconds)
            connections = found.seen.ended
            resumed = sum(count for kind, count in found.seen.negotiated.items() if kind.endswith("resumed"))
            yield Outcome(
                case,
                library_us,
                beyond_us,
                _US * found.spent_s / connections,
                connections,
                resumed / max(1, found.seen.handshakes),
                found.failed,
                found.spent_s / found.elapsed_s,
                found.others,
            )


def table(cases: Sequence[Case], found: Sequence[Outcome]) -> str:
    """The medians over repeats as Markdown, with where and when they were measured."""
    rows = {case: [one for one in found if one.case == case] for case in cases}
    within = sum(abs(median(one.off for one in row)) <= _ALLOWED for row in rows.values())
    others = median(one.others for one in found)
    lines = [
        (
            f"{datetime.now(UTC):%Y-%m-%d}, Linux {platform.release()} ({platform.machine()}, "
            f"{psutil.cpu_count()} processors), Python {platform.python_version()}; pyopenssl, the "
            f"medians of {len(found) // len(cases)}. **{within} of {len(cases)} predictions are within "
            f"{_ALLOWED:.0%} of the load**{_words_on(others)}."
        ),
        "",
        "| load | library, µs | beyond, µs | predicted | measured | off | repeats | server busy | others |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for case, row in rows.items():
        offs = sorted(one.off for one in row)
        figures = [
            f"{median(getattr(one, name) for one in row):,.0f}"
            for name in ("library_us", "beyond_us", "predicted_us", "measured_us")
        ]
        lines.append(
            f"| {case.words} | {' | '.join(figures)} | {median(offs):+.1%} | "
            f"{offs[0]:+.1%} to {offs[-1]:+.1%} | {median(one.busy for one in row):.0%} | "
            f"{median(one.others for one in row):.1f} processors |"
        )
    return "\n".join([*lines, ""])


def _words_on(others: float) -> str:
    """A remark on a machine that other programs use."""
    if others < _QUIET:
        return ""
    return (
        f", while other programs took {others:.1f} processors: whenever the server waited, they evicted "
        "its data from the caches, so such a load decides nothing"
    )


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=8.0, help="of each load")
    parser.add_argument("--budget", type=float, default=20.0, help="seconds for the cells")
    parser.add_argument("--repeats", type=int, default=3, help="of all")
    parser.add_argument("--json", type=Path, help="where all figures go")
    parser.add_argument("--write", type=Path, help="the page that gets the table")
    return parser.parse_args(arguments)


def main(options: argparse.Namespace) -> int:
    """Compare, and print the table; 1 if a prediction is too far off, 4 if others disturbed the load."""
    found = []
    for one in repeated(CASES, options):
        print(
            f"{one.case.words}: {one.predicted_us:.0f} µs, measured {one.measured_us:.0f} ({one.off:+.1%}); "
            f"{one.connections} connections, {one.resumed:.0%} resumed, {one.failed} failed, server busy "
            f"{one.busy:.0%}, others {one.others:.1f} processors",
            file=sys.stderr,
            flush=True,
        )
        found.append(one)
    if options.json:
        files.write(options.json, json.dumps([asdict(one) for one in found]))
    text = table(CASES, found)
    print(text, end="")
    if options.write:
        pages.write(text, options.write, _MARKERS)
    off = [case for case in CASES if abs(median(one.off for one in found if one.case == case)) > _ALLOWED]
    if not off:
        return 0
    return 1 if median(one.others for one in found) < _QUIET else 4


if __name__ == "__main__":
    sys.exit(main(parsed()))
