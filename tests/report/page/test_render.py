"""The page as text: the contents of a file never become part of its code, and it stays small."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from tests.report.page.hostile import EVIL, many, poisoned

from tlsbench.cli.app import run as tlsbench
from tlsbench.errors import OutputError, RequestError
from tlsbench.report.findings import Finding
from tlsbench.report.ladder import ladder_text
from tlsbench.report.ladder_svg import ladder_svg
from tlsbench.report.page import grid, page_of, render, source_of
from tlsbench.report.page import render as rendered
from tlsbench.report.page.grid import Grid, GridRow, Heading
from tlsbench.report.pictures import Bars, Picture
from tlsbench.results import Run
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.environment import machine_info
from tlsbench.results.reader import parse
from tlsbench.results.trace_json import TracedHandshake
from tlsbench.scenarios.axes import AXES
from tlsbench.session.trace import trace, traced_scenario


class Reader(HTMLParser):
    """The elements of a page, its scripts, and what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.scripts: dict[str, str] = {}
        self.policy = ""
        self._script = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        self.loads += [str(values[name]) for name in ("src", "href") if name in values]
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = str(values["content"])
        if tag == "script":
            self._script = values.get("id") or f"script {len(self.scripts)}"
            self.scripts[self._script] = ""

    def handle_data(self, data: str) -> None:
        if self._script:
            self.scripts[self._script] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._script = ""


def page(document: dict[str, Any] | str) -> str:
    text = document if isinstance(document, str) else json.dumps(document)
    return render(page_of([source_of(parse(text, "result"), "result")]))


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


def data_of(html: str) -> Any:
    return json.loads(gzip.decompress(base64.b64decode(read(html).scripts["data"])))


def test_the_page_answers_in_its_order_and_loads_nothing(document: dict[str, Any]) -> None:
    html = page(document)
    order = [
        "id=findings",
        "Reasons to doubt",
        "id=pictures",
        "id=table",
        "id=environment",
        "To reproduce it",
    ]
    places = [html.index(part) for part in order]
    assert places == sorted(places)
    assert all(target.startswith("#") for target in read(html).loads)
    assert len(html.encode()) < 6_000_000


def test_a_result_that_names_no_command_has_no_heading_for_it() -> None:
    foreign = {
        "datetime": "2026-11-29T10:00:00",
        "version": "5.3.1",
        "machine_info": {},
        "benchmarks": [{"fullname": "t.py::test_a", "name": "test_a", "stats": {"data": [1e-3] * 9}}],
    }
    assert "To reproduce it" not in page(foreign)


def test_only_the_page_s_own_two_scripts_may_run(document: dict[str, Any]) -> None:
    reader = read(page(document))
    own = [text for name, text in reader.scripts.items() if name != "data"]
    assert len(own) == 2
    for script in own:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in reader.policy
    assert "default-src 'none'" in reader.policy
    assert "unsafe-inline" not in reader.policy.split("script-src")[1].split(";")[0]


def test_nothing_that_a_file_says_becomes_markup(document: dict[str, Any]) -> None:
    evil = read(page(poisoned(document)))
    assert not {"img", "b", "iframe", "object"} & set(evil.tags)
    assert evil.tags.count("script") == 3
    html = page(poisoned(document))
    outside = re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)
    assert "window.hit" in outside  # it is shown
    assert EVIL not in html


def test_every_text_of_a_page_is_escaped(document: dict[str, Any]) -> None:
    shape = Bars([EVIL], {EVIL: [1.0]}, EVIL, totals=[1.0], texts=[EVIL], mark=(1.0, EVIL))
    whole = replace(
        page_of([source_of(parse(json.dumps(document), "result"), "result")]),
        title=EVIL,
        subtitle=EVIL,
        findings=[Finding(EVIL, (EVIL,))],
        doubts=[EVIL],
        pictures=[Picture("cost", EVIL, EVIL, shape, EVIL, EVIL, [EVIL], [0])],
        grids=[
            Grid(
                EVIL,
                [Heading(EVIL, EVIL, "name", meaning=EVIL)],
                [GridRow([EVIL], EVIL, {EVIL: {EVIL: EVIL}})],
                [(EVIL, EVIL)],
            )
        ],
        environment=[(EVIL, [(EVIL, EVIL)])],
        commands=[EVIL],
    )
    reader = read(render(whole))
    assert reader.tags.count("script") == 3
    assert not {"img", "b"} & set(reader.tags)


