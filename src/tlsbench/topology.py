"""The processors of this machine: which of them share a core, and which are near the same memory."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: Set where each thread is to stay on a processor of its own, of those that the process may use.
PINS_THREADS: Final = "TLSBENCH_PIN_THREADS"
_SYSTEM: Final = Path("/sys/devices/system")
_RANGE: Final = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Processor:
    """A logical processor.

    :param number: as the system counts it.
    :param core: the least number of those that share its core (SMT siblings), itself among them.
    :param node: of memory (NUMA); 0 where the system reports none.
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

    That is one of each core before their siblings, and those of one node before those of the next.

    :param numbers: those that count; those that this process may use without.
    :param system: where the kernel describes them (``Documentation/ABI/stable/sysfs-devices-node``).
    """
    chosen = usable() if numbers is None else numbers
    nodes = dict(_nodes(system))
    found = [Processor(one, min(_siblings(system, one)), nodes.get(one, 0)) for one in sorted(chosen)]
    return tuple(sorted(found, key=lambda one: (_turn(one, found), one.node, one.core)))


def _turn(one: Processor, among: Sequence[Processor]) -> int:
    """How many processors of its core come before it."""
    return sum(other.core == one.core and other.number < one.number for other in among)


def cores(found: Collection[Processor]) -> int:
    """How many cores these processors are."""
    return len({one.core for one in found})


def siblings(found: Collection[Processor]) -> list[tuple[int, ...]]:
    """The numbers of those that share a core, for each core that several share."""
    shared: dict[int, list[int]] = {}
    for one in found:
        shared.setdefault(one.core, []).append(one.number)
    return [tuple(sorted(numbers)) for _, numbers in sorted(shared.items()) if len(numbers) > 1]


def places(count: int) -> Sequence[int | None]:
    """The processor of each of this many threads; None for each where they are not to stay on one.

    Where there are more threads than processors, they share them in turn.
    """
    if PINS_THREADS not in os.environ:
        return [None] * count
    order = [one.number for one in processors()]
    return [order[at % len(order)] for at in range(count)]


def stay_on(processor: int | None) -> None:
    """Keep the calling thread on a processor, if the system can and one is given."""
    if processor is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {processor})


def numbers_in(text: str) -> Iterator[int]:
    """The numbers of a list such as ``0-3,8``, as the kernel writes it; what is none is left out."""
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
    """Each processor with the node that it is near."""
    for folder in system.glob("node/node*"):
        if (name := folder.name.removeprefix("node")).isdecimal():
            for number in numbers_in(_read(folder / "cpulist")):
                yield number, int(name)
