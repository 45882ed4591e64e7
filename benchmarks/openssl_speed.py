"""Primitives compared with `openssl speed`, on the same libcrypto if possible, alternating in one run.

python benchmarks/openssl_speed.py [--only PATTERNS] [ROUNDS]

Each turn measures an operation with `libssl`, then with `openssl speed` for a second, then with
`cryptography`, all in processor time, so that other work on the machine is not counted. The program shares
its libcrypto with the system's libssl, which is checked. The OpenSSL compiled into cryptography comes without
a program: its ratio is between two versions.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import count
from statistics import median
from typing import Final

from tlsbench.implementations.registry import capabilities, implementation, implementations, spellings
from tlsbench.sampling import meter_named
from tlsbench.scenarios import expand, parse
from tlsbench.stats import Interval, median_interval
from tlsbench.workloads import Workload, prepare

_CLOCK = meter_named("cpu").clock
LIBRARIES: Final = ("libssl", "cryptography")
_SPEED: Final = "openssl speed"
_SIZE_BYTES: Final = 16_384
#: The length of our turns: as many samples as fit.
_TURN_NS: Final = 200_000_000


@dataclass(frozen=True, slots=True)
class Pair:
    """An operation, and how the program measures it.

    :param arguments: for `openssl speed`.
    :param place: the index in its line of results: bytes per second or operations per second.
    :param why: what the program leaves out, if it is known to.
    """

    algorithm: str
    arguments: tuple[str, ...]
    place: int = 3
    size_bytes: int = 0
    why: str = ""

    @property
    def is_large(self) -> bool:
        """Whether it is for more than 1 KiB, or has no size."""
        return not self.size_bytes or self.size_bytes > 1024


def _sized(algorithm: str, *arguments: str, size_bytes: int = _SIZE_BYTES, why: str = "") -> Pair:
    return Pair(algorithm, ("-bytes", str(size_bytes), *arguments), 3, size_bytes, why)


_NO_NONCE: Final = "speed goes on with one message: it takes neither nonce nor end"
PAIRS: Final = (
    _sized("aes-128-gcm/encrypt", "-aead", "-evp", "aes-128-gcm"),
    _sized("aes-128-gcm/encrypt", "-aead", "-evp", "aes-128-gcm", size_bytes=1024),
    _sized("chacha20-poly1305/encrypt", "-aead", "-evp", "chacha20-poly1305"),
    _sized("aes-128-cbc/encrypt", "-evp", "aes-128-cbc", why=_NO_NONCE),
    _sized("aes-128-cbc/decrypt", "-decrypt", "-evp", "aes-128-cbc", why=_NO_NONCE),
    _sized("aes-256-ctr/encrypt", "-evp", "aes-256-ctr", why=_NO_NONCE),
    _sized("sha-256/digest", "-evp", "sha256"),
    _sized("sha-256/digest", "-evp", "sha256", size_bytes=1024),
    _sized("sha3-256/digest", "-evp", "sha3-256"),
    _sized("blake2b/digest", "-evp", "blake2b512"),
    _sized("hmac-sha-256/sign", "-hmac", "sha256"),
    _sized("cmac-aes-128/sign", "-cmac", "aes-128-cbc"),
    Pair("rsa-2048/sign_pkcs1", ("rsa2048",)),
    Pair("rsa-2048/verify_pkcs1", ("rsa2048",), 4),
    Pair("ecdsa-secp256r1/sign", ("ecdsap256",)),
    Pair("ecdsa-secp256r1/verify", ("ecdsap256",), 4),
    Pair("secp256r1/exchange", ("ecdhp256",)),
    Pair("x25519/exchange", ("ecdhx25519",)),
    Pair("ed25519/sign", ("ed25519",), 4),
)


def why_not() -> str:
    """Why nothing can be compared here; ``""`` if it can."""
    if shutil.which("openssl") is None:
        return "no program openssl (apt-get install openssl)"
    told = subprocess.run(["openssl", "version"], check=True, capture_output=True, text=True).stdout.split()
    engine = implementation("libssl").engine()
    if engine.split()[:2] != told[:2]:
        return f"the program is {' '.join(told[:2])}, the library {engine}"
    return ""


def speed_ns(pair: Pair) -> float:
    """The program's time for an operation, in processor time."""
    command = ["openssl", "speed", "-mr", "-seconds", "1", *pair.arguments]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (line,) = (line for line in told.splitlines() if line.startswith("+F"))
    return 1e9 * (pair.size_bytes or 1) / float(line.split(":")[pair.place])


