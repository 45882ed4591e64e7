"""HTTP requests per second of ``tlsbench load``, wrk, h2load and other clients: in turn, one process each.

    python benchmarks/http_requests.py [--http 1.1 2 3] [--rounds N] [--seconds S] [--write docs/load.md]

Each asks the same server for a small answer over ten persistent connections, with a hundred streams on each
if the protocol has them: nginx with one worker over HTTP/1.1 and HTTP/2, caddy over HTTP/3. In each round,
each client has one turn, in a different order each time. Comparisons are within rounds: a machine that
slows down slows all of them. A client's processor time per request shows which side was the limit.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Final

from tlsbench import pki
from tlsbench.loading import LoadPlan, Target, run_load
from tlsbench.loading.tally import SUCCESS
from tlsbench.pki.keys import to_pem

sys.path.insert(0, str(Path(__file__).parent))
import pages

_MARKERS: Final = ("<!-- HTTP requests -->", "<!-- end of HTTP requests -->")
_CONNECTIONS: Final = 10
_STREAMS: Final = 100
OURS: Final = "tlsbench load"
_SYSTEM: Final = f"{os.environ['PATH']}:/usr/sbin:/sbin"
_NGINX: Final = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl http2;
    ssl_certificate {folder}/chain.pem; ssl_certificate_key {folder}/key.pem;
    ssl_protocols TLSv1.3; http2_max_concurrent_streams 128;
    location / {{ return 200 "hello\\n"; }}
  }}
}}
"""
_CADDY: Final = """
{{
  admin off
  auto_https off
  default_sni localhost
  skip_install_trust
}}
https://localhost:{port} {{
  tls {folder}/chain.pem {folder}/key.pem
  respond "hello
"
}}
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a client achieved in its turn.

    :param requests_per_s: answers per second.
    :param cpu_us: the client's processor time per answer.
    """

    requests_per_s: float
    cpu_us: float


@dataclass(frozen=True, slots=True)
class Client:
    """A client, and the function that makes it take a turn of that many seconds at a port."""

    name: str
    take: Callable[[int, float], Turn]


def _by_program(
    command: Callable[[int, float], Sequence[str]], rate: re.Pattern[str]
) -> Callable[[int, float], Turn]:
    """A client that is a program and prints its rate."""

    def take(port: int, seconds: float) -> Turn:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command(port, seconds), capture_output=True, text=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        match = rate.search(done.stdout)
        if match is None:
            raise SystemExit(f"{command(port, seconds)[0]} says no rate:\n{done.stdout}{done.stderr}")
        per_s = float(match[1])
        cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Turn(per_s, 1e6 * cpu_s / (per_s * seconds))

    return take


def _ours(http: str) -> Callable[[int, float], Turn]:
    """Our own client: a pool of persistent connections, each used for several requests at a time."""
    requests = 100 if http == "3" else 1000

    def take(port: int, seconds: float) -> Turn:
        plan = LoadPlan(
            target=Target("127.0.0.1", port),
            server_name="localhost",
            connections=_CONNECTIONS,
            pool=_CONNECTIONS,
            requests=requests,
            streams=_STREAMS,
            http=http,
            duration_s=seconds,
            warm_up_s=0.0,  # what starts during it does not count, and a use may take long
        )
        load = run_load(plan)
        if set(load.tally.outcomes) != {SUCCESS}:
            raise SystemExit(f"{OURS} failed: {dict(load.tally.failures)}")
        return Turn(load.requests_per_s, 1e6 * load.tally.cpu_s / load.tally.requests)

    return take


_H2LOAD: Final = re.compile(r"finished in .*?, ([0-9.]+) req/s")
_WRK: Final = re.compile(r"Requests/sec:\s*([0-9.]+)")
_PLAIN: Final = re.compile(r"([0-9.]+) requests/s")


def _url(port: int) -> str:
    return f"https://127.0.0.1:{port}/"


def _wrk(port: int, seconds: float) -> Sequence[str]:
    return ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{seconds:g}s", _url(port)]


def _h2load(*options: str) -> Callable[[int, float], Sequence[str]]:
    return lambda port, seconds: [
        "h2load",
        "-t1",
        f"-c{_CONNECTIONS}",
        f"-D{seconds:g}",
        *options,
        _url(port),
    ]


def _other(name: str) -> Callable[[int, float], Sequence[str]]:
    """A client from PyPI, as a separate program."""
    client = str(Path(__file__).parent / "http3_clients.py")
    given = [f"--connections={_CONNECTIONS}", f"--streams={_STREAMS}"]
    return lambda port, seconds: [sys.executable, client, name, str(port), f"{seconds:g}", *given]