@pytest.mark.parametrize(("name", "unit"), [("run", "µs"), ("memory", "KiB"), ("instructions", "10³ instr.")])
def test_the_raw_figures_of_a_row_have_the_unit_of_what_was_measured(name: str, unit: str) -> None:
    stored = Path(__file__).parents[2] / f"data/results-0.1.0/{name}.json"
    (row, *_) = data_of(page(stored.read_text(encoding="utf-8")))["grids"][0]["rows"]
    assert row["unit"] == unit


def test_the_table_has_every_cell_with_its_proof(document: dict[str, Any]) -> None:
    (grid,) = data_of(page(document))["grids"]
    assert len(grid["rows"]) == len(document["benchmarks"]) == 4
    names = [heading["name"] for heading in grid["headings"]]
    assert {"version", "key", "libraries_us", "client_us"} <= set(names)
    kinds = [heading["kind"] for heading in grid["headings"]]
    assert kinds == sorted(kinds, key=["name", "figure", "axis"].index)  # numbers first
    row = grid["rows"][0]
    assert row["values"][0] == "TLS 1.2 rsa-2048"
    assert row["full"] == row["facts"]["scenario"]["id"]
    assert row["facts"]["negotiated"]["version"] in ("1.2", "1.3")
    assert row["facts"]["scenario"]["id"].startswith("workload=handshake")
    assert row["distribution"] == sorted(row["distribution"])
    stored = document["benchmarks"][0]["extra_info"]["tlsbench"]["figures"]["libraries"]["median"]
    shown = row["values"][names.index("libraries_us")][0]
    assert shown == pytest.approx(stored / 1e3)


def test_what_all_rows_have_in_common_stands_above_them_once(document: dict[str, Any]) -> None:
    html = page(document)
    (grid,) = data_of(html)["grids"]
    constants = dict(grid["constants"])
    assert constants["implementation"] == "fake"
    assert not {"version", "key"} & set(constants)
    above = html.split("<dl class=constants>")[1].split("</dl>")[0]
    assert "<dt>implementation</dt><dd>fake</dd>" in above
    shown = [heading["name"] for heading in grid["headings"] if heading["is_shown"]]
    assert not set(shown) & set(AXES)


def test_each_workload_has_a_table_of_its_own(run_of: Callable[[str], Run]) -> None:
    run = run_of("implementation=fake workload=handshake,bulk size=1KiB,16KiB")
    handshakes, bulk = data_of(page(to_json(run, machine_info())))["grids"]
    assert (handshakes["title"], bulk["title"]) == ("Every cell: handshake", "Every cell: bulk")
    assert "mb_per_s" in [heading["name"] for heading in bulk["headings"]]
    assert [row["values"][0] for row in bulk["rows"]] == ["1KiB", "16KiB"]


def test_a_load_has_a_table_of_its_percentiles_and_what_it_was_above(load_document: dict[str, Any]) -> None:
    (grid,) = data_of(page(load_document))["grids"]
    names = [heading["name"] for heading in grid["headings"]]
    assert names == ["phase", "p50_us", "p90_us", "p99_us", "p99.9_us", "p99.99_us", "max_us", "count"]
    assert [row["values"][0] for row in grid["rows"]] == [
        "connect",
        "handshake",
        "first byte",
        "request",
        "connection",
    ]
    assert dict(grid["constants"])["pace"] == "closed loop, 2 connections"


def test_a_load_that_failed_says_why_first_and_what_its_thresholds_say(load_document: dict[str, Any]) -> None:
    load_document["tlsbench"]["load"]["thresholds"] = ["p50<1us"]
    shown = page_of([source_of(parse(json.dumps(load_document), "load"), "load")])
    assert shown.findings[0].headline.startswith("failed 'p50<1us': connection p50 ")
    load_document["tlsbench"]["load"]["tally"]["outcomes"] = {"connect: connection refused": 453}
    shown = page_of([source_of(parse(json.dumps(load_document), "load"), "load")])
    assert shown.findings[0].headline == "failed: no connection succeeded: connect: connection refused"


