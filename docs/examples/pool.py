"""A pool of TLS servers behind a TCP load balancer: how many handshakes really resume.

    python pool.py haproxy
    python pool.py nginx --backends 4 --clients 100

Each server terminates TLS itself, and the balancer distributes connections in turn. A returning client
therefore reaches another server most of the time, which resumes its session only if it has the keys
of the server that issued the ticket. The pool is loaded twice: with separate ticket keys for each server, and
with shared keys. Without a balancer (``none``), tlsbench load spreads the connections itself.

Everything listens on sockets in a temporary folder, so that no port is taken.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

TLSBENCH = (sys.executable, "-m", "tlsbench")
PATIENCE_S = 120.0
NGINX = """\
load_module {module};
{user}
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 1024; }}
stream {{
  upstream pool {{ {servers} }}
  server {{ listen unix:{front}; proxy_pass pool; }}
}}
"""
HAPROXY = """\
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen pool
  bind unix@{front}
  balance roundrobin
{servers}
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Load the pool twice, and print the results."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("balancer", choices=["nginx", "haproxy", "none"])
    parser.add_argument("--backends", type=int, default=3)
    parser.add_argument("--clients", type=int, default=60)
    parser.add_argument("--duration", default="3s")
    parser.add_argument("--warm-up", default="2s", help="time for the first connection of each client")
    options = parser.parse_args(arguments)
    for shared in (False, True):
        with tempfile.TemporaryDirectory() as name, pool(Path(name), options, shared=shared) as targets:
            tally = load(Path(name), targets, options)
        handshakes = sum(tally["negotiated"].values())
        resumed = sum(count for what, count in tally["negotiated"].items() if what.endswith(" resumed"))
        keys = "shared ticket keys" if shared else "ticket keys of their own"
        share = 100 * resumed / handshakes
        print(f"{options.backends} backends, {keys}: {resumed:,} of {handshakes:,} resumed ({share:.1f} %)")


@contextlib.contextmanager
def pool(folder: Path, options: argparse.Namespace, *, shared: bool) -> Iterator[list[str]]:
    """The servers and their balancer, while they run; yields the targets to load."""
    with contextlib.ExitStack() as stack:
        backends = [folder / f"backend-{number}" for number in range(options.backends)]
        serve = (*TLSBENCH, "serve", "implementation=libssl", "version=1.3", "--processes", "1", "--quiet")
        keys = ("--ticket-keys", str(folder / "pool.keys")) if shared else ()
        starting = [
            stack.enter_context(running((*serve, *keys, "--bind", f"unix:{path}"), path)) for path in backends
        ]
        for wait in starting:
            wait()
        if options.balancer == "none":
            yield [f"unix:{path}" for path in backends]
            return
        front = folder / "front"
        stack.enter_context(running(balancer(options.balancer, folder, front, backends), front))()
        yield [f"unix:{front}"]


def balancer(name: str, folder: Path, front: Path, backends: Sequence[Path]) -> tuple[str, ...]:
    """Write the configuration of a balancer, and return its command."""
    path = folder / f"{name}.conf"
    program = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        sys.exit(f"there is no {name}: apt-get install {name}")
    if name == "haproxy":
        servers = "\n".join(f"  server {one.name} unix@{one}" for one in backends)
        path.write_text(HAPROXY.format(front=front, servers=servers))
        return (program, "-db", "-q", "-f", str(path))
    module = Path("/usr/lib/nginx/modules/ngx_stream_module.so")
    if not module.exists():
        sys.exit("nginx has no module for streams: apt-get install libnginx-mod-stream")
    servers = " ".join(f"server unix:{one};" for one in backends)
    user = "user root;" if os.geteuid() == 0 else ""  # otherwise its worker could not connect to the sockets
    path.write_text(NGINX.format(module=module, user=user, folder=folder, front=front, servers=servers))
    return (program, "-e", "stderr", "-p", str(folder), "-c", str(path))


@contextlib.contextmanager
def running(command: Sequence[str], listens_at: Path) -> Iterator[Callable[[], None]]:
    """A running program; yields a function that waits until it listens."""
    log = listens_at.with_suffix(".log")
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file)  # noqa: S603 - a command of this file

    def wait() -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not listens(listens_at):
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{' '.join(command)} does not listen:\n{log.read_text()}")
            time.sleep(0.05)

    try:
        yield wait
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def listens(path: Path) -> bool:
    """Whether something listens on that path."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(path))
        return True
    return False


def load(folder: Path, targets: Sequence[str], options: argparse.Namespace) -> dict[str, dict[str, int]]:
    """The outcomes of the connections of clients that return at random."""
    result = folder / "load.json"
    command = [*TLSBENCH, "load", *targets, "--resume", "1", "--clients", str(options.clients)]
    command += [
        "--duration",
        options.duration,
        "--warm-up",
        options.warm_up,
        "--quiet",
        "--json",
        str(result),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - as above
    if done.returncode:
        sys.exit(done.stderr)
    tally: dict[str, dict[str, int]] = json.loads(result.read_text())["tlsbench"]["load"]["tally"]
    return tally


if __name__ == "__main__":
    main()
