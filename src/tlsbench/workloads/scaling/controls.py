"""The controls: two operations of which it is known how they must scale.

Pure Python holds the interpreter's lock, so several threads of it achieve no more than one alone. Hashing a
long text releases the lock (hashlib does so above 2,047 bytes), so its threads must achieve as much as
processes do. And processes must get as many processors as there are for them. If these expectations are not
met, it was the machine or the method that was measured, not the library.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping
from typing import Final

_HASHED: Final = bytes(256 * 1024)
_COUNTED: Final = 1500


def count_in_python() -> int:
    """Run some 50 µs of bytecode that calls nothing."""
    total = 0
    for number in range(_COUNTED):
        total += number & 7
    return total


def hash_a_text() -> bytes:
    """Compute SHA-256 of 256 KiB: some 150 to 700 µs without the interpreter's lock."""
    return hashlib.sha256(_HASHED).digest()


#: The controls by name.
CONTROLS: Final[Mapping[str, Callable[[], object]]] = {"python": count_in_python, "hash": hash_a_text}


def has_one_lock() -> bool:
    """Whether this Python's threads take turns, as they do unless it runs without the lock (PEP 703)."""
    enabled: Callable[[], bool] | None = getattr(sys, "_is_gil_enabled", None)
    return enabled() if enabled is not None else True
