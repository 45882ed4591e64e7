"""HTTP/2 and HTTP/3 between a load, our server, and programs by others."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import Answer, find
from tests.integration.test_load import Nginx, nginx, plan_of  # noqa: F401 - a fixture
from tests.integration.test_programs import free_port, running

from tlsbench import pki
from tlsbench.loading import LoadPlan, Target, run_load
from tlsbench.loading.tally import QUIC_RTT, SUCCESS
from tlsbench.pki import spki_pin
from tlsbench.pki.keys import to_pem
from tlsbench.scenarios import Scenario
from tlsbench.serving import ServerPlan, Serving

pytestmark = [pytest.mark.integration, pytest.mark.slow]
Ask = Callable[..., Answer]
Find = Callable[[str], tuple[Scenario, ...]]
PEERS = pki.peers("ecdsa-secp256r1", 1)
_CADDY = """
{{
  admin off
  auto_https off
  default_sni localhost
  skip_install_trust
  log {{
    output stderr
  }}
}}
https://localhost:{port} {{
  tls {folder}/chain.pem {folder}/key.pem
  log {{
    output file {folder}/access.log
  }}
  respond /missing 404
  respond "hello
"
}}
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "chain.pem").write_bytes(PEERS.server.chain_pem)
    (tmp_path / "key.pem").write_bytes(to_pem(PEERS.server.private_key))
    (tmp_path / "root.pem").write_bytes(PEERS.root.certificate_pem)
    return tmp_path


@pytest.fixture
def caddy(files: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setenv("HOME", str(files))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(files))
    port = free_port()
    (files / "Caddyfile").write_text(_CADDY.format(port=port, folder=files))
    command = [find("caddy"), "run", "--adapter", "caddyfile", "--config", str(files / "Caddyfile")]
    with running(command, port, files):
        yield port


def load(port: int, folder: Path, **change: Any) -> Any:
    given = {"connections": 3, "duration_s": 1.0, "warm_up_s": 0.0, "requests": 40, "streams": 20}
    plan = LoadPlan(
        target=Target("127.0.0.1", port),
        server_name="localhost",
        **{"root": str(folder / "root.pem"), **given, **change},
    )
    plan.check(unbounded=False)
    return run_load(plan).tally


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_nginx_agrees_on_the_requests_of_http_2(version: str, nginx: Nginx) -> None:  # noqa: F811 - the fixture
    nginx.stop()
    nginx.configure("keepalive_requests 1000000;", listen="ssl http2")
    nginx.start()
    tally = run_load(plan_of(nginx, version=version, http="2", requests=50, streams=20, resume=0.5)).tally
    assert set(tally.outcomes) == {SUCCESS}
    assert dict(tally.protocols) == {"h2": tally.handshakes}
    assert tally.resumed > 0
    assert tally.requests == 50 * tally.begun
    nginx.stop()  # it flushes the log
    lines = nginx.log()
    nginx.start()
    assert len(lines) == tally.requests


def test_nginx_ends_a_connection_after_so_many_requests(nginx: Nginx) -> None:  # noqa: F811 - the fixture
    """It announces this with GOAWAY, and the load reports that the server did it."""
    nginx.stop()
    nginx.configure("keepalive_requests 10;", listen="ssl http2")
    nginx.start()
    tally = run_load(plan_of(nginx, http="2", requests=50, streams=5)).tally
    assert all("GOAWAY" in kind for kind in tally.outcomes), tally.outcomes
    assert tally.requests >= 5 * tally.begun


def test_nginx_without_http_2_is_said_not_to_speak_it(nginx: Nginx) -> None:  # noqa: F811 - the fixture
    only = run_load(plan_of(nginx, http="2")).tally
    either = run_load(plan_of(nginx, http="auto")).tally
    (kind,) = only.outcomes
    assert kind.startswith("handshake: the server does not speak HTTP/2: ")
    assert set(either.outcomes) == {SUCCESS}
    assert set(either.protocols) == {"http/1.1"}


