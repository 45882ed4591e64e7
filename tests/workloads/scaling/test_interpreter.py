from __future__ import annotations

import hashlib
import statistics
import sys
import timeit

from tlsbench.implementations.libssl.library import of_the_system
from tlsbench.implementations.native import NativeLibrary
from tlsbench.workloads.scaling.interpreter import share_of

TEXT = bytes(1 << 20)


def in_python() -> int:
    return sum(number for number in [1] * 3) + len([number for number in range(20_000) if number & 1])


def in_compiled_code() -> bytes:
    return hashlib.sha256(TEXT).digest()


def test_bytecode_is_the_interpreter_s_and_a_hash_is_not() -> None:
    python, compiled = share_of(in_python, 5), share_of(in_compiled_code, 5)
    assert python.interpreter_ns > 10 * python.compiled_ns
    assert compiled.compiled_ns > 10 * compiled.interpreter_ns


def test_what_the_profiler_adds_is_taken_off() -> None:
    """A thousand calls that do nothing take the profiler several times as long as the interpreter."""

    def call() -> None:
        [abs(1) for _ in range(1000)]

    # In turns, so that a busy moment of the machine meets both.
    pairs = [
        (share_of(call, 20).interpreter_ns, timeit.timeit(call, number=20) * 1e9 / 20) for _ in range(15)
    ]
    assert statistics.median(found_ns / plain_ns for found_ns, plain_ns in pairs) < 2


def test_calls_of_cffi_are_seen_while_a_library_is_shown() -> None:
    library: NativeLibrary = of_the_system().library
    version = library.OpenSSL_version

    def ask() -> None:
        for _ in range(200):
            library.OpenSSL_version(0)

    with library.shown_to_profilers():
        assert library.OpenSSL_version is not version
    assert library.OpenSSL_version is version
    hidden, shown = share_of(ask, 5), share_of(ask, 5, [library])
    assert shown.compiled_ns > 0
    if sys.version_info < (3, 12):  # since then, profilers see every call of compiled code
        assert hidden.compiled_ns < shown.compiled_ns


def test_what_an_operation_leaves_is_kept_until_the_end() -> None:
    left: list[object] = []

    class Left:
        def __del__(self) -> None:
            left.append(self.__class__)

    held: list[Left] = []

    def operate() -> None:
        assert not left, "what is freed within an operation counts as the interpreter's"
        held[:] = [Left()]

    share_of(operate, 3, kept=lambda: held[0] if held else None)
    held.clear()
    assert len(left) == 3
