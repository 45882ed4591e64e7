"""The interpreter's part of an operation: bytecode, and calls into compiled code, but not that code itself.

A profiler that is itself compiled (cProfile) times the two separately. Its overhead in the interpreter's part
is measured with calls of a function that does nothing, and subtracted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from cProfile import Profile
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple

from tlsbench.implementations.native import NativeLibrary

_CALLS: Final = 4000
_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Share:
    """The two parts of an operation, in nanoseconds."""

    interpreter_ns: float
    compiled_ns: float


def share_of(
    operate: Callable[[], object],
    operations: int,
    libraries: Iterable[NativeLibrary] = (),
    kept: Callable[[], object] = lambda: None,
) -> Share:
    """Measure the interpreter's part of an operation, and that of compiled code.

    :param libraries: the libraries called through cffi, whose calls profilers would not see otherwise.
    :param kept: returns what an operation left behind; that is kept until the end, so that freeing it, which
        profilers do not see, is not measured.
    """
    profile, left = Profile(), []
    with ExitStack() as stack:
        for library in libraries:
            stack.enter_context(library.shown_to_profilers())
        for _ in range(operations):
            left.append(kept())
            profile.enable()
            operate()
            profile.disable()
    found = _split(profile)
    added_ns = found.python_calls * _added_ns(_nothing) + found.compiled_calls * _added_ns(abs)
    return Share(max(0.0, found.python_ns - added_ns) / operations, found.compiled_ns / operations)


class _Split(NamedTuple):
    """The time spent in Python functions and in compiled ones, and the number of calls of each."""

    python_ns: float
    compiled_ns: float
    python_calls: int
    compiled_calls: int


def _split(profile: Profile) -> _Split:
    entries: list[Any] = profile.getstats()
    compiled = [entry for entry in entries if isinstance(entry.code, str)]
    python = [entry for entry in entries if not isinstance(entry.code, str)]
    return _Split(
        *(1e9 * sum(entry.inlinetime for entry in of) for of in (python, compiled)),
        *(sum(entry.callcount for entry in of) for of in (python, compiled)),
    )


@cache
def _added_ns(function: Callable[[int], object]) -> float:
    """The profiler's overhead in the interpreter's part per call of a function that does nothing.

    It is the least of several tries with a profiler, minus the least without.
    """
    plain_ns = min(_plain_ns(function) for _ in range(_TRIES))
    return max(0.0, min(_profiled_ns(function) for _ in range(_TRIES)) - plain_ns) / _CALLS


def _plain_ns(function: Callable[[int], object]) -> int:
    began = time.perf_counter_ns()
    _call_often(function)
    return time.perf_counter_ns() - began


def _profiled_ns(function: Callable[[int], object]) -> float:
    profile = Profile()
    profile.enable()
    _call_often(function)
    profile.disable()
    return _split(profile).python_ns


def _call_often(function: Callable[[int], object]) -> None:
    for _ in range(_CALLS):
        function(1)


def _nothing(_number: int) -> None:
    pass
