"""What a fleet costs its scheduler, and what that means for 1,000 machines.

``sudo python benchmarks/fleet.py`` loads a server from 1 to 8 machines (network namespaces of this one) and
reads the scheduler's processor time while it is idle and while it passes on their reports. A simulated
scheduler (one queue, served in order, like Dask's event loop) then gets the messages of up to 1,000 machines,
with the measured sizes and costs. ``--write docs/fleet.md`` puts the tables there.
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
from namespaces import Machines, await_listener, machines, why_not
from scipy import stats

from tlsbench.fleet.cluster import Cluster, connected
from tlsbench.fleet.load import Fleet, FleetLoadRequest, fleet_load
from tlsbench.loading import LoadPlan, LoadTally, Target
from tlsbench.loading.machines import skew_ms
from tlsbench.loading.tally import SUCCESS
from tlsbench.session.load import LoadRequest

_PORT, _SERVED = 8786, 8443
_IDLE_SECONDS, _SECONDS = 10.0, 11.0
_MOST = 8
_SIMULATED = (8, 100, 300, 1000)
_MARK = re.compile(r"(?<=<!-- benchmarks/fleet\.py -->\n).*?(?=<!-- end -->)", re.DOTALL)


@dataclass(frozen=True)
class Cost:
    """What some workers cost, and what they did.

    :param idle: seconds of the scheduler's processor per second while they do nothing.
    :param loading: the same from their first report of a load to the last.
    :param clocks_s: the time to read the clocks of all, one machine after another, as every load does.
    :param rate: handshakes per second of all of them.
    """

    workers: int
    idle: float
    loading: float
    skew_ms: float
    uncertain_ms: float
    clocks_s: float
    rate: float


@contextmanager
def served(site: Machines) -> Iterator[None]:
    words = ["serve", "implementation=pyopenssl", "--bind", site.address, "--port", str(_SERVED)]
    process = site.start(site.hub, [sys.executable, "-m", "tlsbench", *words], "serve.log")
    await_listener(site.address, _SERVED, process)
    yield
    process.terminate()
    process.wait()


def used_s(pid: int) -> float:
    """The processor time of a process's threads; unlike that of times(2), not in steps of 10 ms."""
    paths = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(path.read_text().split()[0]) for path in paths) / 1e9


def cost_of(cluster: Cluster, scheduler: int, site: Machines, workers: int) -> tuple[Cost, LoadTally]:
    before, at = used_s(scheduler), time.monotonic()
    time.sleep(_IDLE_SECONDS)
    idle = (used_s(scheduler) - before) / (time.monotonic() - at)
    at = time.monotonic()
    for host in cluster.hosts(share_hosts=True):
        cluster.clocks(host)
    clocks_s = time.monotonic() - at
    plan = LoadPlan(target=Target(site.address, _SERVED), connections=8, duration_s=_SECONDS, warm_up_s=0.0)
    request = FleetLoadRequest(
        load=LoadRequest(plan=plan, unbounded=True), allowed=frozenset({"shared-hosts"})
    )
    marks: list[tuple[float, float]] = []
    load = fleet_load(
        cluster,
        request,
        Fleet(
            lambda _second, _tally: marks.append((time.monotonic(), used_s(scheduler))),
            lambda _line: None,
        ),
    )
    (first_at, first), (last_at, last) = marks[0], marks[-1]
    skew = skew_ms(load.machines) or (0.0, 0.0)
    loading = (last - first) / (last_at - first_at)
    rate = load.tally.outcomes[SUCCESS] / load.elapsed_s
    return Cost(workers, idle, loading, *skew, clocks_s, rate), load.machines[0].tally


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


@dataclass(frozen=True)
class Line:
    """A straight line by least squares, through a figure of all counts of workers.

    :param half_width: half the 95 % interval of the slope (Student's t).
    """

    start: float
    slope: float
    half_width: float

    @classmethod
    def through(cls, costs: Sequence[Cost], what: str) -> Line:
        fit = stats.linregress([one.workers for one in costs], [getattr(one, what) for one in costs])
        half_width = float(stats.t.ppf(0.975, len(costs) - 2) * fit.stderr)
        return cls(float(fit.intercept), float(fit.slope), half_width)

    def __str__(self) -> str:
        return f"{1e3 * self.slope:.2f} ± {1e3 * self.half_width:.2f} ms"


def tables(costs: Sequence[Cost], size: int) -> str:
    lines = [
        "| workers | scheduler idle | scheduler under load | clocks read in | start skew | handshakes/s |",
        "|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {one.workers} | {1e3 * one.idle:.1f} ms/s | {1e3 * one.loading:.1f} ms/s | "
        f"{1e3 * one.clocks_s:.0f} ms | "
        f"{f'{one.skew_ms:.1f} ± {one.uncertain_ms:.1f} ms' if one.workers > 1 else '-'} | {one.rate:,.0f} |"
        for one in costs
    ]
    idle, loading, clocks = (Line.through(costs, what) for what in ("idle", "loading", "clocks_s"))
    lines += [
        "",
        f"Each worker costs the scheduler {idle} of its processor each second when idle, and {loading} under",
        f"load, in which it sends a message of {size:,} bytes each second. Its clock is read in {clocks}.",
        "",
        "| machines (simulated) | clocks read in | messages | scheduler busy | a second is reported after |",
        "|--:|--:|--:|--:|--:|",
    ]
    for count in _SIMULATED:
        busy, late_s = simulated(count, max(loading.slope, 0.0), 0.01)
        told = f"{late_s:.2f} s" if busy < 1 else "never: it falls behind"
        clocks_s = clocks.slope * count
        lines.append(
            f"| {count:,} | {clocks_s:.1f} s | {count * size / 1e6:.1f} MB/s | {busy:.0%} | {told} |"
        )
    slow, fast = loading.slope + loading.half_width, loading.slope - loading.half_width
    bounds = f"{1 / slow:,.0f} to {1 / fast:,.0f}" if fast > 0 else f"at least {1 / slow:,.0f}"
    ceiling = f"{1 / loading.slope:,.0f} machines" if loading.slope > 0 else "an unknown number of machines"
    lines += [
        "",
        f"So {ceiling} use one processor of this speed fully for the scheduler (95 % interval: {bounds}).",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="the page whose tables are replaced")
    page = parser.parse_args().write
    if why := why_not():
        sys.exit(f"fleet: {why}")
    costs: list[Cost] = []
    tally = LoadTally()
    with tempfile.TemporaryDirectory() as folder, machines(Path(folder), _MOST) as site, served(site):
        scheduler = site.scheduler(_PORT).pid
        os.environ.setdefault("DASK_LOGGING__DISTRIBUTED", "error")
        with connected(f"tcp://{site.address}:{_PORT}", None) as cluster:
            for number in range(1, _MOST + 1):
                site.worker(number, _PORT)
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
