"""A load of nginx: its own log agrees with the counts, and it may die and come back."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import find

from tlsbench import pki
from tlsbench.loading import LoadPlan, LoadTally, Target, run_load
from tlsbench.loading.tally import SUCCESS
from tlsbench.pki.keys import to_pem

pytestmark = [pytest.mark.integration, pytest.mark.slow]
PEERS = pki.peers("ecdsa-secp256r1", 1)
_CONFIGURATION = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  log_format tls '$ssl_protocol $ssl_cipher $ssl_curve $ssl_session_reused '
                 '$connection_requests $ssl_early_data';
  access_log {folder}/access.log tls;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} {listen};
    ssl_certificate {folder}/chain.pem; ssl_certificate_key {folder}/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache off;
    ssl_early_data on; {options}
    location / {{ return 200 "hello\\n"; }}
  }}
}}
"""


@dataclass
class Nginx:
    """An nginx that can be killed and restarted."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def configure(self, options: str = "keepalive_requests 100000;", listen: str = "ssl") -> None:
        text = _CONFIGURATION.format(folder=self.folder, port=self.port, options=options, listen=listen)
        (self.folder / "nginx.conf").write_text(text)

    def start(self) -> None:
        command = [
            find("nginx"),
            "-e",
            "stderr",
            "-p",
            str(self.folder),
            "-c",
            str(self.folder / "nginx.conf"),
        ]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.02)
        raise AssertionError("nginx does not listen")

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(10)

    def log(self) -> list[list[str]]:
        return [line.split() for line in (self.folder / "access.log").read_text().splitlines()]


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Nginx]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    identity = PEERS.server
    (tmp_path / "chain.pem").write_bytes(identity.chain_pem)
    (tmp_path / "key.pem").write_bytes(to_pem(identity.private_key))
    tmp_path.chmod(0o755)
    one = Nginx(tmp_path, port)
    one.configure()
    one.start()
    yield one
    one.stop()


def plan_of(server: Nginx | int, **change: Any) -> LoadPlan:
    settings = {"connections": 8, "duration_s": 1.0, "warm_up_s": 0.0, "requests": 1, **change}
    port = server if isinstance(server, int) else server.port
    plan = LoadPlan(target=Target("127.0.0.1", port), **settings)
    plan.check(unbounded=False)
    return plan


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_the_server_s_own_log_agrees_with_what_is_counted(version: str, nginx: Nginx) -> None:
    load = run_load(plan_of(nginx, version=version, resume=0.6, requests=2, workers=2))
    assert set(load.tally.outcomes) == {SUCCESS}
    nginx.stop()  # it flushes the log
    lines = nginx.log()
    nginx.start()
    assert len(lines) == load.tally.requests
    seen = Counter("resumed" if reused == "r" else "full" for _, _, _, reused, nth, *_ in lines if nth == "2")
    told: Counter[str] = Counter()
    for what, count in load.tally.negotiated.items():
        told[what.rpartition(" ")[2]] += count
    assert seen == told
    assert {protocol for protocol, *_ in lines} == {f"TLSv{version}"}
    assert all(what.startswith(f"{version} ") for what in load.tally.negotiated)
    assert told["resumed"] / told.total() == pytest.approx(0.6, abs=0.1)


def test_nginx_agrees_on_what_came_as_early_data(nginx: Nginx) -> None:
    load = run_load(plan_of(nginx, version="1.3", resume=0.5, requests=2, early_data=True))
    tally = load.tally
    assert set(tally.outcomes) == {SUCCESS}
    assert tally.requests == 2 * tally.begun
    assert tally.early_data["accepted"] == tally.resumed > 10
    nginx.stop()
    lines = nginx.log()
    nginx.start()
    assert len(lines) == tally.requests
    # nginx logs 1 if the handshake is not complete when it writes the line: now and then, it is complete
    early = [nth for *_, nth, flag in (line for line in lines if len(line) == 6) if flag == "1"]
    assert set(early) == {"1"}
    assert 0.9 * tally.early_data["accepted"] < len(early) <= tally.early_data["accepted"]


@pytest.mark.parametrize("http", ["", "2"])
def test_early_data_that_is_rejected_is_sent_again(http: str, nginx: Nginx) -> None:
    """A server with a new ticket key does not recognise any of them."""
    nginx.stop()
    nginx.configure(listen="ssl http2" if http else "ssl")
    nginx.start()

    def restart(at: float, _tally: LoadTally) -> None:
        if at == 1.0:
            nginx.stop()
            nginx.start()

    plan = plan_of(
        nginx,
        version="1.3",
        resume=0.5,
        requests=1,
        early_data=True,
        duration_s=2.5,
        connections=8,
        http=http,
    )
    load = run_load(plan, restart)
    tally = load.tally
    assert tally.begun == tally.outcomes.total()
    assert tally.early_data["rejected"] > 0, tally
    assert tally.early_data["accepted"] > 10
    # What was answered before the server went away is a request, on a connection that failed.
    assert tally.outcomes[SUCCESS] <= tally.requests <= tally.begun


def test_nginx_agrees_on_how_many_connections_a_pool_opened(nginx: Nginx) -> None:
    load = run_load(plan_of(nginx, pool=3, connections=6, requests=1, pool_lifetime_s=0.4))
    assert set(load.tally.outcomes) == {SUCCESS}
    nginx.stop()
    lines = nginx.log()
    nginx.start()
    assert len(lines) == load.tally.requests == load.tally.begun
    assert sum(line[4] == "1" for line in lines) == load.tally.handshakes > 3


def test_a_server_that_is_killed_and_restarted_costs_what_it_was_asked_meanwhile(nginx: Nginx) -> None:
    def kill_and_restart(at: float, _tally: LoadTally) -> None:
        if at > 1:
            return
        assert nginx.process is not None
        workers = subprocess.run(
            ["pgrep", "-P", str(nginx.process.pid)], capture_output=True, text=True, check=True
        )
        nginx.process.kill()
        for worker in workers.stdout.split():
            subprocess.run(["kill", "-9", worker], check=True)
        nginx.process.wait(10)
        time.sleep(0.3)
        nginx.start()

    plan = plan_of(nginx, requests=20, duration_s=3.0, step_limit_s=1.0)
    load = run_load(plan, kill_and_restart)
    tally = load.tally
    assert tally.begun == tally.outcomes.total()
    assert tally.outcomes["connect: connection refused"] > 0
    assert tally.outcomes[SUCCESS] > 0
    assert sum(tally.failures.values()) < tally.begun


@pytest.fixture
def client_pem(tmp_path: Path) -> str:
    path = tmp_path / "client.pem"
    path.write_bytes(to_pem(PEERS.client.private_key) + PEERS.client.chain_pem)
    (tmp_path / "root.pem").write_bytes(PEERS.root.certificate_pem)
    return str(path)


@pytest.mark.parametrize(
    ("curve", "change", "share"),
    [
        ("auto", {}, 0),
        ("prime256v1", {}, 1),
        ("prime256v1", {"group": "secp256r1"}, 0),
    ],
)
def test_nginx_asks_to_retry_only_where_it_takes_no_group_of_ours(
    curve: str, change: dict[str, Any], share: int, nginx: Nginx
) -> None:
    nginx.stop()
    nginx.configure(f"ssl_ecdh_curve {curve}; keepalive_requests 100000;")
    nginx.start()
    tally = run_load(plan_of(nginx, **change)).tally
    assert set(tally.outcomes) == {SUCCESS}
    assert tally.hello_retry_requests == share * tally.handshakes
    assert tally.unconfirmed == 0


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_nginx_takes_handshakes_without_a_client_certificate_and_refuses_their_requests(
    version: str, nginx: Nginx, client_pem: str
) -> None:
    nginx.stop()
    nginx.configure(f"ssl_verify_client on; ssl_client_certificate {nginx.folder}/root.pem;")
    nginx.start()
    without = run_load(plan_of(nginx, version=version)).tally
    shown = run_load(plan_of(nginx, version=version, cert=client_pem)).tally
    assert set(without.outcomes) == {"request: HTTP status 400"}
    assert set(shown.outcomes) == {SUCCESS}


@contextlib.contextmanager
def s_server(folder: Path, *options: str) -> Iterator[int]:
    """An openssl s_server on its own port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    (folder / "server.pem").write_bytes(to_pem(PEERS.server.private_key) + PEERS.server.chain_pem)
    command = [
        find("openssl"),
        "s_server",
        "-accept",
        f"127.0.0.1:{port}",
        "-cert",
        str(folder / "server.pem"),
    ]
    with subprocess.Popen(
        [*command, "-quiet", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.02)
        yield port
        process.kill()


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_openssl_refuses_who_shows_no_certificate(version: str, tmp_path: Path, client_pem: str) -> None:
    with s_server(
        tmp_path, "-Verify", "1", "-verify_return_error", "-CAfile", str(tmp_path / "root.pem")
    ) as port:
        without = run_load(plan_of(port, version=version, requests=0, connections=1)).tally
        shown = run_load(plan_of(port, version=version, requests=0, connections=1, cert=client_pem)).tally
    assert without.handshakes == without.outcomes[SUCCESS] == 0
    assert without.outcomes.total() > 0
    assert set(shown.outcomes) == {SUCCESS}
    assert shown.unconfirmed == 0


def test_openssl_without_tickets_is_heard_at_the_end(tmp_path: Path) -> None:
    with s_server(tmp_path, "-num_tickets", "0") as port:
        tally = run_load(plan_of(port, version="1.3", requests=0, connections=1)).tally
    assert set(tally.outcomes) == {SUCCESS}
    assert tally.handshakes > 10


def test_why_openssl_s_tickets_bring_no_early_data_is_said(tmp_path: Path) -> None:
    early = {"version": "1.3", "resume": 1.0, "requests": 1, "early_data": True, "connections": 1}
    with s_server(tmp_path, "-www") as port:
        tally = run_load(plan_of(port, **early)).tally
    assert set(tally.outcomes) == {SUCCESS}
    assert tally.early_data["the server's tickets allow no early data"] > 0
    assert not tally.early_data["accepted"] + tally.early_data["rejected"]
