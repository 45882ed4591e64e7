"""The server's end of a load, if it is this machine: the listening processes, and their processor time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import psutil

from tlsbench.loading.target import Target
from tlsbench.sockets import UNIX


@dataclass(frozen=True, slots=True)
class Spent:
    """The processor time that a server's processes spent within a period.

    :param name: the name of the program, or of several.
    :param cpu_s: the processor time of all its processes.
    :param busiest: the share of the period that the busiest of them was on a processor; above 1 with several
        busy threads.
    :param elapsed_s: the length of the period.
    :param threads: how many threads of all processes did the work: those that spent at least a tenth of what
        the busiest did; 0 if that is not known.
    """

    name: str
    cpu_s: float
    busiest: float
    elapsed_s: float
    threads: int = 0


class ServerSide:
    """The processes that listen at targets on this machine, with their descendants.

    Users without privileges can only see their own processes, so others are not found. A process that listens
    at several of the targets counts once.
    """

    def __init__(self, *targets: Target, over_udp: bool = False) -> None:
        self._take({target: _listeners(target, over_udp=over_udp) for target in targets})

    def _take(self, by_target: Mapping[Target, list[psutil.Process]]) -> None:
        self._by_target = by_target
        self._processes = list({one.pid: one for found in by_target.values() for one in found}.values())
        self._before: dict[int, float] = {}
        self._threads_before: dict[int, float] = {}
        self._from = self._since = 0.0

    def of(self, target: Target) -> ServerSide:
        """The processes of one of the targets."""
        one = ServerSide()
        one._take({target: self._by_target[target]})
        return one

    def begin_at(self, seconds: float) -> None:
        """Count from this time of :func:`time.monotonic` on."""
        self._from = seconds

    def tick(self) -> None:
        """Begin to count when it is time; to be called repeatedly."""
        if not self._since and time.monotonic() >= self._from:
            self._before, self._since = _cpu_seconds(self._processes), time.monotonic()
            self._threads_before = _thread_seconds(self._processes)

    def spent(self) -> Spent | None:
        """What they have spent since then; None if nothing is known about them, or they are gone."""
        elapsed_s = time.monotonic() - self._since
        after = _cpu_seconds(self._processes)
        spent = [seconds - self._before[pid] for pid, seconds in after.items() if pid in self._before]
        if not spent or not self._since:
            return None
        threads = _at_work(self._threads_before, _thread_seconds(self._processes))
        names = dict.fromkeys(name for found in self._by_target.values() if (name := _name(found)))
        return Spent(", ".join(names) or "the server", sum(spent), max(spent) / elapsed_s, elapsed_s, threads)


class Sides:
    """The server's end of a load: the processes of all targets together, and of each."""

    def __init__(self, targets: Sequence[Target], *, over_udp: bool = False) -> None:
        self._together = ServerSide(*targets, over_udp=over_udp)
        self._each = {target: self._together.of(target) for target in targets} if len(targets) > 1 else {}

    def begin_at(self, seconds: float) -> None:
        """Count from this time of :func:`time.monotonic` on."""
        for side in (self._together, *self._each.values()):
            side.begin_at(seconds)

    def tick(self) -> None:
        """Begin to count when it is time; to be called repeatedly."""
        for side in (self._together, *self._each.values()):
            side.tick()

    def spent(self) -> tuple[Spent | None, dict[Target, Spent | None]]:
        """What all have spent since then, and what those of each target have, if there are several."""
        return self._together.spent(), {target: side.spent() for target, side in self._each.items()}


def _listeners(target: Target, *, over_udp: bool = False) -> list[psutil.Process]:
    found: dict[int, psutil.Process] = {}
    with contextlib.suppress(psutil.Error, OSError):
        ours = {child.pid for child in psutil.Process().children(recursive=True)}  # these are the load itself
        kind = "unix" if target.is_unix else "udp" if over_udp else "tcp"
        for connection in psutil.net_connections(kind):
            if connection.pid is None or not _is_at(connection, target, over_udp=over_udp):
                continue
            for owner in _owners(psutil.Process(connection.pid), target, kind):
                for process in (owner, *owner.children(recursive=True)):
                    if process.pid not in ours:
                        found[process.pid] = process
    return list(found.values())


def _owners(one: psutil.Process, target: Target, kind: str) -> Iterator[psutil.Process]:
    """All processes that share the listening socket: the system names one, be it a worker or its parent."""
    yield one
    with contextlib.suppress(psutil.Error):
        parent = one.parent()
        for other in (parent, *parent.children()) if parent is not None else ():
            held = other.net_connections(kind) if other != one else ()
            if any(_is_at(socket, target, over_udp=kind == "udp") for socket in held):
                yield other


def _is_at(connection: object, target: Target, *, over_udp: bool) -> bool:
    address = getattr(connection, "laddr", None)
    if target.is_unix:
        return bool(address == target.host.removeprefix(UNIX))
    listens = over_udp or getattr(connection, "status", "") == psutil.CONN_LISTEN
    return listens and getattr(address, "port", 0) == target.port


def _cpu_seconds(processes: Iterable[psutil.Process]) -> dict[int, float]:
    """The processor time of each process, by its id; those that are gone are left out."""
    seconds = {}
    for process in processes:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            seconds[process.pid] = times.user + times.system
    return seconds


def _thread_seconds(processes: Iterable[psutil.Process]) -> dict[int, float]:
    """The processor time of each of the processes' threads, by its id."""
    seconds: dict[int, float] = {}
    for process in processes:
        with contextlib.suppress(psutil.Error):
            seconds |= {one.id: one.user_time + one.system_time for one in process.threads()}
    return seconds


def _at_work(before: Mapping[int, float], after: Mapping[int, float]) -> int:
    """How many threads spent at least a tenth of what the busiest did; new ones count with all their time."""
    spent = [seconds - before.get(number, 0.0) for number, seconds in after.items()]
    return sum(one >= max(spent) / 10 for one in spent) if any(one > 0 for one in spent) else 0


def _name(processes: Iterable[psutil.Process]) -> str:
    """The name of a program; ``""`` if all of its processes are gone."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            return process.name()
    return ""
