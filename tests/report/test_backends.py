"""A load of several backends, stored, read back, and reported."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from tests.results.documents import FOLDER

from tlsbench.api.rows import rows_of
from tlsbench.comparison import judge, recording_of
from tlsbench.errors import RequestError
from tlsbench.forwarding import Forwarded
from tlsbench.loading import BackendLoad, Load, LoadPlan, LoadTally, Target
from tlsbench.loading.seconds import Second
from tlsbench.loading.server_side import Spent
from tlsbench.loading.tally import SUCCESS, record_times, total
from tlsbench.report.exporters import export
from tlsbench.report.loads import report_of_load
from tlsbench.report.page.render import render
from tlsbench.report.page.sources import page_of, source_of
from tlsbench.results.load_json import load_to_json
from tlsbench.results.reader import parse, read_file

A, B, C = (Target("127.0.0.1", port) for port in (8443, 8444, 8445))
FULL, RESUMED = (f"1.3 TLS_AES_128_GCM_SHA256 x25519 {kind}" for kind in ("full", "resumed"))
MACHINE: dict[str, Any] = {"cpu": {}}


def backend(target: Target, successes: int, resumed: int = 0, *, seed: int = 1, **more: Any) -> BackendLoad:
    """A backend with that many successes; failures are passed as ``failures``."""
    failures = Counter(more.pop("failures", {}))
    draw = random.Random(seed)
    took = [int(draw.lognormvariate(14, 0.3)) for _ in range(successes)]
    tally = LoadTally(
        begun=successes + failures.total(),
        outcomes=Counter({SUCCESS: successes} if successes else {}) + failures,
        negotiated=+Counter({FULL: successes - resumed, RESUMED: resumed}),
    )
    for phase in ("connect", "handshake", "connection"):
        record_times(tally.times[phase], took)
    seconds = tuple(
        Second(float(at), successes // 4, 0, failures.total() // 2 if at > 2 else 0, 3) for at in range(1, 5)
    )
    return BackendLoad(target, tally, seconds=seconds, **more)


def load_of(*backends: BackendLoad, **plan: Any) -> Load:
    tally = total(one.tally for one in backends)
    tally.cpu_s = 1.5
    first, *others = (one.target for one in backends)
    return Load(
        LoadPlan(target=first, others=tuple(others), **plan),
        tally,
        elapsed_s=4.0,
        seconds=backends[0].seconds,
        backends=backends,
    )


@pytest.fixture
def load() -> Load:
    """Three backends, the last of which dies."""
    return load_of(
        backend(A, 400, 130, server=Spent("nginx", 0.5, 0.2, 4.0, 1)),
        backend(B, 380, 120, seed=2, forwarded=Forwarded(2_000, 3, 0.1, 0.2, 0.3)),
        backend(C, 90, 25, seed=3, failures={"connect: connection refused": 30}, downs=1, moved=250),
        when_down="move",
        resume=1.0,
        clients=50,
        vias={str(B): "rtt=50ms"},
    )


def said(load: Load) -> str:
    return " ".join(export(report_of_load(load, MACHINE), "table", 200).split())


def test_it_is_described_and_read_as_it_was(load: Load) -> None:
    text = load_to_json(load, MACHINE, "tlsbench load")
    schema = json.loads(files("tlsbench.results").joinpath("schema.json").read_text("utf-8"))
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(json.loads(text))) == []
    again = parse(text, "here").result
    assert isinstance(again, Load)
    assert again.plan == load.plan
    for now, before in zip(again.backends, load.backends, strict=True):
        assert now.counts_to_plain() == before.counts_to_plain()
        assert (now.seconds, now.server, now.forwarded) == (before.seconds, before.server, before.forwarded)
    assert again.evenness == load.evenness
    assert load_to_json(again, MACHINE, "tlsbench load").count('"backends"') == 1


def test_a_load_of_one_target_is_stored_as_it_was_before_there_were_several() -> None:
    found = read_file(FOLDER / "load.json").result
    assert isinstance(found, Load)
    document = json.loads(load_to_json(found, MACHINE, ""))
    stored = document["tlsbench"]["load"]
    assert not stored.keys() & {"backends", "evenness"}
    assert not stored["plan"].keys() & {"others", "spread", "when_down", "clients", "vias", "addresses"}
    for one in document["benchmarks"]:
        assert not one["params"].keys() & {"backend", "spread", "when_down", "clients"}


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (["backends"], [], "backends: an array with nothing in it where the results of 127.0.0.1:8443, 127"),
        (["backends", 1, "target", "port"], 9, "backends: an array where the results of"),
        (["backends", 1, "moved"], -1, r"backends\[1\].moved: -1"),
        (["backends", 0, "tally", "times", "connect"], "AAAA", r"backends\[0\].tally.times.connect"),
        (["plan", "others", 0, "port"], 70000, r"plan.others\[0\].port: 70000 where a port of at most 65535"),
    ],
)
def test_what_does_not_fit_is_a_fault_with_its_place(
    load: Load, path: list[str | int], value: object, fault: str
) -> None:
    document = json.loads(load_to_json(load, MACHINE, ""))
    place = document["tlsbench"]["load"]
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    with pytest.raises(RequestError, match=fault):
        parse(json.dumps(document), "here")


def test_how_even_it_was_and_what_each_backend_did_is_said(load: Load) -> None:
    text = said(load)
    assert (
        "round-robin over 3 backends: the one with the most connections got 33.3 % more than an even share, "
        "the one with the fewest 60 % less than an even share" in text
    )
    assert (
        "127.0.0.1:8443: 400 connections, 32.5% of the handshakes resumed, 1,250 µs of its processor" in text
    )
    assert "127.0.0.1:8445: 120 connections, 27.8% of the handshakes resumed, 30 failed" in text
    assert "via rtt=50ms to 127.0.0.1:8444: 2,000 packets carried, 3 lost" in text
    assert "by 50 clients that take their sessions to any backend" in text


def test_a_backend_that_was_down_is_said_with_what_became_of_its_share(load: Load) -> None:
    down = "127.0.0.1:8445 was down, first in second 3: "
    assert f"{down}250 of its connections went to the others (--when-down move)" in said(load)
    fails = replace(load, plan=replace(load.plan, when_down="fail"))
    assert f"{down}its share kept failing (--when-down move sends it to the others)" in said(fails)


def test_a_backend_that_never_answered_is_a_warning(load: Load) -> None:
    dead = backend(C, 0, failures={"connect: connection refused": 30}, downs=1)
    found = load_of(*load.backends[:2], dead)
    warning = "no connection to 127.0.0.1:8445 succeeded: connect: connection refused"
    assert warning in report_of_load(found, MACHINE).warnings
    assert warning not in report_of_load(load, MACHINE).warnings


def test_where_none_answered_that_is_the_first_thing_said() -> None:
    dead = [backend(one, 0, failures={"connect: connection refused": 9}, downs=1) for one in (A, B)]
    report = report_of_load(load_of(*dead), MACHINE)
    assert report.lead == (
        "failed: no connection to any of 2 backends succeeded: connect: connection refused"
    )
    assert report.errors


def test_machines_get_the_figures_of_each_backend(load: Load) -> None:
    report = report_of_load(load, MACHINE)
    lines = export(report, "csv", 0).splitlines()
    assert [line.split(",")[0].strip('"') for line in lines if ",handshake," in line][-3:] == [
        str(one.target) for one in load.backends
    ]
    metrics = export(report, "openmetrics", 0)
    assert 'tlsbench_load_moved{target="127.0.0.1:8445"} 250' in metrics
    assert 'tlsbench_load_begun{target="127.0.0.1:8443"} 400' in metrics


def test_python_gets_rows_of_the_whole_and_of_each_backend(load: Load) -> None:
    stored = parse(load_to_json(load, MACHINE, ""), "here")
    found = [row for row in rows_of(stored) if row["phase"] == "handshake"]
    assert [row["backend"] for row in found] == [None, str(A), str(B), str(C)]
    assert [row["count"] for row in found] == [870, 400, 380, 90]
    assert [row["via"] for row in found] == ["127.0.0.1:8444: rtt=50ms", None, "rtt=50ms", None]


def test_loads_are_compared_as_a_whole_and_backend_by_backend(load: Load) -> None:
    recording = recording_of(parse(load_to_json(load, MACHINE, ""), "here"))
    names = [name for name in recording.figures if "phase=handshake" in name]
    assert len(names) == 4
    assert [recording.parameters[name].get("backend", "") for name in names] == ["", str(A), str(B), str(C)]
    assert recording.environment["line (--via)"] == "127.0.0.1:8444: rtt=50ms"
    assert {verdict.id for verdict in judge(recording, recording).verdicts} == set(recording.figures)


def test_a_page_has_a_table_of_the_backends_and_their_course(load: Load) -> None:
    page = page_of([source_of(parse(load_to_json(load, MACHINE, ""), "here"), "here")])
    assert "Every backend" in [grid.title for grid in page.grids]
    assert "Backends second by second" in [picture.title for picture in page.pictures]
    assert page.subtitle.startswith("a load of 127.0.0.1:8443, 127.0.0.1:8444, 127.0.0.1:8445")
    assert "Backends second by second" in render(page)
