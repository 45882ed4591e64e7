"""The axes for ``workload=scaling``: how many threads, what they share, and what they do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from tlsbench.errors import RequestError
from tlsbench.scenarios.axis import row

#: For each thread there is also a process, as the control.
MOST_THREADS: Final = 64
_WHOLE: Final = re.compile(r"[0-9]{1,3}")


def parse_threads(text: str) -> str:
    """``4`` from ``4``.

    :raises RequestError: if it is not a number from 1 to :data:`MOST_THREADS`.
    """
    word = text.strip()
    if not _WHOLE.fullmatch(word) or not 1 <= int(word) <= MOST_THREADS:
        raise RequestError(f"'{text}' is not a number of threads: write 1 to {MOST_THREADS}")
    return str(int(word))


_SCALING: Final[Mapping[str, Any]] = {"workloads": ("scaling",), "rare": True}
THREADS: Final = row(
    meaning="threads that work in one process; the same number of processes is measured for comparison",
    values=("1", "2", "4", "8"),
    default=("1",),
    neutral="1",
    parse=parse_threads,
    read=int,
    **_SCALING,
)
CONTEXT: Final = row(
    meaning="whether threads share the library's contexts, or each has its own",
    values=("shared", "own"),
    default=("shared",),
    neutral="shared",
    **_SCALING,
)
TASK: Final = row(
    meaning="what each thread repeats: handshakes, or bulk (a write of size bytes each way)",
    values=("handshake", "bulk"),
    default=("handshake",),
    neutral="handshake",
    **_SCALING,
)