def test_a_picture_carries_where_when_and_with_what_it_was_measured(document: dict[str, Any]) -> None:
    for picture in data_of(page(document))["pictures"]:
        machine, engines = picture["origin"]
        assert "cores" in machine
        assert "UTC" in machine
        assert engines == "fake = none"
        assert "implementation=fake" in picture["scenario"]


def test_a_picture_of_two_results_has_both_origins_and_one_of_the_last_its_own(
    document: dict[str, Any],
) -> None:
    before, after = (source_of(parse(json.dumps(document), name), name) for name in ("before", "after"))
    elsewhere = replace(before, machine=replace(before.machine, processor="another"))
    compared, cost, *_ = page_of([elsewhere, after]).pictures
    assert [line.split(":")[0] for line in compared.origin if "cores" in line] == ["before", "after"]
    assert len(cost.origin) == 2
    assert not cost.origin[0].startswith("after")


def test_results_of_one_origin_say_it_once(document: dict[str, Any]) -> None:
    sources = [source_of(parse(json.dumps(document), name), name) for name in "abcde"]
    days = [replace(source, taken_at=f"2026-11-0{at}") for at, source in enumerate(sources, 1)]
    (history,) = (picture for picture in page_of(days).pictures if picture.kind == "history")
    where, engines = history.origin
    assert where.startswith("a, …, e: ")
    assert where.endswith("2026-11-01 UTC to 2026-11-05 UTC")
    assert engines == "fake = none"
    compared = page_of(days[:2]).pictures[0]
    assert compared.origin[0].startswith("a, b: ")


def test_drift_and_what_is_inconclusive_stand_in_the_way(document: dict[str, Any]) -> None:
    document["tlsbench"]["conditions"]["drift"] = 0.031
    sources = [source_of(parse(json.dumps(document), name), name) for name in ("before", "after")]
    doubts = page_of(sources).doubts
    (undecided,) = (line for line in doubts if "inconclusive" in line)
    assert undecided.startswith("4 of 4 cells are inconclusive against before: TLS 1.2 rsa-2048, ")
    assert "and 1 more" in undecided
    assert any(line.startswith("drift: the machine's pace varied by ±3.1 %") for line in doubts)


def test_two_results_are_compared_by_the_same_judgement(document: dict[str, Any]) -> None:
    slower = json.loads(json.dumps(document))
    for factor, side in ((1, document), (2, slower)):
        for benchmark in side["benchmarks"]:
            main = benchmark["extra_info"]["tlsbench"]["figures"]["libraries"]
            main["round_medians"] = [factor * main["median"] * (1 + step / 10_000) for step in range(40)]
    document["tlsbench"]["noise_floor"] = slower["tlsbench"]["noise_floor"] = {"handshake": 0.01}
    sources = [
        source_of(parse(json.dumps(one), name), name)
        for one, name in ((document, "before"), (slower, "after"))
    ]
    shown = page_of(sources)
    assert shown.findings[0].headline == "Against before: 4 cells are slower, 0 faster, 0 inconclusive"
    assert shown.pictures[0].kind == "comparison"
    verdicts = {row.values[2] for row in shown.grids[1].rows}
    assert verdicts == {"slower"}


def test_any_pytest_benchmark_json_has_a_page() -> None:
    foreign = {
        "machine_info": {"machine": "x86_64"},
        "benchmarks": [
            {"fullname": f"test_{n}", "params": {"n": n}, "stats": {"data": [n + 1.0, n + 2.0] * 5}}
            for n in range(3)
        ],
    }
    html = page(foreign)
    (grid,) = data_of(html)["grids"]
    assert [row["values"][0] for row in grid["rows"]] == ["test_0", "test_1", "test_2"]
    assert [heading["name"] for heading in grid["headings"]][:2] == ["benchmark", "median"]
    assert "nothing proves what was negotiated" in html


@pytest.mark.slow
def test_five_thousand_cells_fit(document: dict[str, Any]) -> None:
    html = page(many(document, 5000))
    assert len(html.encode()) < 6_000_000
    assert len(data_of(html)["grids"][0]["rows"]) == 5000


