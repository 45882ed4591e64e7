"""How long exchanges take over a line that loses packets: the network in virtual time and a kernel compared.

    python benchmarks/network_losses.py [--cases 20:5:6000,…] [--exchanges 300] [--write docs/network.md]

The exchanges are those of network_truth.py, and like those need root and Linux. Which packets are lost is
random on both sides, so distributions are compared: a case is round-trip time in ms, loss in percent, and
size of the certificate in bytes.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from scipy.stats import binomtest, chi2_contingency

from tlsbench.forwarding import Detour, LineTo

sys.path.insert(0, str(Path(__file__).parent))
import network_truth as truth
import pages
from kernel_exchange import run_first
from padding import padded

_MARKERS: Final = ("<!-- network losses -->", "<!-- end of network losses -->")
#: An exchange this much later than the fastest has waited for a TCP timer, and not only for packets.
_TIMER_MS: Final = 180.0
#: Samples of the model, which costs no real time.
_SAMPLES: Final = 2000


@dataclass(frozen=True, slots=True)
class Case:
    """A case: a round-trip time in milliseconds, a share of packets, and a certificate's size in bytes."""

    rtt_ms: int
    loss_percent: float
    chain_bytes: int

    @classmethod
    def parse(cls, text: str) -> Case:
        """Parse a case such as ``20:5:6000``."""
        rtt_ms, loss_percent, chain_bytes = text.split(":")
        return cls(int(rtt_ms), float(loss_percent), int(chain_bytes))


_CASES: Final = (Case(20, 5, 6000), Case(50, 2, 18_000), Case(50, 1, 60_000), Case(100, 2, 2000))


def kernel_ms(case: Case, exchanges: int, seed: int) -> list[float]:
    """How long exchanges took until they had their answer."""
    met = padded(case.chain_bytes)
    conditions = f"rtt={case.rtt_ms}ms,bandwidth=10mbit,loss={case.loss_percent:g}%"
    with ExitStack() as stack:
        detour = stack.enter_context(closing(Detour([LineTo(conditions, "127.0.0.1")], seed)))
        process = stack.enter_context(truth.client(detour))
        wanted = stack.enter_context(truth.served(met, nodelay=True))
        return [truth.asked(process, {**wanted, "settle_s": 0.0})["took"][1] for _ in range(exchanges)]


def model_ms(case: Case) -> list[float]:
    """The same for the model."""
    like = truth.Case(case.rtt_ms, case.chain_bytes, nodelay=True)
    with closing(truth.cell_of(like, padded(case.chain_bytes), f"{case.loss_percent:g}%")) as cell:
        return [one.total / 1e6 for one in cell.visit(1, _SAMPLES)]


def row(case: Case, kernel: Sequence[float], model: Sequence[float]) -> str:
    """A case as a line of the table."""
    theirs, ours = (lateness(times, case.rtt_ms / 2) for times in (kernel, model))
    cells = []
    for late, expected in zip(theirs, ours, strict=True):
        interval = binomtest(late, len(kernel)).proportion_ci()
        share = f"{late / len(kernel):.0%} ({interval.low:.0%} to {interval.high:.0%})"
        cells.append(f"{share} / {expected / len(model):.0%}")
    p_value = chi2_contingency([theirs, ours]).pvalue
    what = f"{case.rtt_ms} ms", f"{case.loss_percent:g} %", f"{case.chain_bytes:,}"
    medians = f"{np.median(kernel):,.0f} / {np.median(model):,.0f}"
    return f"| {' | '.join((*what, medians, *cells, f'{p_value:.2f}'))} |"


def lateness(times_ms: Sequence[float], some_ms: float) -> list[int]:
    """How many were as fast as the fastest, were later by more than ``some_ms``, and waited for a timer."""
    late = np.array(times_ms) - min(times_ms)
    timed_out, on_time = int(np.sum(late >= _TIMER_MS)), int(np.sum(late < some_ms))
    return [on_time, len(times_ms) - on_time - timed_out, timed_out]


def table(rows: Sequence[str], exchanges: int) -> str:
    """The lines as Markdown, with where and when they were measured."""
    lines = [
        (
            f"{datetime.now(UTC):%Y-%m-%d}, Linux {platform.release()} ({platform.machine()}); {exchanges} "
            f"exchanges of the kernel and {_SAMPLES:,} of the model, kernel / model: the median until all is "
            "done, and the shares of exchanges (95 %) as fast as the fastest, later by half a round "
            f"trip and more, and by {_TIMER_MS:g} ms and more; p of the same shares (chi-squared)."
        ),
        "",
        "| RTT | loss | certificate, bytes | median, ms | on time | later | waited for a timer | p |",
        "|" + "---|" * 8,
        *rows,
        "",
    ]
    return "\n".join(lines)


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--cases", type=lambda text: [Case.parse(one) for one in text.split(",")], default=list(_CASES)
    )
    parser.add_argument("--exchanges", type=int, default=300, help="of each case")
    parser.add_argument("--seed", type=int, default=1, help="of the kernel's losses")
    parser.add_argument("--json", type=Path, help="where all times go")
    parser.add_argument("--write", type=Path, help="the page that gets the table")
    return parser.parse_args(arguments)


def main(options: argparse.Namespace) -> None:
    """Compare all cases, and print the table."""
    truth.enter_namespace()
    gc.disable()
    run_first()
    found = []
    for case in options.cases:
        found.append((case, kernel_ms(case, options.exchanges, options.seed), model_ms(case)))
        print(row(*found[-1]), file=sys.stderr, flush=True)
        gc.collect()
    if options.json:
        options.json.write_text(json.dumps([(str(case), *times) for case, *times in found]))
    text = table([row(*one) for one in found], options.exchanges)
    print(text, end="")
    if options.write:
        pages.write(text, options.write, _MARKERS)


if __name__ == "__main__":
    main(parsed())
