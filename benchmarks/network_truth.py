"""How the network in virtual time compares with the kernel's: round trips and times of the same exchanges.

    python benchmarks/network_truth.py [--rtts 20,50,100] [--chains 500,1000,…] [--exchanges 8]
                                       [--json FILE] [--write docs/network.md]

It needs root and Linux: the server is in one network namespace and the client in another, connected by a
line that carries packets with the delay and at the rate that the model specifies (tlsbench.forwarding).
Each case is a full TLS 1.3 handshake of OpenSSL with a certificate of a given size, a request and an answer,
over the kernel's TCP with cubic. The fastest of several exchanges counts, as nothing else in the model causes
delays.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import platform
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tlsbench import files
from tlsbench.forwarding import Detour, LineTo
from tlsbench.forwarding.devices import bring_up_loopback, enter_new_namespace
from tlsbench.implementations.registry import capabilities, ends_of, spellings
from tlsbench.pki import Peers
from tlsbench.scenarios import expand, parse
from tlsbench.workloads.completion import CompletionCell
from tlsbench.workloads.prepare import prepare

sys.path.insert(0, str(Path(__file__).parent))
import pages
from kernel_exchange import Depths, Seen, Tap, Took, context_of, depths, run_first, server
from padding import padded

_MARKERS: Final = ("<!-- network truth -->", "<!-- end of network truth -->")
_CONGESTION: Final = "cubic"
_BANDWIDTH: Final = "10mbit"
_ANSWER_BYTES: Final = 4096
#: The MSS of Linux with timestamps on a device with an MTU of 1,500 bytes.
_MSS: Final = 1448
#: How far the model may be from the kernel's fastest exchange: the larger of the two.
_ALLOWED_MS: Final = 2.0
_ALLOWED_SHARE: Final = 0.05
_RTTS: Final = (20, 50, 100)
_CHAINS: Final = (500, 1000, 2000, 4000, 6000, 8000, 10_000, 12_000, 14_000, 18_000, 30_000, 60_000)


@dataclass(frozen=True, slots=True)
class Case:
    """A case to compare.

    :param chain_bytes: the size of the server's certificate.
    :param nodelay: whether Nagle's algorithm is off, at both ends.
    """

    rtt_ms: int
    chain_bytes: int
    nodelay: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case in the kernel and in the model."""

    case: Case
    kernel: Took
    kernel_depths: Depths
    model: Took
    model_depths: Depths

    @property
    def agrees_on_trips(self) -> bool:
        """Whether the model has the same round trips as the kernel."""
        return (self.kernel_depths.handshake_round_trips, self.kernel_depths.round_trips) == (
            self.model_depths.handshake_round_trips,
            self.model_depths.round_trips,
        )

    @property
    def difference_ms(self) -> float:
        """How much longer the kernel takes until everything is done."""
        return self.kernel.done_ms - self.model.done_ms

    @property
    def agrees_on_times(self) -> bool:
        """Whether both times of the model are close enough."""
        return all(
            abs(theirs - ours) <= max(_ALLOWED_MS, _ALLOWED_SHARE * theirs)
            for theirs, ours in (
                (self.kernel.handshake_ms, self.model.handshake_ms),
                (self.kernel.done_ms, self.model.done_ms),
            )
        )


def cell_of(case: Case, met: Peers, loss: str = "0%") -> CompletionCell:
    """A cell of ``workload=completion`` over a network like the kernel's."""
    selectors = (
        *(
            "workload=completion",
            "implementation=ssl",
            "version=1.3",
            "group=secp256r1",
            "key=ecdsa-secp256r1",
        ),
        *(f"rtt={case.rtt_ms}ms", f"bandwidth={_BANDWIDTH}", f"mss={_MSS}", f"congestion={_CONGESTION}"),
        *(f"nodelay={'on' if case.nodelay else 'off'}", f"size={_ANSWER_BYTES}B", f"loss={loss}"),
    )
    selection = parse(selectors, spellings())
    (scenario,) = expand([selection], capabilities(selection)).scenarios
    cell = prepare(scenario, ends_of(scenario), time.thread_time_ns, met)
    assert isinstance(cell, CompletionCell)
    return cell


