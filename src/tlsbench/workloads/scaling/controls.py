"""The controls: two operations of which is known how they must scale, and what tells that they did not.

Pure Python holds the interpreter's lock, so that threads of it get no further together than one alone. A
hash of a long text releases the lock (hashlib does for more than 2,047 bytes), so that threads of it must get
as far as processes do. And processes must get as many processors as there are for them. Where that does not
come out, it is the machine that was measured, or the way of measuring, and not the library.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping
from typing import Final

_HASHED: Final = bytes(256 * 1024)
_COUNTED: Final = 1500


def count_in_python() -> int:
    """Some 50 µs of bytecode that calls nothing."""
    total = 0
    for number in range(_COUNTED):
        total += number & 7
    return total


def hash_a_text() -> bytes:
    """SHA-256 of 256 KiB: some 150 to 700 µs without the interpreter's lock."""
    return hashlib.sha256(_HASHED).digest()


#: The controls by name.
CONTROLS: Final[Mapping[str, Callable[[], object]]] = {"python": count_in_python, "hash": hash_a_text}


def has_one_lock() -> bool:
    """Whether the threads of this Python take turns: not where it was built without the lock (PEP 703)."""
    enabled: Callable[[], bool] | None = getattr(sys, "_is_gil_enabled", None)
    return enabled() if enabled is not None else True
