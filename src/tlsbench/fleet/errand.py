"""What Dask runs on a machine: a task that starts a process, watches it, and ends it.

Dask cannot end a task that runs, but its worker knows when nobody waits for it any more: the one who asked
has cancelled it, or is gone, or the scheduler is. Then the process is killed, with all that it has started.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, Final

from tlsbench.errors import MeasurementError, TlsbenchError
from tlsbench.fleet.facts import host_identity, host_name
from tlsbench.fleet.hosts import RESOURCE
from tlsbench.processes import Process, readable

#: The processes that are under way in this worker, by the order's token.
_UNDER_WAY: dict[str, _Member] = {}
_ALIVE_SECONDS = 1.0
#: To say what a machine's software is takes seconds where many libraries have to be loaded.
_PATIENCE_SECONDS = 60.0
_MEMBER: Final = "tlsbench.fleet.member"


class _Member(Process):
    """The near end of the process that measures; it and all that it starts are one group."""

    def __init__(self, order: str) -> None:
        super().__init__(_MEMBER, order)

    def kill(self, why: str) -> None:
        """End it, with all that it has started."""
        with contextlib.suppress(ProcessLookupError):  # it has not come so far as to lead a group
            os.killpg(self._process.pid, signal.SIGKILL)
        super().kill(why)

    def close(self) -> None:
        """Likewise, and give its resources back."""
        if not self.has_ended:
            self.kill("it was closed")
        super().close()


def perform(token: str, topic: str, order: str) -> dict[str, Any]:
    """Carry out an order, as a task of Dask.

    :param token: of the order and this machine alone.
    :param topic: of Dask's events, under which is said what it is about, ``token`` with it.
    :param order: for :mod:`tlsbench.fleet.member`.
    :returns: its last message: ``"done"`` with what came of it, or ``"error"``.
    """
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def is_wanted() -> bool:
        task = worker.state.tasks.get(key)
        return task is not None and task.state != "cancelled" and worker.status.name in ("running", "paused")

    def say(message: Mapping[str, Any]) -> None:
        worker.log_event(topic, {**message, "token": token})

    try:
        with closing(_Member(order)) as member:
            _UNDER_WAY[token] = member
            try:
                return _follow(member, say, is_wanted)
            finally:
                del _UNDER_WAY[token]  # before its pipes are closed: nobody writes to them then
    except TlsbenchError as error:
        return {"error": f"its process {error}", "exit_code": error.exit_code}
    except OSError as error:
        return {
            "error": f"its process cannot be started: {error.strerror or error}",
            "exit_code": MeasurementError.exit_code,
        }


def _follow(
    member: Process, say: Callable[[Mapping[str, Any]], None], is_wanted: Callable[[], bool]
) -> dict[str, Any]:
    """Pass on what a process says, until it has ended or is not wanted; its last message."""
    said_at = 0.0
    while is_wanted():
        for _ in readable([member], 0.1):
            for message in member.messages():
                if "done" in message or "error" in message:
                    return message
                said_at = time.monotonic()
                say(message)
        if member.has_ended:
            return {
                "error": f"its process died ({member.lost})",
                "exit_code": MeasurementError.exit_code,
            }
        if time.monotonic() - said_at >= _ALIVE_SECONDS:
            said_at = time.monotonic()
            say({"alive": True})
    member.kill("nobody waited for it any more")
    return {"error": member.lost, "exit_code": MeasurementError.exit_code}


# What follows runs in the worker beside its task, and must be quick.


def tell(lines: Mapping[str, str]) -> bool:
    """Write a line to each process that is under way here.

    :param lines: by token, those of other machines too.
    :returns: whether any was.
    """
    told = [token for token in lines if token in _UNDER_WAY]
    for token in told:
        _UNDER_WAY[token].tell(lines[token])
    return bool(told)


def under_way() -> list[str]:
    """The tokens of what is under way here."""
    return list(_UNDER_WAY)


def who(dask_worker: Any) -> tuple[str, str, str, float]:  # noqa: ANN401 - Dask's, which gives itself
    """What this worker and its machine are called, what tells the host from others, and what it offers."""
    offers = dask_worker.state.total_resources.get(RESOURCE, 0.0)
    return str(dask_worker.name), host_name(), host_identity(), offers


def read_clocks() -> tuple[int, int]:
    """CLOCK_MONOTONIC and the wall clock of this machine, in nanoseconds."""
    return time.monotonic_ns(), time.time_ns()


async def facts(implementations: list[str]) -> dict[str, Any]:
    """What this machine's software is, as a process finds it that is started as those that measure are."""
    order = json.dumps({"kind": "facts", "implementations": implementations})
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", _MEMBER, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(order.encode() + b"\n")
        answer = await asyncio.wait_for(process.stdout.read(), _PATIENCE_SECONDS)
        return dict(json.loads(answer))
    except (TimeoutError, ValueError, OSError) as error:
        return {"error": f"its process does not say what it is: {error or 'it is silent'}"}
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