#: By version of HTTP: the server, and the available clients.
_CLIENTS: Final[Mapping[str, Sequence[tuple[Client, str]]]] = {
    "1.1": (
        (Client(OURS, _ours("1.1")), ""),
        (Client("wrk", _by_program(_wrk, _WRK)), "wrk"),
        (Client("h2load", _by_program(_h2load("--h1"), _H2LOAD)), "h2load"),
    ),
    "2": (
        (Client(OURS, _ours("2")), ""),
        (Client("h2load", _by_program(_h2load(f"-m{_STREAMS}"), _H2LOAD)), "h2load"),
    ),
    "3": (
        (Client(OURS, _ours("3")), ""),
        (Client("curl-cffi", _by_program(_other("curl_cffi"), _PLAIN)), "curl_cffi"),
        (Client("aioquic", _by_program(_other("aioquic"), _PLAIN)), "aioquic"),
    ),
}


@contextlib.contextmanager
def _server(http: str) -> Iterator[int]:
    """The server to load, on its own port."""
    kind = socket.SOCK_DGRAM if http == "3" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        identity = pki.peers("ecdsa-secp256r1", 1).server
        (folder / "chain.pem").write_bytes(identity.chain_pem)
        (folder / "key.pem").write_bytes(to_pem(identity.private_key))
        if http == "3":
            text, command = _CADDY, ["caddy", "run", "--adapter", "caddyfile", "--config"]
        else:
            text, command = _NGINX, ["nginx", "-e", "stderr", "-p", name, "-c"]
        path = program(command[0])
        if path is None:
            raise SystemExit(f"{command[0]} is missing: it is the server")
        configuration = folder / "configuration"
        configuration.write_text(text.format(folder=name, port=port))
        environment = {**os.environ, "HOME": name, "XDG_DATA_HOME": name}
        with subprocess.Popen(
            [path, *command[1:], str(configuration)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as server:
            try:
                _wait_for(port)
                yield port
            finally:
                server.terminate()


def _wait_for(port: int) -> None:
    until_s = time.monotonic() + 10
    while time.monotonic() < until_s:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit("the server does not listen")


def measured(http: str, rounds: int, seconds: float) -> Mapping[str, Sequence[Turn]]:
    """The turns of each available client, round by round."""
    clients = [client for client, needs in _CLIENTS[http] if _has(needs)]
    turns: dict[str, list[Turn]] = {client.name: [] for client in clients}
    order = random.Random(1)
    with _server(http) as port:
        for number in range(rounds):
            for client in order.sample(clients, len(clients)):
                turns[client.name].append(client.take(port, seconds))
            print(f"HTTP/{http}: round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    return turns


def program(name: str) -> str | None:
    """The path of a program or server; None if it is not installed."""
    return shutil.which(name, path=_SYSTEM)


def _has(needs: str) -> bool:
    return not needs or program(needs) is not None or find_spec(needs) is not None


def table(found: Mapping[str, Mapping[str, Sequence[Turn]]]) -> Iterator[str]:
    """The results as Markdown."""
    yield (
        "| | requests per second, median (smallest to largest) "
        "| tlsbench's rate over the other's | client's µs per request |"
    )
    yield "|---|---|---|---|"
    for http, turns in found.items():
        ours = turns[OURS]
        for name, theirs in turns.items():
            rates = [turn.requests_per_s for turn in theirs]
            shares = [
                one.requests_per_s / other.requests_per_s for one, other in zip(ours, theirs, strict=True)
            ]
            share = (
                f"{median(shares):.2f} ({min(shares):.2f} to {max(shares):.2f})" if theirs is not ours else ""
            )
            span = f"{median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f})"
            cpu_us = median(turn.cpu_us for turn in theirs)
            yield f"| HTTP/{http}, {_named(name)} | {span} | {share} | {cpu_us:.1f} |"


def _named(name: str) -> str:
    """The name of a client, with its version if a package has one."""
    if name in ("curl-cffi", "aioquic"):
        return f"{name} {version(name)}"
    return name


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the table into a page if one is named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--http", nargs="+", choices=list(_CLIENTS), default=list(_CLIENTS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--write", type=Path, help="a page with the markers of the table")
    given = parser.parse_args(arguments)
    found = {http: measured(http, given.rounds, given.seconds) for http in given.http}
    lines = [
        *table(found),
        "",
        f"({datetime.now(UTC):%Y-%m-%d}, {given.rounds} rounds of {given.seconds:g} s.)",
    ]
    print("\n".join(lines))
    if given.write is not None:
        pages.write("\n".join(["", *lines, ""]), given.write, _MARKERS)


if __name__ == "__main__":
    main()
