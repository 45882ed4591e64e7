"""Loads of HTTP/2 and HTTP/3 on our own servers: both sides count the same."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.loading.servers import Spoil, relay
from tests.loading.test_client import SPOILS

from tlsbench import pki
from tlsbench.cli.app import run as tlsbench
from tlsbench.errors import RequestError
from tlsbench.implementations.registry import implementations
from tlsbench.loading import Load, LoadPlan, Target, parse_threshold, run_load
from tlsbench.loading.engine import Engine
from tlsbench.loading.tally import QUIC_RTT, SUCCESS, TCP_RTT
from tlsbench.report.findings.loads import load_findings
from tlsbench.scenarios import Scenario
from tlsbench.serving import MODELS, ServerPlan, Serving
from tlsbench.session.serve import check_http3, served_http

pytestmark = pytest.mark.slow
Find = Callable[[str], tuple[Scenario, ...]]
PlanOf = Callable[..., ServerPlan]
PEERS = pki.peers("ecdsa-secp256r1", 1)
NAMES = {"1.1": "http/1.1", "2": "h2", "3": "h3"}


@pytest.fixture
def serving(scenarios_of: Find) -> Callable[..., Serving]:
    def make(http: str, selector: str = "version=1.3", **change: Any) -> Serving:
        (scenario,) = scenarios_of(selector)
        peers = pki.peers_for(scenario).to_pem()
        served = "3" if http == "3" else "auto"
        plan = ServerPlan(scenario=scenario.id, peers=peers, http=served, **change)
        plan.check()
        return Serving(plan)

    return make


def load_of(server: Serving, http: str, **change: Any) -> Load:
    given: dict[str, Any] = {"connections": 3, "duration_s": 0.5, "warm_up_s": 0.0, "step_limit_s": 4.0}
    given |= {"server_name": "localhost", **change}
    plan = LoadPlan(target=Target(*server.address), http=http, **given)
    plan.check(unbounded=False)
    load = run_load(plan)
    assert load.tally.begun == load.tally.outcomes.total() > 0
    return load


@pytest.mark.parametrize("http", ["1.1", "2", "3"])
def test_what_a_server_counts_is_what_its_clients_did(http: str, serving: Callable[..., Serving]) -> None:
    with serving(http) as server:
        tally = load_of(server, http, requests=25, path="/bytes/1000", size_bytes=1000).tally
    seen = server.tally()
    assert set(tally.outcomes) == {SUCCESS}
    assert seen.accepted == seen.ended == tally.begun == tally.handshakes
    assert seen.requests == tally.requests == 25 * tally.begun
    assert dict(seen.protocols) == dict(tally.protocols) == {NAMES[http]: tally.handshakes}
    assert tally.times["request"].get_total_count() == tally.times["first byte"].get_total_count()
    assert tally.times["request"].get_total_count() == tally.requests
    assert tally.times["handshake"].get_total_count() == tally.handshakes
    assert tally.bytes_received > 1000 * tally.requests
    assert not tally.unconfirmed
    assert not seen.failures
    path = tally.times[QUIC_RTT if http == "3" else TCP_RTT]
    assert path.get_total_count() == tally.handshakes


@pytest.mark.parametrize("model", MODELS)
def test_every_model_serves_http_2(model: str, serving: Callable[..., Serving]) -> None:
    with serving("2", model=model) as server:
        tally = load_of(server, "2", requests=30, streams=30, path="/bytes/100000", size_bytes=100_000).tally
    assert set(tally.outcomes) == {SUCCESS}
    assert tally.requests == 30 * tally.begun


@pytest.mark.parametrize("name", ["ssl", "utls", "rtls"])
def test_libraries_that_take_alpn_serve_http_2(name: str, serving: Callable[..., Serving]) -> None:
    if not hasattr(implementations()[name], "client_context"):
        pytest.skip(f"{name} is not installed")
    with serving("2", f"implementation={name} version=1.2") as server:
        tally = load_of(server, "2", requests=3, version="1.2").tally
    assert set(tally.outcomes) == {SUCCESS}
    assert set(tally.protocols) == {"h2"}


@pytest.mark.parametrize("http", ["2", "3"])
def test_the_share_that_is_wanted_resumes(http: str, serving: Callable[..., Serving]) -> None:
    with serving(http) as server:
        tally = load_of(server, http, requests=2, resume=0.5, duration_s=1.5, warm_up_s=0.3).tally
    assert set(tally.outcomes) == {SUCCESS}
    assert tally.resumed == tally.wanted_resumed > 0
    assert tally.resumed / tally.handshakes == pytest.approx(0.5, abs=0.15)
    seen = server.tally().negotiated
    assert sum(count for what, count in seen.items() if what.endswith(" resumed")) >= tally.resumed


@pytest.mark.parametrize("http", ["2", "3"])
def test_early_data_is_accepted_where_tickets_allow_it(http: str, serving: Callable[..., Serving]) -> None:
    with serving(http, "version=1.3 group=x25519 resumption=early-data") as server:
        load = load_of(server, http, requests=3, resume=1.0, early_data=True, version="1.3", duration_s=1.0)
    assert set(load.tally.outcomes) == {SUCCESS}
    assert load.tally.early_data["accepted"] > 0
    assert server.tally().early_data >= load.tally.early_data["accepted"]


@pytest.mark.parametrize("http", ["2", "3"])
def test_no_early_data_is_sent_where_tickets_do_not(http: str, serving: Callable[..., Serving]) -> None:
    with serving(http) as server:
        tally = load_of(server, http, requests=1, resume=1.0, early_data=True, version="1.3").tally
    assert set(tally.outcomes) == {SUCCESS}
    assert not tally.early_data["accepted"] + tally.early_data["rejected"]
    assert server.tally().early_data == 0


@pytest.mark.parametrize("http", ["2", "3"])
def test_a_pool_uses_connections_again(http: str, serving: Callable[..., Serving]) -> None:
    with serving(http) as server:
        tally = load_of(server, http, pool=2, connections=2, requests=5).tally
    assert set(tally.outcomes) == {SUCCESS}
    assert tally.handshakes == 2
    assert tally.reused == tally.begun - 2 > 0
    assert tally.requests == 5 * tally.begun


@pytest.mark.parametrize("requests", [0, 3])
@pytest.mark.parametrize("http", ["2", "3"])
def test_connections_are_held(http: str, requests: int, serving: Callable[..., Serving]) -> None:
    with serving(http) as server:
        tally = load_of(server, http, hold=True, connections=5, requests=requests).tally
    assert set(tally.outcomes) == {SUCCESS}
    assert tally.held == tally.handshakes == 5


@pytest.mark.parametrize("http", ["2", "3"])
def test_handshakes_alone_are_a_load_too(http: str, serving: Callable[..., Serving]) -> None:
    with serving(http) as server:
        tally = load_of(server, http).tally
    assert set(tally.outcomes) == {SUCCESS}
    assert tally.unconfirmed == tally.requests == 0
    assert tally.protocols[NAMES[http]] == tally.handshakes


@pytest.mark.parametrize("http", ["2", "3"])
def test_an_open_loop_begins_by_the_clock(http: str, serving: Callable[..., Serving]) -> None:
    with serving(http) as server:
        load = load_of(server, http, rate_per_s=20.0, connections=20, requests=2, duration_s=1.0)
    assert load.tally.begun == 20
    assert set(load.tally.outcomes) == {SUCCESS}
    assert parse_threshold("failed>50%").answer(load) == "pass"


@pytest.mark.parametrize("http", ["2", "3"])
def test_answers_of_another_size_or_status_fail_by_their_reason(
    http: str, serving: Callable[..., Serving]
) -> None:
    with serving(http) as server:
        size = load_of(server, http, requests=1, path="/bytes/10", size_bytes=11).tally
        missing = load_of(server, http, requests=1, path="/bytes/x").tally
    assert set(size.outcomes) == {"request: an answer of 10 bytes, not 11"}
    assert set(missing.outcomes) == {"first byte: HTTP status 404"}


def test_the_server_s_certificate_is_verified_over_quic(
    serving: Callable[..., Serving], tmp_path: Any
) -> None:
    (tmp_path / "right.pem").write_bytes(PEERS.root.certificate_pem)
    (tmp_path / "wrong.pem").write_bytes(pki.peers("rsa-2048", 1).root.certificate_pem)
    with serving("3") as server:
        right = load_of(server, "3", root=str(tmp_path / "right.pem")).tally
        wrong = load_of(server, "3", root=str(tmp_path / "wrong.pem")).tally
    assert set(right.outcomes) == {SUCCESS}
    assert wrong.handshakes == 0
    assert all(kind.startswith("handshake: TLS: alert ") for kind in wrong.outcomes), wrong.outcomes


def test_an_address_needs_no_name_over_quic(serving: Callable[..., Serving]) -> None:
    with serving("3") as server:
        tally = load_of(server, "3", requests=2, server_name="", resume=0.5, early_data=True).tally
    assert set(tally.outcomes) == {SUCCESS}
    assert tally.resumed > 0


def test_auto_takes_what_the_server_prefers(serving: Callable[..., Serving]) -> None:
    with serving("2") as server:
        assert set(load_of(server, "auto", requests=1).tally.protocols) == {"h2"}
    with serving("2", answer="echo") as server:
        assert set(load_of(server, "auto").tally.protocols) == {"none"}


def test_a_server_that_speaks_something_else_is_said_in_a_line(
    serving: Callable[..., Serving], capsys: pytest.CaptureFixture[str]
) -> None:
    with serving("2", answer="echo") as server:
        host, port = server.address
        for http, why in (
            ("2", "it chose no protocol by ALPN"),
            ("3", "nothing listens on that UDP port"),
        ):
            given = ["--http", http, "--duration", "200ms", "--warm-up", "0", "-q"]
            assert tlsbench(["load", f"{host}:{port}", *given]) == 3
            line = f"no connection succeeded: handshake: the server does not speak HTTP/{http}: {why}"
            assert line in " ".join(capsys.readouterr().err.split())


def test_findings_say_what_was_chosen_and_what_quic_lost(serving: Callable[..., Serving]) -> None:
    with serving("3") as server:
        load = load_of(server, "3", requests=2)
    said = "\n".join(load_findings(load))
    assert f"the server chose by ALPN: h3 in {load.tally.handshakes:,} handshakes" in said
    assert "QUIC: the client considered " in said


@pytest.mark.parametrize("spoil", SPOILS)
def test_whatever_happens_at_whatever_moment_of_http_2_is_counted(
    spoil: str, serving: Callable[..., Serving]
) -> None:
    """Within records and frames, between them, and after the handshake."""

    def at(moment: int) -> Spoil:
        def pass_on(sock: socket.socket, said: bytes, data: bytes) -> None:
            before = max(0, moment - len(said))
            sock.sendall(data[:before])
            if before < len(data):
                SPOILS[spoil](sock)
                raise OSError("enough")

        return pass_on

    with serving("2") as server:
        for moment in (5, 800, 1200, 1400, 1500, 1600, 2000, 5000):
            with relay(server.address, at(moment)) as address:
                plan = LoadPlan(
                    target=Target(*address), connections=2, duration_s=0.05, warm_up_s=0.0,
                    step_limit_s=0.3, requests=50, streams=5, http="2",
                )  # fmt: skip
                engine = Engine(plan)
                engine.run(time.monotonic_ns(), lambda _second: None)
            tally = engine.tally
            assert tally.begun == tally.outcomes.total() > 0
            faults = [kind for kind in tally.outcomes if "unexpected " in kind and kind.endswith("Error")]
            assert not faults, moment
            if moment < 2000:  # where fifty answers are not complete
                assert tally.outcomes[SUCCESS] == 0, moment


def test_connections_of_http_2_are_tapped_as_others_are(serving: Callable[..., Serving]) -> None:
    with serving("2") as server:
        tally = load_of(server, "2", requests=40, streams=20, captured=2, path="/bytes/50000").tally
    assert set(tally.outcomes) == {SUCCESS}
    assert tally.requests == 40 * tally.begun


def test_a_library_without_alpn_is_said_to_serve_http_1_1(scenarios_of: Find) -> None:
    for name, http in (("fake", "1.1"), ("pyopenssl", "auto")):
        (scenario,) = scenarios_of(f"implementation={name} version=1.3 group=secp256r1")
        assert served_http("auto", scenario, pki.peers_for(scenario)) == http
        assert served_http("3", scenario, pki.peers_for(scenario)) == "3"


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        ("implementation=ssl", "its axes are version, key, chain_length"),
        ("version=1.2", "only TLS 1.3"),
        ("key=ml-dsa-44", "does not sign with ml-dsa-44"),
    ],
)
def test_what_a_server_of_http_3_cannot_be_is_refused(selector: str, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        check_http3([selector])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"http": "4"}, "'4'"),
        ({"http": "3", "group": "x25519"}, "does not let the group be chosen"),
        ({"http": "3", "version": "1.2"}, "only TLS 1.3"),
        ({"http": "3", "captured": 1}, "not captured"),
        ({"http": "3", "target": Target("unix:/x")}, "over UDP"),
        ({"streams": 0}, "--streams 0: it must be from 1 to 10000"),
    ],
)
def test_what_a_load_cannot_be_is_refused(change: dict[str, Any], words: str) -> None:
    plan = LoadPlan(**{"target": Target("127.0.0.1", 1), **change})
    with pytest.raises(RequestError, match=words):
        plan.check(unbounded=False)


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tlsbench.loading.checking.find_spec", lambda _name: None)
    with pytest.raises(RequestError, match="--http 2 needs h2: pip install h2"):
        LoadPlan(target=Target("127.0.0.1", 1), http="2").check(unbounded=False)
