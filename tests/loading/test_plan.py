from __future__ import annotations

import json
import os
import socket
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsbench.cli.app import run as tlsbench
from tlsbench.errors import RequestError
from tlsbench.loading import LoadPlan, Target

HERE = Target("127.0.0.1", 8443)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("localhost:443", Target("localhost", 443)),
        ("127.0.0.1:8443", HERE),
        ("[::1]:8443", Target("::1", 8443)),
    ],
)
def test_a_target_is_a_host_and_a_port(text: str, target: Target) -> None:
    assert Target.parse(text) == target
    assert str(target) == text
    assert target.is_loopback


@pytest.mark.parametrize(
    "text", ["", "localhost", "localhost:", ":443", "localhost:0", "localhost:65536", "a:b:1"]
)
def test_what_names_no_target_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match="is not a target: write HOST:PORT"):
        Target.parse(text)


@given(st.ip_addresses())
def test_only_addresses_of_loopback_are_loopback(address: Any) -> None:
    assert Target(str(address), 443).is_loopback is address.is_loopback


@settings(max_examples=int(os.environ.get("TLSBENCH_FUZZ", "100")), deadline=None)
@given(
    st.one_of(
        st.text(max_size=40),
        st.builds("{}:{}".format, st.text(max_size=80), st.integers(-1, 70_000)),
        st.from_regex(r"(\[[0-9a-fA-F:.%]{0,45}\]|[a-zA-Z0-9.-]{0,70}):[0-9]{0,6}", fullmatch=True),
        st.text(max_size=20).map("unix:{}".format),
    )
)
def test_whatever_is_written_is_a_target_that_is_written_back_or_is_refused(text: str) -> None:
    try:
        target = Target.parse(text)
    except RequestError as error:
        assert str(error)
    else:
        assert Target.parse(str(target)) == target
        assert target.is_unix or 0 < target.port < 65536
        assert target.name


