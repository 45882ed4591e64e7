"""A heap that returns no memory: page faults vary between rounds, and are not part of TLS's cost."""

from __future__ import annotations

import ctypes
from functools import cache

# Parameters of mallopt(3):
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_MMAP_THRESHOLD_MAX_BYTES = 32 * 2**20
_KEPT_BYTES = 2**30


@cache
def keep_heap() -> None:
    """Stop glibc's malloc from returning memory or mapping single blocks, for the rest of the process.

    Otherwise a buffer of a few hundred KiB may be mapped and unmapped on each read, or the top of the heap
    may grow and shrink, depending on what happens to be there. Other allocators are left alone.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
    mallopt(_M_MMAP_THRESHOLD, _MMAP_THRESHOLD_MAX_BYTES)