def predicted(case: Case, met: Peers, samples: int) -> tuple[Took, Depths]:
    """The fastest of several samples of the model."""
    with closing(cell_of(case, met)) as cell:
        taken = cell.visit(1, samples)
    best = min(taken, key=lambda one: one.total)
    phases = best.phases or {}
    return Took(min((one.phases or {})["handshake"] for one in taken) / 1e6, best.total / 1e6), Depths(
        round(phases["handshake_round_trips"]),
        round(phases["round_trips"]),
        round(phases["segments"]),
        round(phases["retransmissions"]),
    )


@contextmanager
def client(detour: Detour) -> Iterator[subprocess.Popen[str]]:
    """A client behind a line."""
    command = [*detour.under, sys.executable, str(Path(__file__).parent / "kernel_exchange.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        try:
            yield process
        finally:
            process.stdin.close()
            process.wait(10)


@contextmanager
def served(met: Peers, *, nodelay: bool) -> Iterator[dict[str, object]]:
    """A server with a certificate; yields what its clients need to know."""
    with met.server.pem_file() as path:
        context = context_of(is_server=True, pem=path)
    with server(context, _ANSWER_BYTES, _CONGESTION, nodelay=nodelay) as port:
        yield {
            "root": met.root.certificate_pem.decode("ascii"),
            "port": port,
            "answer_bytes": _ANSWER_BYTES,
            "congestion": _CONGESTION,
            "nodelay": nodelay,
        }


def asked(process: subprocess.Popen[str], wanted: dict[str, object]) -> dict[str, Any]:
    """A client's report on an exchange."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(wanted) + "\n")
    process.stdin.flush()
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer


def observed(case: Case, met: Peers, process: subprocess.Popen[str], exchanges: int) -> tuple[Took, Depths]:
    """The kernel's results for a case: the fastest times, and the round trips of the fastest exchange."""
    found: list[tuple[Took, Depths]] = []
    with closing(Tap()) as tap, served(met, nodelay=case.nodelay) as wanted:
        for _ in range(exchanges):
            tap.seen()
            answer = asked(process, wanted)
            seen = [Seen(*packet) for packet in answer["seen"]]
            found.append((Took(*answer["took"]), depths(seen, tap.seen(), answer["until"])))
    fastest = min(found, key=lambda one: one[0].done_ms)
    return Took(min(took.handshake_ms for took, _ in found), fastest[0].done_ms), fastest[1]


def enter_namespace() -> None:
    """Enter a new network namespace for a server, whose kernel does not cache path metrics."""
    enter_new_namespace()
    bring_up_loopback()
    # Otherwise, what a kernel learns about the path in one exchange affects the next.
    Path("/proc/sys/net/ipv4/tcp_no_metrics_save").write_text("1", encoding="ascii")


def outcomes(cases: Sequence[Case], exchanges: int) -> Iterator[Outcome]:
    """Each case in the kernel and in the model, the kernel first: nothing else computes meanwhile."""
    met = {chain_bytes: padded(chain_bytes) for chain_bytes in {case.chain_bytes for case in cases}}
    for rtt_ms, group in itertools.groupby(cases, lambda case: case.rtt_ms):
        conditions = f"rtt={rtt_ms}ms,bandwidth={_BANDWIDTH}"
        with closing(Detour([LineTo(conditions, "127.0.0.1")])) as detour, client(detour) as process:
            for case in group:
                kernel, kernel_depths = observed(case, met[case.chain_bytes], process, exchanges)
                model, model_depths = predicted(case, met[case.chain_bytes], exchanges)
                yield Outcome(case, kernel, kernel_depths, model, model_depths)


def table(found: Sequence[Outcome], exchanges: int) -> str:
    """The outcomes as Markdown, with where and when they were measured."""
    trips = sum(one.agrees_on_trips for one in found)
    times = sum(one.agrees_on_times for one in found)
    largest = max(found, key=lambda one: abs(one.difference_ms))
    rtts = list(dict.fromkeys(one.case.rtt_ms for one in found))
    rows: dict[tuple[int, bool], dict[int, Outcome]] = {}
    for one in found:
        rows.setdefault((one.case.chain_bytes, one.case.nodelay), {})[one.case.rtt_ms] = one
    lines = [
        (
            f"{datetime.now(UTC):%Y-%m-%d}, Linux {platform.release()} ({platform.machine()}), "
            f"{ssl.OPENSSL_VERSION}, {_CONGESTION}, {_BANDWIDTH}, an answer of {_ANSWER_BYTES:,} bytes; the "
            f"fastest of {exchanges} exchanges. **{trips} of {len(found)} cases have the round trips of the "
            f"kernel, {times} of {len(found)} its times** within {_ALLOWED_MS:g} ms or {_ALLOWED_SHARE:.0%}; "
            f"the largest difference until all is done is {largest.difference_ms:+.1f} ms, "
            f"{largest.difference_ms / largest.kernel.done_ms:+.1%}."
        ),
        "",
        "| certificate, bytes | Nagle |"
        + "".join(f" RTTs at {rtt} ms | kernel / model, ms |" for rtt in rtts),
        "|---|---|" + "---|---|" * len(rtts),
    ]
    lines += [
        f"| {chain:,} | {'off' if nodelay else 'on'} |"
        + "".join(f" {_cells(row[rtt])} |" for rtt in rtts if rtt in row)
        for (chain, nodelay), row in rows.items()
    ]
    return "\n".join([*lines, ""])


def _cells(one: Outcome) -> str:
    theirs, ours = (
        f"{depths.handshake_round_trips} + {depths.round_trips - depths.handshake_round_trips}"
        for depths in (one.kernel_depths, one.model_depths)
    )
    trips = theirs if theirs == ours else f"**{theirs}, model {ours}**"
    times = f"{one.kernel.done_ms:.1f} / {one.model.done_ms:.1f}"
    return f"{trips} | {times if one.agrees_on_times else f'**{times}**'}"


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""

    def numbers(text: str) -> list[int]:
        return [int(one) for one in text.split(",")]

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rtts", type=numbers, default=list(_RTTS), help="milliseconds")
    parser.add_argument("--chains", type=numbers, default=list(_CHAINS), help="bytes of the certificate")
    parser.add_argument("--exchanges", type=int, default=8, help="of each case")
    parser.add_argument("--json", type=Path, help="where all figures go")
    parser.add_argument("--write", type=Path, help="the page that gets the table")
    return parser.parse_args(arguments)


def main(options: argparse.Namespace) -> int:
    """Compare all cases, and print the table; 1 if one does not agree."""
    enter_namespace()
    gc.disable()
    run_first()
    cases = [
        Case(rtt_ms, chain_bytes, nodelay)
        for rtt_ms, chain_bytes, nodelay in itertools.product(options.rtts, options.chains, (True, False))
    ]
    found = []
    for number, one in enumerate(outcomes(cases, options.exchanges), start=1):
        print(f"{number} of {len(cases)}: {one}", file=sys.stderr, flush=True)
        found.append(one)
        gc.collect()
    if options.json:
        files.write(options.json, json.dumps([asdict(one) for one in found]))
    text = table(found, options.exchanges)
    print(text, end="")
    if options.write:
        pages.write(text, options.write, _MARKERS)
    return int(not all(one.agrees_on_trips and one.agrees_on_times for one in found))


if __name__ == "__main__":
    sys.exit(main(parsed()))
