"""Machines of a fleet as network namespaces of this one, and another for the server and the scheduler.

Each machine has a link (veth) to that other namespace, whose address they all load. It needs root.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

_PATIENCE_SECONDS = 60.0


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def why_not() -> str:
    """Why there can be no namespaces here; "" if there can."""
    if os.geteuid() != 0:
        return "network namespaces take root"
    name = f"tlsb{secrets.token_hex(3)}"
    try:
        ip("netns", "add", name)
        ip("-n", name, "link", "set", "lo", "up")
    except (OSError, subprocess.CalledProcessError) as error:
        return f"no network namespaces here: {getattr(error, 'stderr', '') or error}"
    finally:
        with contextlib.suppress(OSError):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
    return ""


class Machines:
    """Namespaces, and the processes in them."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        self.tag = secrets.token_hex(3)
        # Several sets may exist on one host at once. Machine i is NET.i.2, whoever makes requests is NET.0.2.
        self.net = f"10.{secrets.choice(range(64, 128))}"
        #: The address of the server and the scheduler.
        self.address = f"{self.net}.255.1"
        self.hub = f"tlsb{self.tag}h"
        self.names = [f"tlsb{self.tag}m{number}" for number in range(1, count + 1)]
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        try:
            self._make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _make(self) -> None:
        ip("netns", "add", self.hub)
        ip("-n", self.hub, "link", "set", "lo", "up")
        ip("-n", self.hub, "addr", "add", f"{self.address}/32", "dev", "lo")
        ip("link", "add", f"t{self.tag}0", "type", "veth", "peer", "name", "v0", "netns", self.hub)
        ip("addr", "add", f"{self.net}.0.2/24", "dev", f"t{self.tag}0")
        ip("link", "set", f"t{self.tag}0", "up")
        ip("-n", self.hub, "addr", "add", f"{self.net}.0.1/24", "dev", "v0")
        ip("-n", self.hub, "link", "set", "v0", "up")
        ip("route", "add", f"{self.address}/32", "via", f"{self.net}.0.1")
        for number, name in enumerate(self.names, start=1):
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
            link = ("link", "add", f"v{number}", "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("-n", self.hub, *link)
            ip("-n", self.hub, "addr", "add", f"{self.net}.{number}.1/24", "dev", f"v{number}")
            ip("-n", self.hub, "link", "set", f"v{number}", "up")
            ip("-n", name, "addr", "add", f"{self.net}.{number}.2/24", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "route", "add", "default", "via", f"{self.net}.{number}.1")

    def __exit__(self, *_: object) -> None:
        for process in self._running:
            if process.poll() is None:
                process.kill()
            process.wait()
        for name in (*self.names, self.hub):
            for pid in self.pids(name):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
        subprocess.run(["ip", "link", "del", f"t{self.tag}0"], capture_output=True, check=False)

    def start(
        self, namespace: str, command: Sequence[str], log: str, **environment: str
    ) -> subprocess.Popen[bytes]:
        """Run a command in a namespace; its output goes to a file in the folder."""
        with (self.folder / log).open("ab") as file:
            process = subprocess.Popen(
                ["ip", "netns", "exec", namespace, *command],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env={**os.environ, **environment},
            )
        self._running.append(process)
        return process

    def pids(self, namespace: str) -> set[int]:
        """The processes in a namespace."""
        found = subprocess.run(
            ["ip", "netns", "pids", namespace], capture_output=True, text=True, check=False
        )
        return {int(word) for word in found.stdout.split()}

    def scheduler(self, port: int, *options: str) -> subprocess.Popen[bytes]:
        """Start a scheduler and return once it listens."""
        words = ["--host", self.address, "--port", str(port), "--no-dashboard", "--no-show", *options]
        command = [sys.executable, "-m", "distributed.cli.dask_scheduler", *words]
        process = self.start(self.hub, command, "scheduler.log")
        await_listener(self.address, port, process)
        return process

    def worker(
        self, number: int, port: int, *options: str, under: Sequence[str] = (), **environment: str
    ) -> subprocess.Popen[bytes]:
        """Start a worker on a machine; its name is m and the machine's number."""
        words = ["--name", f"m{number}", "--nthreads", "1", "--nworkers", "1", "--no-nanny", "--no-dashboard"]
        words += ["--memory-limit", "0", "--resources", "tlsbench=1", "--local-directory", str(self.folder)]
        command = [
            *under,
            sys.executable,
            "-m",
            "distributed.cli.dask_worker",
            f"tcp://{self.address}:{port}",
        ]
        return self.start(
            self.names[number - 1], [*command, *words, *options], f"m{number}.log", **environment
        )


def await_listener(address: str, port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until something listens on a port of the server's namespace."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection((address, port), 1.0):
            return
        time.sleep(0.05)
    raise RuntimeError(f"nobody listens at {address}:{port}, exit code {process.poll()}")


@contextlib.contextmanager
def machines(folder: Path, count: int) -> Iterator[Machines]:
    """That many machines, until the end of the block."""
    with Machines(folder, count) as made:
        yield made
