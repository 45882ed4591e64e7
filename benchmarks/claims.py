"""The speed claims of README and docs: each as a ratio with its interval, its goal and its bound.

python benchmarks/claims.py [SECONDS]

The goal is the claim. The bound is far looser: no working machine should be beyond it, and the process exits
with 1 only if a whole interval is. A goal that is missed is printed, but is not a failure.
"""

from __future__ import annotations

import argparse
import ctypes
import math
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from tlsbench.implementations.registry import capabilities, implementations, spellings
from tlsbench.sampling import Plan, Series, measure, meter_named
from tlsbench.scenarios import Scenario, expand, parse
from tlsbench.stats import Interval, median_interval, rounds_interval
from tlsbench.workloads import Sample, Workload, prepare
from tlsbench.workloads.sample import in_a_row

sys.path.insert(0, str(Path(__file__).parent))
import http_requests
import openssl_speed

_CLOCK = meter_named("wall").clock
_SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class Claim:
    """A ratio, and the claim about it: at most ``goal``, or at least if ``bound`` is below it.

    :param found: the median over rounds, with its 95 % interval.
    :param bound: what holds on every working machine.
    """

    words: str
    found: Interval
    goal: float
    bound: float

    @property
    def verdict(self) -> str:
        """``"met"``, ``"undecided"``, ``"missed"`` or ``"broken"``, by where the whole interval is."""
        if self.bound > self.goal:
            near, far, goal, bound = self.found.low, self.found.high, self.goal, self.bound
        else:
            near, far, goal, bound = -self.found.high, -self.found.low, -self.goal, -self.bound
        if far <= goal:
            return "met"
        return "broken" if near > bound else "missed" if near > goal else "undecided"

    def __str__(self) -> str:
        most = "at most" if self.bound > self.goal else "at least"
        return (
            f"{self.verdict:<10}{self.words}: {self.found.median:.3f} "
            f"[{self.found.low:.3f}, {self.found.high:.3f}], claimed {most} {self.goal:g}"
        )


@dataclass(frozen=True, slots=True)
class Rounds:
    """One cell's medians in each round: ratios are within rounds, so slowdowns of a whole round cancel."""

    figures: Mapping[str, np.ndarray[Any, Any]]

    @classmethod
    def of(cls, series: Series) -> Rounds:
        """The medians of each side, the harness and the total, and of the share charged to the sides."""
        takes: Mapping[str, Callable[[Sample], float]] = {
            "client": lambda one: one.client,
            "server": lambda one: one.server,
            "total": lambda one: one.total,
            "charged": lambda one: one.client + one.server,
            "harness": lambda one: one.total - one.client - one.server,
            # Per sample, as the medians of client, server and total belong to different samples.
            "share": lambda one: (one.client + one.server) / one.total,
        }
        return cls(
            {
                name: _medians([[take(one) for one in visit] for visit in series.rounds])
                for name, take in takes.items()
            }
        )

    def __getitem__(self, name: str) -> np.ndarray[Any, Any]:
        return self.figures[name]


def _measured(seconds: float, *selectors: str) -> Mapping[tuple[str, ...], Rounds]:
    """The cells of one run, by implementation, version, group, key and resumption."""
    matrix = expand([parse([selector], spellings()) for selector in selectors], capabilities())
    assert not matrix.excluded
    plan = Plan(time_budget_s=seconds, precision=0.01, seed=1)
    outcome = measure(matrix.scenarios, lambda scenario: prepare(scenario, implementations(), _CLOCK), plan)
    found = {}
    for series in outcome.series:
        if series.error is not None:
            raise series.error
        axes = series.scenario.axes()
        key = tuple(
            axes.get(axis, "none") for axis in ("implementation", "version", "group", "key", "resumption")
        )
        found[key] = Rounds.of(series)
    return found


def _claim(words: str, ratios: Sequence[float], *, goal: float, bound: float) -> Claim:
    return Claim(words, median_interval(ratios), goal, bound)