@pytest.fixture
def no_packet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail if a name is looked up or a socket is made."""

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("something was about to be sent")

    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    monkeypatch.setattr(socket, "socket", forbidden)


@pytest.mark.parametrize(
    "target", ["192.0.2.1:443", "example.com:443", "localhost.example:443", "[2001:db8::1]:443"]
)
def test_a_target_that_is_not_loopback_is_refused_before_any_packet(
    target: str, no_packet: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tlsbench(["load", target]) == 2
    assert f"{target} is not loopback: add --i-may-load-this-target" in capsys.readouterr().err


def test_who_may_load_a_target_says_so() -> None:
    replace(LoadPlan(target=HERE), target=Target("192.0.2.1", 443)).check(unbounded=True)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"connections": 0}, "--connections 0: it must be from 1 to"),
        ({"rate_per_s": -1.0}, "--rate -1: it must be from 0"),
        ({"rate_per_s": 1e9}, "--rate 1e.09: it must be from 0"),
        ({"duration_s": 1e6}, "--duration 1e.06: it must be from"),
        ({"warm_up_s": 1.0, "ramp_up_s": 2.0}, "--ramp-up 2: it must be from 0 to 1"),
        ({"resume": 1.5}, "--resume 1.5: it must be from 0 to 1"),
        ({"hold": True, "rate_per_s": 10.0}, "give --connections, not --rate"),
        ({"workers": 11}, "--processes 11: there are only 10 connections to share"),
    ],
)
def test_a_load_that_cannot_be_is_refused_in_one_line(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(RequestError, match=problem):
        replace(LoadPlan(target=HERE), **change).check(unbounded=True)


def test_a_plan_comes_back_from_its_line() -> None:
    plan = LoadPlan(target=HERE, rate_per_s=12.5, resume=0.7, hold=False, version="1.3")
    assert LoadPlan.from_json(plan.to_json()) == plan
    assert "\n" not in plan.to_json()


@given(st.integers(1, 500), st.integers(1, 16), st.floats(0, 1000))
def test_the_shares_of_the_workers_are_the_whole(connections: int, workers: int, rate: float) -> None:
    plan = LoadPlan(target=HERE, connections=connections, workers=workers, rate_per_s=rate)
    shares = [plan.share(worker) for worker in range(workers)]
    assert sum(share.connections for share in shares) == connections
    assert max(share.connections for share in shares) - min(share.connections for share in shares) <= 1
    assert sum(share.rate_per_s for share in shares) == pytest.approx(rate)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["127.0.0.1:1", "key=rsa-2048"], "a load has no axis 'key'"),
        (["127.0.0.1:1", "version=1.2,1.3"], "version has 2 values: a load takes one"),
        (["127.0.0.1:1", "--root", "/no/such.pem"], "--root /no/such.pem: there is no such file"),
        (["127.0.0.1:1", "--path", "x"], "it must begin with a slash"),
        (["127.0.0.1:1", "--hgrm", "/no/such"], "there is no such folder"),
        (["127.0.0.1:1", "--duration", "soon"], "'soon' is not a time"),
        (["127.0.0.1:1", "--via", "50ms"], "--via: '50ms' is not a condition: write rtt=50ms"),
        (
            ["unix:/run/tls.sock", "--via", "rtt=50ms"],
            "--via simulates a line for TCP, which unix:PATH is not",
        ),
    ],
)
def test_a_wrong_request_is_one_line(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tlsbench(["load", *arguments]) == 2
    assert problem in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"pool": 2}, "--pool is for requests"),
        ({"pool": 2, "requests": 1, "hold": True}, "--pool is for requests"),
        ({"pool_idle_s": 1.0}, "are limits of a pool: give --pool N"),
        ({"pool": 1, "requests": 1, "workers": 2}, "there are only 1 connections of the pool to share"),
        ({"early_data": True, "requests": 1}, "give --resume and --requests"),
        ({"early_data": True, "requests": 1, "resume": 1.0, "version": "1.2"}, "TLS 1.2 has none"),
    ],
)
def test_what_cannot_go_together_is_refused(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(RequestError, match=problem):
        LoadPlan(target=HERE, **change).check(unbounded=False)


def test_a_socket_in_the_file_system_is_this_machine() -> None:
    target = Target.parse("unix:/run/tls.sock")
    assert target.is_loopback
    assert str(target) == "unix:/run/tls.sock"
    assert LoadPlan(target=target).name == "localhost"
    with pytest.raises(RequestError, match="is not a target"):
        Target.parse("unix:")


def test_a_pool_is_shared_like_the_connections() -> None:
    plan = LoadPlan(target=HERE, connections=10, pool=5, requests=1, workers=2)
    assert [plan.share(worker).pool for worker in range(2)] == [3, 2]


OTHER, LOCAL = Target("127.0.0.1", 8444), Target("localhost", 8445)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"others": (OTHER, HERE)}, "127.0.0.1:8443 is given twice: name each backend once"),
        ({"others": (Target("192.0.2.1", 443),)}, "192.0.2.1:443 is not loopback"),
        ({"others": (OTHER,), "spread": "random"}, "unknown spread 'random'"),
        ({"others": (OTHER,), "when_down": "wait"}, "unknown value of --when-down 'wait'"),
        ({"clients": 5}, "--clients keep sessions to resume: give --resume"),
        ({"clients": -1, "resume": 1.0}, "--clients -1: it must be from 0"),
        (
            {"others": (LOCAL,), "clients": 5, "resume": 1.0},
            r"these are 2 servers by name \(127.0.0.1, localhost\): give --server-name",
        ),
        ({"clients": 2, "resume": 1.0, "workers": 3}, "--processes 3: there are only 2 clients to share"),
        (
            {"vias": {"127.0.0.1:9": "rtt=5ms"}},
            "--via 127.0.0.1:9,rtt=5ms: 127.0.0.1:9 is not one of the targets",
        ),
        ({"others": (Target("unix:/x"),), "via": "rtt=5ms"}, "unix:PATH is not"),
        ({"others": (Target("unix:/x"),), "vias": {"unix:/x": "rtt=5ms"}}, "unix:PATH is not"),
        ({"others": (Target("unix:/x"),), "http": "3"}, "--http 3 runs over UDP, which unix:PATH is not"),
        ({"others": tuple(Target("127.0.0.1", port) for port in range(1, 300))}, "takes at most 256"),
    ],
)
def test_backends_that_cannot_be_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        LoadPlan(**{"target": HERE, **change}).check(unbounded=False)


def test_clients_of_one_server_name_may_take_their_sessions_anywhere() -> None:
    plan = LoadPlan(target=HERE, others=(LOCAL,), clients=5, resume=1.0, server_name="localhost")
    plan.check(unbounded=False)


def test_a_plan_of_several_backends_crosses_to_a_worker() -> None:
    plan = LoadPlan(
        target=HERE,
        others=(OTHER,),
        spread="least-open",
        when_down="move",
        clients=3,
        resume=1.0,
        vias={str(OTHER): "rtt=5ms"},
        addresses={"127.0.0.1": "127.0.0.1"},
    )
    assert LoadPlan.from_json(plan.to_json()) == plan


def test_a_plan_of_one_target_is_written_as_it_was_before_there_were_several() -> None:
    members = json.loads(LoadPlan(target=HERE).to_json())
    assert not members.keys() & {"others", "spread", "when_down", "clients", "vias", "addresses"}
    assert members["target"] == {"host": "127.0.0.1", "port": 8443}


def test_each_backend_has_its_own_line_or_that_of_all() -> None:
    plan = LoadPlan(target=HERE, others=(OTHER,), via="rtt=5ms", vias={str(OTHER): "rtt=50ms"})
    assert plan.lines == {HERE: "rtt=5ms", OTHER: "rtt=50ms"}
    assert plan.line == "127.0.0.1:8443: rtt=5ms; 127.0.0.1:8444: rtt=50ms"
    assert replace(plan, vias={}).line == "rtt=5ms"
    assert replace(plan, via="").line == "127.0.0.1:8444: rtt=50ms"
    assert replace(plan, via="", vias={}).line == ""