def test_a_page_that_would_be_too_large_is_refused(
    document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setattr(sys.modules[rendered.__module__], "MOST_BYTES", 1000)
    with pytest.raises(OutputError, match="larger than 1,000 bytes"):
        page(document)


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.pop("benchmarks"),
        lambda document: document["benchmarks"][0].pop("fullname"),
        lambda document: document["benchmarks"][0]["extra_info"]["tlsbench"].pop("figures"),
        lambda document: document["benchmarks"][0]["extra_info"]["tlsbench"]["figures"].pop("client"),
        lambda document: document["benchmarks"][0]["extra_info"]["tlsbench"].update(axes=[1, 2]),
        lambda document: document["benchmarks"][0]["extra_info"]["tlsbench"]["axes"].pop("workload"),
        lambda document: document["benchmarks"][0]["extra_info"]["tlsbench"]["axes"].update(workload="dance"),
        lambda document: document["benchmarks"][0]["extra_info"]["tlsbench"].update(wire=None),
        lambda document: document["tlsbench"].update(conditions=None),
        lambda document: document["tlsbench"]["conditions"].pop("meter"),
        lambda document: document["tlsbench"].update(noise_floor=7),
        lambda document: document.update(datetime="yesterday"),
        lambda document: document.update(benchmarks={"a": 1}),
        lambda document: document["benchmarks"].append("a word"),
        lambda document: document["tlsbench"].update(excluded=[{"a": 1}]),
    ],
)
def test_what_is_malformed_is_refused_in_one_line(change: Any, document: dict[str, Any]) -> None:
    change(document)
    with pytest.raises(RequestError) as refused:
        page(document)
    assert "\n" not in str(refused.value)


@pytest.mark.slow
@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e308", "-1e308", "0", "null"])
@pytest.mark.parametrize("name", ["median", "low", "high", "p99"])
def test_numbers_that_are_none_are_shown_as_none_or_refused(
    name: str, value: str, document: dict[str, Any]
) -> None:
    document["benchmarks"][0]["extra_info"]["tlsbench"]["figures"]["total"][name] = "@"
    try:
        html = page(json.dumps(document).replace('"@"', value))
    except RequestError as refused:
        assert "\n" not in str(refused)
        return
    assert name in ("low", "high") or value not in ("NaN", "Infinity", "-Infinity", "null")
    text = json.dumps(data_of(html))
    assert "NaN" not in text
    assert "Infinity" not in text