def of_the_quick_profile(seconds: float) -> Iterator[Claim]:
    """The harness, resumption, and which side pays for a key type."""
    cells = _measured(
        seconds,
        "implementation=fake,ssl,pyopenssl version=1.2 key=rsa-2048,ecdsa-secp256r1 resumption=none,ticket",
        "implementation=fake,ssl,pyopenssl version=1.3 key=rsa-2048,ecdsa-secp256r1 resumption=none,psk",
    )
    keys, versions = ("rsa-2048", "ecdsa-secp256r1"), {"1.2": "ticket", "1.3": "psk"}

    def cell(name: str, version: str, key: str, resumption: str = "none") -> Rounds:
        return cells[name, version, "secp256r1", key, resumption]

    for name in ("ssl", "pyopenssl"):
        for version in versions:
            for key in keys:
                words = f"{name} TLS {version} {key}: the part of a full handshake that is charged to a side"
                yield _claim(words, cell(name, version, key)["share"], goal=0.92, bound=0.6)
    full = [rounds["total"] for key, rounds in cells.items() if key[0] != "fake" and key[-1] == "none"]
    floor = cell("fake", "1.3", "ecdsa-secp256r1")["harness"] / min(full, key=np.nanmedian)
    yield _claim("the harness over the fastest full handshake", floor, goal=0.03, bound=0.3)
    for name in ("ssl", "pyopenssl"):
        for key in keys:
            gain_12, gain_13 = (
                cell(name, version, key)["total"] / cell(name, version, key, resumed)["total"]
                for version, resumed in versions.items()
            )
            yield _claim(f"{name} {key}: full over resumed, TLS 1.3", gain_13, goal=1.0, bound=0.7)
            words = f"{name} {key}: what resumption gains in TLS 1.2 over what it gains in 1.3"
            yield _claim(words, gain_12 / gain_13, goal=1.5, bound=0.7)
    for version in versions:
        rsa, ecdsa = (cell("pyopenssl", version, key) for key in keys)
        words = f"pyopenssl TLS {version}: the server's time over the client's, RSA-2048"
        yield _claim(words, rsa["server"] / rsa["client"], goal=1.2, bound=0.7)
        words = f"pyopenssl TLS {version}: the client's time over the server's, ECDSA P-256"
        yield _claim(words, ecdsa["client"] / ecdsa["server"], goal=1.2, bound=0.7)


def of_hybrid_groups(seconds: float) -> Iterator[Claim]:
    """The cost of a hybrid group for full and resumed handshakes."""
    cells = _measured(seconds, "group=x25519,X25519MLKEM768 resumption=none,psk")
    full, resumed = (
        hybrid["total"] / classical["total"]
        for classical, hybrid in (
            [
                cells["pyopenssl", "1.3", group, "ecdsa-secp256r1", resumption]
                for group in ("x25519", "X25519MLKEM768")
            ]
            for resumption in ("none", "psk")
        )
    )
    yield _claim("X25519MLKEM768 over x25519, full handshakes", full, goal=1.0, bound=0.7)
    yield _claim(
        "the same of resumed handshakes over the same of full ones", resumed / full, goal=1.0, bound=0.7
    )


@dataclass(frozen=True)
class Native:
    """The same handshake in C, on the contexts of a ``libssl`` cell that was proved before."""

    function: Any
    cell: Any

    @property
    def scenario(self) -> Scenario:
        return self.cell.scenario

    def sample(self) -> Sample:
        figures = (ctypes.c_int64 * 3)()
        clients, servers = (_address(one.context) for one in (self.cell.clients, self.cell.servers))
        assert self.function(clients, servers, b"localhost", figures) == 1
        return Sample(client=figures[0], server=figures[1], total=figures[2])

    def visit(self, rewarm: int, samples: int) -> list[Sample]:
        return in_a_row(self.sample, rewarm, samples)

    def proof(self) -> Mapping[str, object]:
        return self.cell.proof()

    def close(self) -> None:
        self.cell.close()


def _address(pointer: Any) -> ctypes.c_void_p:
    from tlsbench.implementations.libssl.bindings import ffi

    return ctypes.c_void_p(int(ffi.cast("uintptr_t", pointer)))


def _compiled(folder: Path) -> Any:
    """The C loop of benchmarks/native; None without a compiler."""
    compiler = shutil.which("cc")
    if compiler is None or not Path("/usr/include/openssl/ssl.h").exists():
        print(
            "skipped   libssl over C: no compiler, or no headers (apt-get install gcc libc6-dev libssl-dev)"
        )
        return None
    source, target = Path(__file__).parent / "native/handshakes.c", folder / "handshakes.so"
    command = [compiler, "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", target, source]
    subprocess.run([*command, "-lssl", "-lcrypto"], check=True)
    return ctypes.CDLL(str(target)).handshake


def of_libssl(seconds: float) -> Iterator[Claim]:
    """The time charged to the sides, in one run interleaved with C, and next to a second, equal cell."""
    with tempfile.TemporaryDirectory() as folder:
        native = _compiled(Path(folder))
    for version in ("1.2", "1.3") if native else ():
        selection = parse([f"implementation=libssl version={version}"], spellings())
        (scenario,) = expand([selection], capabilities()).scenarios

        def cell(scenario: Scenario = scenario) -> Workload:
            return prepare(scenario, implementations(), _CLOCK)

        proved = cell()
        proved.sample()
        makers = iter([cell, cell, lambda proved=proved: Native(native, proved)])
        plan = Plan(time_budget_s=seconds, precision=0.01, seed=1)
        outcome = measure([scenario] * 3, lambda _scenario, makers=makers: next(makers)(), plan)
        python, again, c = (Rounds.of(series)["charged"] for series in outcome.series)
        itself = median_interval(again / python).median
        words = f"libssl TLS {version}: through cffi over a plain C loop (over itself: {itself:.3f})"
        yield _claim(words, python / c, goal=1.05, bound=1.5)


