"""What else a machine does while it measures: conditions that a study creates itself.

The processes of a condition end with the block, and with the study, however it ends: each watches its
standard input, which the system then closes.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_WATCH = """
import os, random, sys, threading, time
def watch():
    sys.stdin.read()
    os._exit(0)
threading.Thread(target=watch, daemon=True).start()
"""
_SPIN = """
while True:
    pass
"""
#: Walks a block larger than most caches, in an order that defeats prefetchers.
_THRASH = """
import numpy
block = numpy.zeros(1 << 25, dtype=numpy.int64)
order = numpy.random.default_rng(1).integers(0, len(block), 1 << 22)
while True:
    block[order] += 1
"""
_STOP_AND_GO = """
draw = random.Random(int(sys.argv[1]))
while True:
    until = time.monotonic() + draw.uniform(0.05, 1.5)
    while time.monotonic() < until:
        pass
    time.sleep(draw.uniform(0.05, 1.5))
"""

#: By name, the programs that run in the background.
CONDITIONS: Mapping[str, tuple[str, ...]] = {
    "idle": (),
    "one busy process": (_SPIN,),
    "three busy processes": (_SPIN,) * 3,
    "one that thrashes the caches": (_THRASH,),
    "two that stop and go": (_STOP_AND_GO,) * 2,
}


@contextmanager
def condition(name: str) -> Iterator[None]:
    """Run the programs of a condition of :data:`CONDITIONS` for the duration of the block."""
    running = [
        subprocess.Popen([sys.executable, "-c", _WATCH + program, str(seed)], stdin=subprocess.PIPE)
        for seed, program in enumerate(CONDITIONS[name])
    ]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()
            assert process.stdin is not None
            process.stdin.close()