def cell_of(pair: Pair, library: str) -> Workload:
    """The same operation as a cell, proved once."""
    size = f"size={pair.size_bytes}" if pair.size_bytes else ""
    selector = f"workload=primitive implementation={library} algorithm={pair.algorithm} {size}"
    (scenario,) = expand([parse([selector], spellings())], capabilities()).scenarios
    cell = prepare(scenario, implementations(), _CLOCK)
    cell.sample()
    return cell


def ours_ns(cell: Workload) -> float:
    """A cell's time for an operation: the median of a turn's samples."""
    began, taken = _CLOCK(), list[float]()
    for _ in count():
        taken.append(cell.sample().of("client"))
        if _CLOCK() - began > _TURN_NS:
            return median(taken)
    raise AssertionError  # it counts forever


@dataclass(frozen=True, slots=True)
class Compared:
    """The results of the turns: the median of each, and the ratios to the program's within turns."""

    pair: Pair
    median_ns: Mapping[str, float]
    ratios: Mapping[str, Sequence[float]]

    def ratio(self, library: str) -> Interval:
        """A library's time over the program's, with its 95 % interval."""
        return median_interval(self.ratios[library])


def compared(rounds: int, pairs: Sequence[Pair] = PAIRS) -> Iterator[Compared]:
    """Every pair in turn, once per round."""
    cells = [{library: cell_of(pair, library) for library in LIBRARIES} for pair in pairs]
    turns: list[list[dict[str, float]]] = [[] for _ in pairs]
    for _ in range(rounds):
        for pair, by_library, found in zip(pairs, cells, turns, strict=True):
            turn = {"libssl": ours_ns(by_library["libssl"]), _SPEED: speed_ns(pair)}
            turn["cryptography"] = ours_ns(by_library["cryptography"])
            found.append(turn)
    for pair, found in zip(pairs, turns, strict=True):
        names = (*LIBRARIES, _SPEED)
        yield Compared(
            pair,
            {name: median(turn[name] for turn in found) for name in names},
            {name: [turn[name] / turn[_SPEED] for turn in found] for name in LIBRARIES},
        )


def main(rounds: int, only: str) -> int:
    """Print the result of every pair whose operation matches one of the patterns."""
    reason = why_not()
    if reason:
        print(f"nothing to compare: {reason}")
        return 0
    engines = "; ".join(f"{library}: {implementation(library).engine()}" for library in LIBRARIES)
    print(f"{engines}; {_SPEED}: that of libssl. Processor time, medians of {rounds} turns\n")
    heading = ("operation", "bytes", "libssl µs", "speed µs", "ratio", "cryptography µs", "ratio")
    print("{:<26}{:>7}{:>12}{:>11}  {:<20}{:>17}  {}".format(*heading))
    chosen = [pair for pair in PAIRS if any(fnmatch(pair.algorithm, pattern) for pattern in only.split(","))]
    for one in compared(rounds, chosen):
        ours, theirs, speed = (one.median_ns[name] / 1e3 for name in (*LIBRARIES, _SPEED))
        first, second = (
            f"{ratio.median:.2f} [{ratio.low:.2f}, {ratio.high:.2f}]" for ratio in map(one.ratio, LIBRARIES)
        )
        size = one.pair.size_bytes or ""
        print(
            f"{one.pair.algorithm:<26}{size:>7}{ours:>12.2f}{speed:>11.2f}  {first:<20}{theirs:>17.2f}"
            f"  {second}"
        )
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Primitives beside `openssl speed`.")
    parser.add_argument("rounds", nargs="?", type=int, default=5, help="turns of each operation")
    parser.add_argument("--only", default="*", help="patterns of operations, such as '*/digest,rsa-*'")
    given = parser.parse_args()
    sys.exit(main(given.rounds, given.only))
