"""What Dask runs on a machine: a task that starts a process, watches it, and ends it.

Dask cannot end a running task, but its worker knows when nobody waits for the task any more: the client has
cancelled it or is gone, or the scheduler is gone. Then the process is killed, with everything it has started.
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

#: The processes running in this worker, by the token of their order.
_UNDER_WAY: dict[str, _Member] = {}
_ALIVE_SECONDS = 1.0
#: Reporting a machine's software takes seconds if many libraries have to be loaded.
_PATIENCE_SECONDS = 60.0
_MEMBER: Final = "tlsbench.fleet.member"


class _Member(Process):
    """The parent's end of the measuring process, which forms one process group with everything it starts."""

    def __init__(self, order: str) -> None:
        super().__init__(_MEMBER, order)

    def kill(self, why: str) -> None:
        """End it, with everything it has started."""
        with contextlib.suppress(ProcessLookupError):  # it does not lead a group yet
            os.killpg(self._process.pid, signal.SIGKILL)
        super().kill(why)

    def close(self) -> None:
        """End it, with everything it has started, and release its resources."""
        if not self.has_ended:
            self.kill("it was closed")
        super().close()


def perform(token: str, topic: str, order: str) -> dict[str, Any]:
    """Carry out an order, as a Dask task.

    :param token: identifies this order on this machine.
    :param topic: the topic of Dask's events under which progress is reported, with the ``token``.
    :param order: for :mod:`tlsbench.fleet.member`.
    :returns: the process's last message: ``"done"`` with the results, or ``"error"``.
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
                del _UNDER_WAY[token]  # before its pipes are closed, so that nobody writes to them
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
    """Pass on the messages of a process until it ends or is no longer wanted; return the last one."""
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


# The functions below run in the worker concurrently with its task, and must be quick.


def tell(lines: Mapping[str, str]) -> bool:
    """Write its line to each process running here.

    :param lines: by token, including those of other machines.
    :returns: whether there was such a process.
    """
    told = [token for token in lines if token in _UNDER_WAY]
    for token in told:
        _UNDER_WAY[token].tell(lines[token])
    return bool(told)


def under_way() -> list[str]:
    """The tokens of the processes running here."""
    return list(_UNDER_WAY)


def who(dask_worker: Any) -> tuple[str, str, str, float]:  # noqa: ANN401 - Dask's, which gives itself
    """The names of this worker and its machine, the host's identity, and how many tasks it takes at once."""
    offers = dask_worker.state.total_resources.get(RESOURCE, 0.0)
    return str(dask_worker.name), host_name(), host_identity(), offers


def read_clocks() -> tuple[int, int]:
    """CLOCK_MONOTONIC and the wall clock of this machine, in nanoseconds."""
    return time.monotonic_ns(), time.time_ns()


async def facts(implementations: list[str]) -> dict[str, Any]:
    """The software of this machine, as found by a process that is started the way measuring ones are."""
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
        return {"error": f"its process does not report its software: {error or 'no answer'}"}
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
