"""Disk usage of an installation by package: ``python benchmarks/weight.py`` in the environment in question.

It counts the files that each distribution lists as installed, and their bytecode. ``--most MB`` exits with 1
if the total is larger.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from importlib.util import cache_from_source
from pathlib import Path

#: What a virtual environment contains before anything is installed.
_ITS_OWN = frozenset({"pip"})


def sizes() -> dict[str, tuple[int, int]]:
    """For each distribution, the bytes of its files, and those of the bytecode of its modules."""
    return {one.name: _size(one) for one in distributions() if one.name not in _ITS_OWN}


def _size(distribution: Distribution) -> tuple[int, int]:
    paths = {Path(str(one.locate())) for one in distribution.files or () if one.suffix != ".pyc"}
    compiled = {Path(cache_from_source(str(path))) for path in paths if path.suffix == ".py"}
    return sum(_bytes(paths)), sum(_bytes(compiled))


def _bytes(paths: set[Path]) -> Iterator[int]:
    for path in paths:
        if path.is_file():
            yield path.stat().st_size


def main() -> int:
    """Print the table, heaviest first; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=float, help="the limit for the total, in megabytes (1,000,000 bytes)")
    most = parser.parse_args().most
    found = sorted(sizes().items(), key=lambda one: -sum(one[1]))
    files, compiled = (sum(size[at] for _, size in found) for at in (0, 1))
    print("| package | MB | bytecode MB |")
    print("|---|---|---|")
    for name, (own, beside) in [*found, ("all", (files, compiled))]:
        print(f"| {name} | {own / 1e6:.1f} | {beside / 1e6:.1f} |")
    if most is not None and (files + compiled) / 1e6 > most:
        print(f"{(files + compiled) / 1e6:.0f} MB are more than {most:.0f}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
