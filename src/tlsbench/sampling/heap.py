"""A heap that keeps what it has: page faults come and go between rounds, and are not TLS's time."""

from __future__ import annotations

import ctypes
from functools import cache

# The numbers of mallopt(3):
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_MMAP_THRESHOLD_MAX_BYTES = 32 * 2**20
_KEPT_BYTES = 2**30


@cache
def keep_heap() -> None:
    """Have glibc's malloc give no memory back and ask the kernel for no single blocks, for good.

    Else a buffer of some hundred KiB may be mapped and unmapped at each read, or the top of the heap grow and
    shrink, depending on what lies there by chance. Another allocator is left as it is.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
    mallopt(_M_MMAP_THRESHOLD, _MMAP_THRESHOLD_MAX_BYTES)
