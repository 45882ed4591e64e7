"""Start a cluster: a scheduler here, and a worker on each host, kept until the end of a block."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Final

from tlsbench.errors import MeasurementError, RequestError
from tlsbench.fleet.hosts import RESOURCE
from tlsbench.fleet.security import Certificates
from tlsbench.processes import HERE, Interpreter, Process, readable

_MODULE: Final = "tlsbench.fleet.keeping"
_UP_SECONDS = 60.0
_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRequest:
    """The cluster to start.

    :param hosts: the hosts of the workers, as ssh knows them; none for ``local`` workers on this machine.
    :param bind: the address at which the scheduler listens; ``port`` 0 takes a free one.
    :param python: the Python executable on the hosts.
    :param ssh: the command that runs another command on a host; the host's name is appended.
    :param certificates: the certificates that encrypt the links; None leaves them unencrypted.
    """

    hosts: Sequence[str] = ()
    local: int = 0
    bind: str = "127.0.0.1"
    port: int = 0
    python: str = "python3"
    ssh: str = "ssh -o BatchMode=yes"
    certificates: Certificates | None = None

    def check(self) -> None:
        """Check in advance what would fail later.

        :raises RequestError: if the cluster cannot be started like this.
        """
        if bool(self.hosts) == bool(self.local):
            raise RequestError(
                "give --hosts A,B,C to start workers there by ssh, or --local N to try it here"
            )
        if self.hosts and self.bind in ("127.0.0.1", "::1", "localhost"):
            raise RequestError("--hosts: give --bind ADDRESS, at which the hosts reach this machine")
        if len(set(self.hosts)) < len(self.hosts):
            raise RequestError("--hosts: a host is named twice, but only one task at a time measures on each")
        if self.hosts and self.certificates is None:
            raise RequestError(
                "--hosts: whoever reaches a cluster can run anything on its machines, so its links need "
                "certificates: 'tlsbench fleet certs' makes them"
            )


class _Kept(Process):
    """The parent's end of a part of a cluster."""

    def __init__(
        self, what: str, order: str, interpreter: Interpreter = HERE, under: Sequence[str] = ()
    ) -> None:
        super().__init__(_MODULE, order, interpreter=interpreter, under=under)
        self.what = what

    def close(self) -> None:
        """End it gracefully, and kill it if that takes too long."""
        self.end_of_input()
        self.wait(10.0)
        self.has_ended = True
        super().close()

    def why(self) -> str:
        """How it ended; ``""`` if it has not."""
        words = ""
        for message in self.messages():
            words = f"exit code {message['code']}: {message['words']}" if "done" in message else words
        return f"{self.what}: {words or self.lost}" if self.has_ended else ""


@dataclass(slots=True)
class Started:
    """A running cluster.

    :param address: the scheduler's.
    :param parts: the scheduler, and the workers behind it.
    """

    address: str
    parts: Sequence[_Kept]

    def lost(self, patience_s: float) -> list[str]:
        """The parts that end within a time, and how: one line each."""
        living = [one for one in self.parts if not one.has_ended]
        if not living:
            return []
        return [why for one in readable(living, patience_s) if (why := one.why())]


@contextmanager
def started(request: StartRequest, note: Callable[[str], None] = lambda _line: None) -> Iterator[Started]:
    """A cluster that runs until the end of the block and leaves nothing behind, here or elsewhere.

    :param note: called with a line about the scheduler, once it is up.
    :raises RequestError: if the cluster cannot be started like this.
    :raises MeasurementError: if the scheduler does not come up, or a worker cannot be started.
    """
    request.check()
    protocol = "tls" if request.certificates else "tcp"
    with ExitStack() as stack:
        options = ["--host", request.bind, "--port", str(request.port), "--protocol", protocol]
        options += ["--no-show", *_NO_PAGES, "--scheduler-file", "{folder}/scheduler.json"]
        scheduler = stack.enter_context(
            closing(_Kept("the scheduler", _order("scheduler", options, request)))
        )
        address = _address(scheduler)
        note(f"scheduler at {address}")
        parts = [scheduler]
        for name in request.hosts or [f"local-{number + 1}" for number in range(request.local)]:
            order = _order("worker", [address, "--name", name, *_WORKER, "--protocol", protocol], request)
            remote = Interpreter(request.python) if request.hosts else HERE
            under = (*shlex.split(request.ssh), name) if request.hosts else ()
            parts.append(stack.enter_context(closing(_Kept(name, order, remote, under))))
        yield Started(address, parts)


#: No dashboard, as anybody could read it; what remains of Dask's web server listens to this host only.
_NO_PAGES: Final = ("--no-dashboard", "--dashboard-address", "127.0.0.1:0")
_WORKER: Final = (
    "--nthreads", "1", "--nworkers", "1", "--no-nanny", *_NO_PAGES, "--memory-limit", "0",
    "--resources", f"{RESOURCE}=1", "--local-directory", "{folder}",
)  # fmt: skip


def _order(command: str, options: Sequence[str], request: StartRequest) -> str:
    certificates, files = request.certificates, {}
    if certificates is not None:
        files = dict(certificates.texts(command))
        own = "{folder}/" + certificates.of(command).name
        options = [*options, "--tls-ca-file", "{folder}/" + certificates.root.name]
        options += ["--tls-cert", own, "--tls-key", own]
    return json.dumps({"command": command, "options": list(options), "files": files})


def _address(scheduler: _Kept) -> str:
    try:
        message = scheduler.answer(_UP_SECONDS)
    except MeasurementError as error:
        raise MeasurementError(f"the scheduler did not start: it {error}") from None
    if "address" not in message:
        raise MeasurementError(f"the scheduler did not start: {message['words']}")
    return str(message["address"])


def wait_for_workers(
    found: Started, count: Callable[[], int], stop_asked: Callable[[], bool] = lambda: False
) -> int:
    """Wait until all workers of a cluster are there, or a stop is requested; return how many are.

    :param count: returns how many are there now.
    :raises MeasurementError: if one does not come up.
    """
    wanted = len(found.parts) - 1
    deadline = time.monotonic() + _UP_SECONDS
    while (there := count()) < wanted and not stop_asked():
        if lost := found.lost(_LOOK_SECONDS):
            raise MeasurementError(f"{lost[0]}")
        if time.monotonic() > deadline:
            raise MeasurementError(f"{there} of {wanted} workers came up within {_UP_SECONDS:g} s")
    return there
