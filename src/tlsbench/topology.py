"""The processors of this machine: which share a core, and which share a memory node."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: Set to pin each thread to its own processor, among those that the process may use.
PINS_THREADS: Final = "TLSBENCH_PIN_THREADS"
_SYSTEM: Final = Path("/sys/devices/system")
_RANGE: Final = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Processor:
    """A logical processor.

    :param number: the system's number for it.
    :param core: the lowest number among those that share its core (SMT siblings), including itself.
    :param node: its memory node (NUMA); 0 if the system reports none.
    """

    number: int
    core: int
    node: int


def usable() -> frozenset[int]:
    """The processors that this process may use, by number."""
    if hasattr(os, "sched_getaffinity"):
        return frozenset(os.sched_getaffinity(0))
    return frozenset(range(os.cpu_count() or 1))


def processors(numbers: Collection[int] | None = None, system: Path = _SYSTEM) -> tuple[Processor, ...]:
    """Processors in the order in which threads are placed on them.

    One processor of each core comes before their siblings, and those of one node before those of the next.

    :param numbers: the processors to include; by default, those that this process may use.
    :param system: where the kernel describes them (``Documentation/ABI/stable/sysfs-devices-node``).
    """
    chosen = usable() if numbers is None else numbers
    nodes = dict(_nodes(system))
    found = [Processor(one, min(_siblings(system, one)), nodes.get(one, 0)) for one in sorted(chosen)]
    return tuple(sorted(found, key=lambda one: (_turn(one, found), one.node, one.core)))


def _turn(one: Processor, among: Sequence[Processor]) -> int:
    """The number of processors of the same core that come before it."""
    return sum(other.core == one.core and other.number < one.number for other in among)


def cores(found: Collection[Processor]) -> int:
    """The number of cores that these processors belong to."""
    return len({one.core for one in found})


def siblings(found: Collection[Processor]) -> list[tuple[int, ...]]:
    """The numbers of the processors that share a core, for each core with more than one."""
    shared: dict[int, list[int]] = {}
    for one in found:
        shared.setdefault(one.core, []).append(one.number)
    return [tuple(sorted(numbers)) for _, numbers in sorted(shared.items()) if len(numbers) > 1]


def places(count: int) -> Sequence[int | None]:
    """The processor for each of ``count`` threads; None for each if they are not pinned.

    If there are more threads than processors, they share them in turn.
    """
    if PINS_THREADS not in os.environ:
        return [None] * count
    order = [one.number for one in processors()]
    return [order[at % len(order)] for at in range(count)]


def stay_on(processor: int | None) -> None:
    """Pin the calling thread to a processor, if one is given and the system supports it."""
    if processor is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {processor})


def numbers_in(text: str) -> Iterator[int]:
    """The numbers in a list such as ``0-3,8``, as the kernel writes it; invalid parts are skipped."""
    for match in map(_RANGE.fullmatch, text.strip().split(",")):
        if match is not None:
            first, last = int(match[1]), int(match[2] or match[1])
            yield from range(first, last + 1)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""


def _siblings(system: Path, number: int) -> set[int]:
    told = _read(system / "cpu" / f"cpu{number}" / "topology" / "thread_siblings_list")
    return {number, *numbers_in(told)}


def _nodes(system: Path) -> Iterator[tuple[int, int]]:
    """Each processor with its memory node."""
    for folder in system.glob("node/node*"):
        if (name := folder.name.removeprefix("node")).isdecimal():
            for number in numbers_in(_read(folder / "cpulist")):
                yield number, int(name)