def test_the_command_writes_the_page(
    document: dict[str, Any], in_empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("result.json").write_text(json.dumps(document))
    assert tlsbench(["report", "result.json", "-o", "page.html"]) == 0
    assert "wrote page.html" in capsys.readouterr().err
    assert Path("page.html").read_text().startswith("<!doctype html>")
    assert tlsbench(["report", "nothing.json"]) == 2
    assert tlsbench(["report", "result.json", "-o", "no/such/page.html"]) == 2


def test_a_run_may_end_with_its_page(in_empty_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["run", "implementation=fake", "--time-budget", "1ms", "--report", "page.html", "--quiet"]
    assert tlsbench(words) == 0
    assert "measuring" not in capsys.readouterr().err
    assert "Every cell" in Path("page.html").read_text()


def test_without_plotly_the_command_says_how_to_get_it(
    in_empty_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tlsbench.report import extras

    monkeypatch.setattr(extras, "find_spec", lambda _name: None)
    assert tlsbench(["run", "implementation=fake", "--report", "page.html"]) == 2
    err = capsys.readouterr().err
    assert "pip install plotly, or '.[report]' in a clone of tlsbench" in err
    assert "preparing" not in err  # it is reported before anything is measured
    assert not Path("page.html").exists()


def traced(selector: str) -> TracedHandshake:
    return trace(traced_scenario([f"{selector} key=ecdsa-secp256r1"])).shown


def test_the_ladder_of_a_trace_stands_beside_a_result_as_picture_and_as_text(
    document: dict[str, Any],
) -> None:
    handshake = traced("implementation=pyopenssl version=1.3")
    text = render(page_of([source_of(parse(json.dumps(document), "result"), "result")], [handshake]))
    assert text.index("id=pictures") < text.index("id=handshakes") < text.index("id=table")
    assert ladder_svg(handshake) in text
    assert all(html.escape(line) in text for line in ladder_text(handshake).splitlines())
    assert 'href="#handshakes"' in text
    found = page_of([source_of(parse(json.dumps(document), "result"), "result")], [handshake])
    assert found.findings[-1].headline.startswith("A full handshake of TLS 1.3: 4 flights, ")
    assert any("its times are not a benchmark" in doubt for doubt in found.doubts)


def test_a_page_without_a_trace_has_no_room_for_one(document: dict[str, Any]) -> None:
    assert "id=handshakes" not in page(document)
    assert 'href="#handshakes"' not in page(document)


def test_traces_have_a_page_alone() -> None:
    retried = traced("implementation=pyopenssl version=1.3 group=secp256r1 hello_retry=yes")
    closed = traced("implementation=fake version=1.2")
    text = render(page_of([], [retried, closed]))
    for gone in ("pictures", "table"):
        assert f"id={gone} " not in text
        assert f'href="#{gone}"' not in text
    assert text.count("<div class=wide><svg") == text.count("<div class=narrow><svg") == 2
    assert "with a HelloRetryRequest: " in text
    assert f"tlsbench trace {closed.scenario}" in html.unescape(text)


def test_nothing_that_a_trace_says_becomes_markup() -> None:
    handshake = traced("implementation=pyopenssl version=1.3")
    flight = handshake.ladder.flights[0]
    message = replace(
        flight.messages[0], name=EVIL, extensions=(replace(flight.messages[0].extensions[0], name=EVIL),)
    )
    evil = replace(
        handshake,
        scenario=EVIL,
        engines={EVIL: EVIL},
        keys_from=EVIL,
        ladder=replace(
            handshake.ladder, version=EVIL, cipher=EVIL, flights=(replace(flight, messages=(message,)),)
        ),
    )
    text = render(page_of([], [evil]))
    reader = Reader()
    reader.feed(text)
    assert len(reader.scripts) == 3
    assert "img" not in reader.tags
    assert "window.hit" not in "".join(reader.scripts.values())


def test_the_command_takes_traces_and_results_in_any_order(
    document: dict[str, Any], in_empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("run.json").write_text(json.dumps(document))
    words = ["trace", "implementation=fake", "version=1.3", "key=rsa-2048"]
    assert tlsbench([*words, "--json", "trace.json"]) == 0
    assert tlsbench(["report", "trace.json", "run.json", "-o", "page.html"]) == 0
    text = Path("page.html").read_text(encoding="utf-8")
    assert "<title>tlsbench: run</title>" in text
    assert 'class="ladder"' in text
    assert tlsbench(["report", "trace.json", "-o", "page.html"]) == 0
    assert "<title>tlsbench: 1 traced handshake</title>" in Path("page.html").read_text(encoding="utf-8")
    Path("trace.json").write_text(Path("trace.json").read_text().replace('"client"', '"nobody"', 1))
    assert tlsbench(["report", "trace.json", "-o", "page.html"]) == 2


def test_the_page_of_a_run_has_a_ladder_of_each_shape_that_was_measured(in_empty_folder: Path) -> None:
    words = ["run", "implementation=fake", "key=rsa-2048,ecdsa-secp256r1", "client_auth=none,required"]
    words += ["version=1.2,1.3", "resumption=none,ticket,psk", "--time-budget", "50ms", "-q"]
    assert tlsbench([*words, "--report", "page.html"]) == 0
    text = Path("page.html").read_text(encoding="utf-8")
    assert text.count("<div class=wide><svg") == 4
    shapes = set(re.findall(r"<title>workload=handshake [^<]*</title>", text))
    assert len(shapes) == 4


def test_the_details_of_a_cell_have_its_datagrams_by_flight(run_of: Callable[[str], Run]) -> None:
    (cell,) = run_of("implementation=fake transport=dtls mtu=548").cells
    wire = grid._facts(cell)["wire"]
    assert wire["datagrams from the client"] == "2"
    sizes = [list(map(int, flight.split(" + "))) for flight in wire["bytes of each, by flight"].split(", ")]
    assert sum(map(sum, sizes)) == cell.ledger.client_bytes + cell.ledger.server_bytes
    (plain,) = run_of("implementation=fake").cells
    assert not [name for name in grid._facts(plain)["wire"] if "datagrams" in name]