@pytest.mark.parametrize("http", ["1.1", "2", "3"])
def test_caddy_is_loaded_by_each_version(http: str, caddy: int, files: Path) -> None:
    tally = load(caddy, files, http=http)
    assert set(tally.outcomes) == {SUCCESS}
    assert set(tally.protocols) == {{"1.1": "http/1.1", "2": "h2", "3": "h3"}[http]}
    assert tally.requests == 40 * tally.begun
    assert tally.unconfirmed == 0
    said = (files / "access.log").read_text()
    assert said.count(f'"proto":"HTTP/{http if http == "1.1" else http + ".0"}"') == tally.requests
    missing = load(caddy, files, http=http, path="/missing", requests=1)
    assert all(kind.endswith(": HTTP status 404") for kind in missing.outcomes)


def test_caddy_resumes_over_quic_and_takes_early_data(caddy: int, files: Path) -> None:
    tally = load(caddy, files, http="3", resume=1.0, requests=2)
    assert set(tally.outcomes) == {SUCCESS}
    assert tally.resumed > 0.5 * tally.handshakes
    assert tally.times[QUIC_RTT].get_total_count() == tally.handshakes


@pytest.fixture
def serving(scenarios_of: Find) -> Callable[..., Serving]:
    def make(http: str = "auto") -> Serving:
        (scenario,) = scenarios_of("version=1.3 group=x25519")
        return Serving(ServerPlan(scenario=scenario.id, peers=pki.peers_for(scenario).to_pem(), http=http))

    return make


def test_h2load_is_answered(serving: Callable[..., Serving], ask: Ask) -> None:
    with serving() as server:
        url = f"https://127.0.0.1:{server.port}/bytes/1000"
        two = ask("h2load", "-n", 300, "-c", 3, "-m", 50, url)
        one = ask("h2load", "--h1", "-n", 30, "-c", 3, url)
    assert "Application protocol: h2" in two.text
    assert "status codes: 300 2xx, 0 3xx, 0 4xx, 0 5xx" in two.text
    assert "Application protocol: http/1.1" in one.text
    assert "status codes: 30 2xx, 0 3xx, 0 4xx, 0 5xx" in one.text
    seen = server.tally()
    assert seen.protocols == {"h2": 3, "http/1.1": 3}
    assert seen.requests == 330
    assert not seen.failures


@pytest.mark.parametrize(("option", "version"), [("--http2", "2"), ("--http1.1", "1.1")])
def test_curl_is_answered(
    option: str, version: str, serving: Callable[..., Serving], ask: Ask, files: Path
) -> None:
    with serving() as server:
        url = f"https://localhost:{server.port}/bytes/3000000"
        out = files / "body"
        answer = ask(
            "curl", "-sS", option, "--cacert", files / "root.pem", "-o", out, "-w", "%{http_version}", url
        )
    assert answer.text == version
    assert out.stat().st_size == 3_000_000


@pytest.mark.parametrize(("http", "hop"), [("auto", "h2"), ("3", "h3")])
def test_chromium_is_answered(http: str, hop: str, serving: Callable[..., Serving]) -> None:
    if shutil.which("chromium") is None:
        assert not os.environ.get("CI"), "chromium is missing: apt-get install chromium"
        pytest.skip("chromium is missing: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with serving(http) as server, sync_playwright() as driver:
        pin = spki_pin(PEERS.server.leaf)
        here = "--host-resolver-rules=MAP localhost 127.0.0.1"  # nothing serves on ::1
        arguments = ["--no-sandbox", here, f"--ignore-certificate-errors-spki-list={pin}"]
        if http == "3":
            arguments.append(f"--origin-to-force-quic-on=localhost:{server.port}")
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        page = browser.new_page()
        answer = page.goto(f"https://localhost:{server.port}/")
        spoken = page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol")
        body = answer.text() if answer is not None else ""
        browser.close()
    assert spoken == hop
    assert body == "This is TLS.\n"


def test_a_line_that_loses_packets_is_counted_by_quic(serving: Callable[..., Serving], files: Path) -> None:
    if os.geteuid() or not Path("/dev/net/tun").exists():
        pytest.skip("a line takes root and TUN devices")
    with serving("3") as server:
        tally = load(server.port, files, http="3", via="rtt=10ms,loss=5%", root="", requests=20)
    assert tally.requests > 0
    assert tally.quic_lost >= tally.quic_losing > 0
    assert tally.times[QUIC_RTT].get_value_at_percentile(50) > 8e6
