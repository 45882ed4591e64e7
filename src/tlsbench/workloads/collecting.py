"""Collecting only the instructions of samples, or of one side's calls, by valgrind client requests.

A client request is a sequence of instructions that does nothing on a processor, but that valgrind recognises
(``valgrind.h``, ``callgrind.h``: The Valgrind Client Request mechanism). As there is no compiler, its machine
code is written into memory here.
"""

from __future__ import annotations

import ctypes
import mmap
import platform
from collections.abc import Callable
from typing import Any, Final

from tlsbench.errors import MeasurementError
from tlsbench.implementations import Endpoint

#: VG_USERREQ__RUNNING_ON_VALGRIND, and VG_USERREQ__ZERO_STATS and VG_USERREQ__TOGGLE_COLLECT of the tool 'CT'
#: (Callgrind).
_RUNNING_ON_VALGRIND: Final = 0x1001
_ZERO_STATS: Final = (ord("C") << 24) + (ord("T") << 16) + 1
_TOGGLE_COLLECT: Final = _ZERO_STATS + 1
#: ``long request(long *arguments)`` for each architecture.
_REQUESTS: Final = {
    "x86_64": bytes.fromhex(
        "4889f8"  # mov rax, rdi: the address of the arguments
        "31d2"  # xor edx, edx: the result without valgrind
        "48c1c703 48c1c70d 48c1c73d 48c1c733"  # rol rdi by 3, 13, 61 and 51: in total, rdi is unchanged
        "4887db"  # xchg rbx, rbx
        "4889d0"  # mov rax, rdx: the result
        "c3"  # ret
    )
}
_ARGUMENTS: Final = 6


def toggle() -> Callable[[], None]:
    """Return a function that starts collecting instructions, and stops when it is called again.

    :raises MeasurementError: on an architecture whose request is unknown, or without valgrind.
    """
    return _request(_TOGGLE_COLLECT)


def anew() -> Callable[[], None]:
    """Return a function that forgets what was collected so far.

    :raises MeasurementError: as :func:`toggle` does.
    """
    return _request(_ZERO_STATS)


def _request(wanted: int) -> Callable[[], None]:
    code = _REQUESTS.get(platform.machine())
    if code is None:
        raise MeasurementError(f"the two sides can be separated only on x86-64, not on {platform.machine()}")
    memory = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    request = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_void_p)(address)

    def asked(number: int) -> int:
        found: int = request((ctypes.c_long * _ARGUMENTS)(number))
        return found

    if not asked(_RUNNING_ON_VALGRIND):
        raise MeasurementError("instructions are collected only under valgrind")
    arguments = (ctypes.c_long * _ARGUMENTS)(wanted)

    def ask() -> None:
        assert memory  # keeps the code alive as long as this function
        request(arguments)

    return ask


class CollectedContext:
    """A context of either side that collects during its library's own calls, the ones that a clock times."""

    def __init__(self, context: object, toggle: Callable[[], None]) -> None:
        self._context: Any = context
        self._toggle = toggle

    def connect(self, session: object | None = None, early_data: bytes = b"") -> Endpoint:
        """See :class:`~tlsbench.implementations.ClientContext`."""
        return self._made(lambda: self._context.connect(session, early_data))

    def accept(self) -> Endpoint:
        """See :class:`~tlsbench.implementations.ServerContext`."""
        return self._made(self._context.accept)

    def _made(self, make: Callable[[], Endpoint]) -> Endpoint:
        self._toggle()
        end = make()
        self._toggle()
        collected: Any = _CollectedEnd(end, self._toggle)
        return collected  # type: ignore[no-any-return]  # other attributes are delegated to the end


class _CollectedEnd:
    def __init__(self, end: Endpoint, toggle: Callable[[], None]) -> None:
        self._end = end
        self._toggle = toggle

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any attribute of the end
        return getattr(self._end, name)

    def handshake(self) -> bool:
        self._toggle()
        try:
            return self._end.handshake()
        finally:
            self._toggle()

    def read(self) -> bytes:
        self._toggle()
        try:
            return self._end.read()
        finally:
            self._toggle()
