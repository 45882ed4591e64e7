"""The processors that a run is pinned to: ``--pin``."""

from __future__ import annotations

import os
import re
from typing import Final

from tlsbench.errors import RequestError
from tlsbench.topology import PINS_THREADS, numbers_in, usable

_ALL: Final = "all"
_LIST: Final = re.compile(r"\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*")


def pin_to(text: str) -> None:
    """Pin this process and those that it starts to some processors, and each thread of a cell to one.

    :param text: numbers such as ``2`` or ``0,2-3``, or ``all`` for all that this process may use.
    :raises RequestError: if the system does not support it, or there are no such processors.
    """
    if not hasattr(os, "sched_setaffinity"):
        raise RequestError("--pin needs Linux: this system does not let a process choose its processor")
    there = usable()
    if text != _ALL and not _LIST.fullmatch(text):
        raise RequestError(f"--pin {text}: write processors such as 2 or 0,2-3, or all")
    chosen = there if text == _ALL else set(numbers_in(text))
    if not chosen or not chosen <= there:
        valid = ", ".join(map(str, sorted(there)))
        raise RequestError(f"--pin {text}: no such processor, valid are {valid}")
    os.environ[PINS_THREADS] = "1"  # for the threads of every process of the run
    os.sched_setaffinity(0, chosen)
