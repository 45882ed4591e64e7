"""What a fleet costs its scheduler, and what that means for 1,000 machines.

``sudo python benchmarks/fleet.py`` loads a server from 1, 2, 4 and 8 machines (network namespaces of this
one) and reads the scheduler's processor time while it is idle and while it passes on their reports. A
simulated scheduler (one queue, served in order, like Dask's event loop) then gets the messages of 1,000
machines, with the measured sizes and costs. ``--write docs/fleet.md`` puts the tables there.
"""

from __future__ import annotations

import argparse
import heapq
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from namespaces import Machines, await_listener, machines, why_not

from tlsbench.fleet.cluster import Cluster, connected
from tlsbench.fleet.load import Fleet, FleetLoadRequest, fleet_load
from tlsbench.loading import LoadPlan, LoadTally, Target
from tlsbench.loading.machines import skew_ms
from tlsbench.session.load import LoadRequest

_PORT, _SERVED = 8786, 8443
_SECONDS = 4.0
_COUNTS = (1, 2, 4, 8)
_MARK = re.compile(r"(?<=<!-- benchmarks/fleet\.py -->\n).*?(?=<!-- end -->)", re.DOTALL)


@dataclass(frozen=True)
class Cost:
    """The cost of some workers to the scheduler, in seconds of its processor per second.

    :param idle: while they do nothing.
    :param loading: from the start of the load to its end.
    """

    workers: int
    idle: float
    loading: float
    skew_ms: float
    uncertain_ms: float
    begin_s: float


@contextmanager
def served(site: Machines) -> Iterator[None]:
    words = ["serve", "implementation=pyopenssl", "--bind", site.address, "--port", str(_SERVED)]
    process = site.start(site.hub, [sys.executable, "-m", "tlsbench", *words], "serve.log")
    await_listener(site.address, _SERVED, process)
    yield
    process.terminate()
    process.wait()


def cost_of(
    cluster: Cluster, scheduler: psutil.Process, site: Machines, workers: int
) -> tuple[Cost, LoadTally]:
    def used() -> float:
        return sum(scheduler.cpu_times()[:2])

    before, at = used(), time.monotonic()
    time.sleep(2.0)
    idle = (used() - before) / (time.monotonic() - at)
    plan = LoadPlan(target=Target(site.address, _SERVED), connections=8, duration_s=_SECONDS, warm_up_s=0.0)
    request = FleetLoadRequest(
        load=LoadRequest(plan=plan, unbounded=True), allowed=frozenset({"shared-hosts"})
    )
    marks: list[tuple[float, float]] = []
    began = time.monotonic()
    load = fleet_load(
        cluster,
        request,
        Fleet(
            lambda _second, _tally: marks.append((time.monotonic(), used())),
            lambda _line: marks.append((time.monotonic(), used())),
        ),
    )
    (first_at, first), (last_at, last) = marks[0], marks[-1]
    skew = skew_ms(load.machines) or (0.0, 0.0)
    loading = (last - first) / (last_at - first_at)
    return Cost(workers, idle, loading, *skew, first_at - began), load.machines[0].tally


def message_bytes(tally: LoadTally) -> int:
    """The size of the message for a second on the wire, as Dask packs it."""
    from distributed.protocol import dumps

    said: dict[str, object] = {"second": 1.0, "tally": tally.to_plain(), "token": "tlsbench-" + "0" * 34}
    message = {
        "op": "log-event",
        "topic": "tlsbench-" + "0" * 32,
        "msg": {**said, "worker": "tls://" + "0" * 20},
    }
    return sum(len(frame) for frame in dumps([message]))


def simulated(
    machines_: int, per_message_s: float, jitter_s: float, seconds: int = 60
) -> tuple[float, float]:
    """Simulate a scheduler that handles the messages of all machines one at a time, in the order they arrive.

    All machines start a second together, and so report it together, give or take ``jitter_s``.

    :returns: the share of its time that they take (above 1, it falls behind further and further), and how
        long after its second the last message of a second has been passed on.
    """
    draw = np.random.default_rng(1)
    arrivals = [
        float(second + late)
        for second in range(1, seconds + 1)
        for late in draw.uniform(0.0, jitter_s, machines_)
    ]
    heapq.heapify(arrivals)
    free_at = worst_s = 0.0
    while arrivals:
        arrival = heapq.heappop(arrivals)
        free_at = max(free_at, arrival) + per_message_s
        worst_s = max(worst_s, free_at - int(arrival))
    return machines_ * per_message_s, worst_s


def per_worker(costs: Sequence[Cost], what: str) -> float:
    """Seconds of the scheduler's processor per worker and second: the slope over the workers."""
    slope, _ = np.polyfit([one.workers for one in costs], [getattr(one, what) for one in costs], 1)
    return float(slope)


def tables(costs: Sequence[Cost], size: int) -> str:
    lines = ["| workers | scheduler idle | scheduler under load | start skew |", "|--:|--:|--:|--:|"]
    lines += [
        f"| {one.workers} | {1e3 * one.idle:.1f} ms/s | {1e3 * one.loading:.1f} ms/s | "
        f"{f'{one.skew_ms:.1f} ± {one.uncertain_ms:.1f} ms' if one.workers > 1 else '-'} |"
        for one in costs
    ]
    loading, idle = per_worker(costs, "loading"), per_worker(costs, "idle")
    each = f"Each worker costs the scheduler {1e3 * idle:.2f} ms of its processor each second while it idles"
    under = f"and {1e3 * loading:.2f} ms under load, in which it sends a message of {size:,} bytes"
    headings = ("machines (simulated)", "messages", "scheduler busy", "a second is reported after")
    lines += ["", f"{each}, {under}.", "", f"| {' | '.join(headings)} |", "|--:|--:|--:|--:|"]
    for count in (8, 100, 300, 1000):
        busy, late_s = simulated(count, max(loading, 0.0), 0.01)
        told = f"{late_s:.2f} s" if busy < 1 else "never: it falls behind"
        lines.append(f"| {count:,} | {count * size / 1e6:.1f} MB/s | {busy:.0%} | {told} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="the page whose tables are replaced")
    page = parser.parse_args().write
    if why := why_not():
        sys.exit(f"fleet: {why}")
    costs: list[Cost] = []
    tally = LoadTally()
    with tempfile.TemporaryDirectory() as folder, machines(Path(folder), max(_COUNTS)) as site, served(site):
        scheduler = psutil.Process(site.scheduler(_PORT).pid)
        os.environ.setdefault("DASK_LOGGING__DISTRIBUTED", "error")
        with connected(f"tcp://{site.address}:{_PORT}", None) as cluster:
            for number in range(1, max(_COUNTS) + 1):
                site.worker(number, _PORT)
                if number not in _COUNTS:
                    continue
                while len(cluster.addresses()) < number:
                    time.sleep(0.1)
                time.sleep(1.0)
                cost, tally = cost_of(cluster, scheduler, site, number)
                costs.append(cost)
    text = tables(costs, message_bytes(tally))
    print(text)
    if page is not None:
        before = page.read_text(encoding="utf-8")
        page.write_text(_MARK.sub(lambda _found: f"\n{text}\n", before), encoding="utf-8")


if __name__ == "__main__":
    main()