#: By library, the engine whose primitives it uses.
_ENGINES = {"libssl": "libssl", "pyopenssl": "cryptography"}
_KNOWN = ("x25519/keygen", "x25519/exchange", "ecdsa-secp256r1/sign", "ecdsa-secp256r1/verify")


def of_parts(seconds: float) -> Iterator[Claim]:
    """The cost of a part in the ledger of a handshake, and as a primitive of the same engine, in one run."""
    for library, engine in _ENGINES.items():
        selectors = [f"implementation={library} group=x25519 key=ecdsa-secp256r1 parts=yes"]
        selectors += [f"workload=primitive implementation={engine} algorithm={name}" for name in _KNOWN]
        matrix = expand([parse([selector], spellings()) for selector in selectors], capabilities())
        plan = Plan(time_budget_s=seconds, precision=0.01, seed=1)
        outcome = measure(
            matrix.scenarios, lambda scenario: prepare(scenario, implementations(), _CLOCK), plan
        )
        apart, *alone = outcome.series
        for name, series in zip(_KNOWN, alone, strict=True):
            parts = [
                [part.cost / part.count for one in visit for part in one.parts if part.operation == name]
                for visit in apart.rounds
            ]
            primitives = [[one.of("client") for one in visit] for visit in series.rounds]
            ratio = _medians(parts) / _medians(primitives)
            words = (
                f"{library}: {name} as a part of a handshake and as a primitive, the greater over the less"
            )
            yield Claim(words, _beyond_one(rounds_interval(ratio)), goal=1.05, bound=1.5)


#: One of each kind, at 16 KiB if it takes data.
_BESIDE_SPEED = (
    *("aes-128-gcm/encrypt", "chacha20-poly1305/encrypt", "aes-128-cbc/encrypt", "sha-256/digest"),
    *("sha3-256/digest", "hmac-sha-256/sign", "rsa-2048/sign_pkcs1", "ecdsa-secp256r1/verify"),
    "x25519/exchange",
)


def _medians(rounds: Sequence[Sequence[float]]) -> np.ndarray[Any, Any]:
    """The median of each round; NaN for a round without samples."""
    return np.array([median(one) if one else float("nan") for one in rounds])


def _beyond_one(ratio: Interval) -> Interval:
    """A ratio or its inverse, whichever is at least one; an interval that contains one starts there."""
    ends = (ratio.low, ratio.high) if ratio.median >= 1 else (1 / ratio.high, 1 / max(ratio.low, 1e-9))
    return Interval(max(1.0, ends[0]), max(ratio.median, 1 / ratio.median), max(1.0, ends[1]))


def of_openssl_speed(seconds: float) -> Iterator[Claim]:
    """Primitives of the system's libcrypto in tlsbench and in `openssl speed`, alternating, above 1 KiB."""
    reason = openssl_speed.why_not()
    if reason:
        print(f"skipped   libssl's primitives over openssl speed: {reason}")
        return
    pairs = [pair for pair in openssl_speed.PAIRS if pair.algorithm in _BESIDE_SPEED and pair.is_large]
    for one in openssl_speed.compared(math.ceil(seconds), pairs) if seconds else ():
        words = f"libssl: {one.pair.algorithm} by tlsbench and by openssl speed, the greater over the less"
        yield Claim(words, _beyond_one(one.ratio("libssl")), goal=1.1, bound=1.5)


def of_http_requests(seconds: float) -> Iterator[Claim]:
    """Requests per second of a load, compared with wrk and h2load if these and nginx are installed."""
    for http, peer, goal, bound in (("1.1", "wrk", 0.6, 0.2), ("2", "h2load", 0.5, 0.15)):
        if not all(http_requests.program(name) for name in ("nginx", peer)) or find_spec("h2") is None:
            continue
        turns = http_requests.measured(http, math.ceil(seconds), 1.0) if seconds else {}
        ratios = [
            ours.requests_per_s / theirs.requests_per_s
            for ours, theirs in zip(turns.get(http_requests.OURS, ()), turns.get(peer, ()), strict=True)
        ]
        words = f"HTTP/{http} requests a second of load by {peer}'s"
        yield _claim(words, ratios, goal=goal, bound=bound)


_CLAIMS = (
    of_the_quick_profile,
    of_hybrid_groups,
    of_libssl,
    of_parts,
    of_openssl_speed,
    of_http_requests,
)


def main(seconds: float) -> int:
    """Print every claim; 1 if one is broken."""
    verdicts: Counter[str] = Counter()
    for claims in _CLAIMS:
        for claim in claims(seconds):
            print(claim, flush=True)
            verdicts[claim.verdict] += 1
    counts = ", ".join(f"{verdicts[word]} {word}" for word in ("met", "undecided", "missed", "broken"))
    print(f"\n{verdicts.total()} claims on this machine: {counts}; brackets are 95 % intervals")
    return 1 if verdicts["broken"] else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What is claimed of speed, measured on this machine.")
    parser.add_argument("seconds", nargs="?", type=float, default=_SECONDS, help="for each group of claims")
    sys.exit(main(parser.parse_args().seconds))
