"""What is read, what is skipped with a note, and what is refused, at which position."""

from __future__ import annotations

import base64
import copy
import json
import struct
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import pytest
from tests.results.documents import document, foreign

from tlsbench.cli.app import run as tlsbench
from tlsbench.errors import RequestError
from tlsbench.loading import Load
from tlsbench.results import Run
from tlsbench.results.reader import parse
from tlsbench.results.stored import FORMAT, Foreign


def notes(stored: dict[str, Any], at: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = stored["benchmarks"][at]["extra_info"]["tlsbench"]
    return found


def refused(content: bytes | str) -> str:
    """The line with which the content is refused."""
    with pytest.raises(RequestError) as error:
        parse(content, "x.json")
    line = str(error.value)
    assert line.startswith("x.json: ")
    assert line.isprintable()
    return line.removeprefix("x.json: ")


#: As a replacement for a value, this removes it.
GONE = object()
CELL = "benchmarks 0 extra_info tlsbench"
TOTAL = f"{CELL} times_ns total"
LOAD = "tlsbench load"
FIGHT = "duel 0 comparisons total"


def put(stored: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """The document with another value at a path."""
    *within, last = (int(word) if word.isdecimal() else word for word in path.split())
    place: Any = stored
    for key in within:
        place = place[key]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return stored


@pytest.mark.parametrize(
    ("name", "path", "value", "line"),
    [
        ("run.json", f"{CELL} wire server_bytes", [None], "wire.server_bytes: an array where a number"),
        ("run.json", f"{CELL} wire flights", -1, "wire.flights: -1 where a number from 0"),
        ("run.json", f"{CELL} wire flights", 1.5, "wire.flights: 1.5 where a whole number should be"),
        ("run.json", f"{TOTAL} median", 10**400, "total.median: a number of 401 digits where a number"),
        ("run.json", f"{TOTAL} median", float("inf"), "total.median: Infinity where a number"),
        ("run.json", f"{TOTAL} p99", float("nan"), "total.p99: NaN where a number"),
        ("run.json", f"{TOTAL} low", 2e9, "total: an object where low, median and high in this order"),
        ("run.json", f"{CELL} negotiated version", "\ud800", '"\\ud800" where text of whole characters'),
        ("run.json", f"{CELL} negotiated \udfff", 1, "where text of whole characters"),
        ("run.json", f"{CELL} operations_per_sample", 0, "operations_per_sample: 0 where a number from 1"),
        ("run.json", f"{CELL} axes workload", "dance", '"dance" where one of handshake'),
        ("run.json", f"{CELL} axes workload", GONE, "axes: it lacks 'workload'"),
        ("run.json", "benchmarks 2 stats data", 0, "$.benchmarks[2].stats.data: 0 where an array"),
        ("run.json", "benchmarks 2 stats", GONE, "$.benchmarks[2]: it lacks 'stats'"),
        ("run.json", "datetime", "yesterday", '$.datetime: "yesterday" where a date and time'),
        ("run.json", "datetime", "0001-01-01T00:00:00+14:00", "where a date and time"),
        ("run.json", "tlsbench", None, "$.tlsbench: null where an object"),
        ("run.json", "tlsbench conditions", [], "$.tlsbench.conditions: an array with nothing in it where"),
        ("run.json", "tlsbench conditions meter", GONE, "conditions: it lacks 'meter'"),
        ("run.json", "tlsbench conditions seed", True, "conditions.seed: true where a number"),
        ("run.json", "tlsbench noise_floor handshake", -1, "noise_floor.handshake: -1 where a number"),
        ("run.json", "machine_info cpu brand_raw", 7, "$.machine_info.cpu.brand_raw: 7 where text"),
        ("pytest.json", "benchmarks 2 params", [1], "[2].params: an array where an object"),
        ("load.json", f"{LOAD} plan workers", 0, "plan.workers: 0 where a whole number of at least 1"),
        ("load.json", f"{LOAD} plan target port", 70000, "target.port: 70000 where a port"),
        ("load.json", f"{LOAD} tally", GONE, "load: it lacks 'tally'"),
        ("load.json", f"{LOAD} tally outcomes success", "many", 'outcomes.success: "many" where a number'),
        ("load.json", f"{LOAD} tally times connect", "AAAA", '"AAAA" where an HdrHistogram'),
        ("load-hold.json", f"{LOAD} vitals", [[[1, 2]]], "vitals[0][0]: an array where an array of conn"),
        ("load.json", f"{LOAD} server", {"name": "x"}, "server: it lacks 'cpu_s'"),
        ("duel.json", "duel", [], "$.duel: an array with nothing in it where at least one"),
        ("duel.json", FIGHT, GONE, "comparisons: an object where a comparison of the libraries"),
        ("duel.json", f"{FIGHT} ratio median", 0, "ratio.median: 0 where a number"),
        ("duel.json", f"{FIGHT} epochs", -3, "total.epochs: -3 where a number from 1"),
    ],
)
def test_another_type_is_refused_with_its_place(name: str, path: str, value: object, line: str) -> None:
    said = refused(json.dumps(put(document(name), path, value)))
    assert line in said
    assert said.startswith("$")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", "it is not JSON: Expecting value"),
        ("[1, 2", "it is not JSON"),
        ("7", "it holds 7, not a result of tlsbench or pytest-benchmark"),
        ("{}", "it is not a pytest-benchmark result: it has no list 'benchmarks'"),
        ('{"benchmarks": {}}', "has no list 'benchmarks'"),
        ("[" * 100_000, "nested too deeply"),
        (
            '{"benchmarks": [], "machine_info": ' + '{"a":' * 100_000 + "1" + "}" * 100_001,
            "nested too deeply",
        ),
        ('{"benchmarks": [' + "1" * 5000 + "]}", "a number has too many digits"),
        ('{"benchmarks": [], "a": {"b": 1, "b": 2}}', '$.a: it has "b" twice'),
        ('{"benchmarks": [], "benchmarks": []}', '$: it has "benchmarks" twice'),
        (b"\xff\xfe{\x00}\x00", "it is UTF-16 text: JSON is UTF-8"),
        (b"{\x00}\x00", "it is UTF-16 text"),
        (b"\x00{\x00}", "it is UTF-16 text"),
        (b"\xff\xfe\x00\x00{\x00\x00\x00", "it is UTF-32 text"),
        (b"\x80\x81", "it is not JSON: it is not text"),
        ('{"benchmarks": [{"runs": []}]}', "it is a result of pyperf: tlsbench reads what run, duel"),
        ('{"context": {}, "benchmarks": [{"real_time": 1}]}', "it is a result of Google Benchmark"),
        ('{"results": [{"command": "x"}]}', "it is a result of hyperfine"),
        ('{"verdicts": [], "base": "", "new": ""}', "it is the judgement of a 'tlsbench compare'"),
    ],
)
def test_what_is_no_result_is_one_line_that_says_what_it_is(content: bytes | str, line: str) -> None:
    assert line in refused(content)


def test_a_byte_order_mark_is_passed_over() -> None:
    content = json.dumps(foreign([0.001, 0.002]))
    for marked in (b"\xef\xbb\xbf" + content.encode(), "\ufeff" + content):
        stored = parse(marked, "x.json")
        assert isinstance(stored.result, Foreign)
        assert [one.figures for one in stored.benchmarks] == [(1e6, 2e6)]


def test_a_test_with_a_time_of_zero_is_left_out_with_a_word_and_the_others_stay() -> None:
    stored = parse(json.dumps(foreign([0.001, 0.002], [0.001, 0.0], [1e-320])), "x.json")
    assert [one.name for one in stored.benchmarks] == ["test_0"]
    assert stored.remarks == [
        "'test_1' is left out: it has a time of zero",
        "'test_2' is left out: it has a time of zero",
    ]


def test_a_cell_with_a_time_of_zero_is_left_out_with_a_word() -> None:
    stored = document("run.json")
    for side in ("client", "server"):
        notes(stored, 1)["times_ns"][side]["round_medians"][3] = 0
    found = parse(json.dumps(stored), "x.json")
    assert isinstance(found.result, Run)
    assert len(found.result.cells) == len(found.benchmarks) == len(stored["benchmarks"]) - 1
    assert "is left out" in found.remarks[0]


def test_a_test_without_raw_data_is_left_out_with_the_way_to_have_it() -> None:
    stored = foreign([0.001], [])
    del stored["benchmarks"][1]["stats"]["data"]
    found = parse(json.dumps(stored), "x.json")
    assert len(found.benchmarks) == 1
    assert "no raw data for 'test_1': store it with --benchmark-save-data" in found.remarks[0]


def twice(first: float, second: float) -> dict[str, Any]:
    """A result with two benchmarks of the same name."""
    stored = foreign(*([scale * (1000 + at % 7) for at in range(20)] for scale in (first, second)))
    for benchmark in stored["benchmarks"]:
        benchmark["fullname"] = "test_a"
    return stored


def test_one_name_twice_is_both_and_never_the_last_alone(
    in_empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = parse(json.dumps(twice(1e-6, 3e-6)), "x.json")
    assert [one.name for one in found.benchmarks] == ["test_a (1 of 2)", "test_a (2 of 2)"]
    assert found.remarks == ["it has 'test_a' 2 times, numbered from 1 to 2"]
    Path("base.json").write_text(json.dumps(twice(1e-6, 1e-6)))
    Path("base2.json").write_text(json.dumps(twice(1.001e-6, 1e-6)))
    Path("new.json").write_text(json.dumps(twice(3e-6, 1e-6)))
    assert tlsbench(["compare", "base2.json", "new.json", "--fail-on", "slower>5%"]) == 1
    assert "new.json: it has 'test_a' 2 times" in capsys.readouterr().out
    assert tlsbench(["compare", "base.json", "new.json"]) == 2
    said = capsys.readouterr().err
    assert "no benchmark in common" in said
    assert "; new.json: it has 'test_a' 2 times, numbered from 1 to 2" in said, "which is why"


def test_equal_entries_of_one_name_are_one() -> None:
    found = parse(json.dumps(twice(1e-6, 1e-6)), "x.json")
    assert [one.name for one in found.benchmarks] == ["test_a"]
    assert found.remarks == ["it has 'test_a' 2 times, all equal, and taken as one"]


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        ("benchmarks 0 stats median", 1.0, "stats.median is 1 s, the median of stats.data 0.000964595 s"),
        ("benchmarks 0 stats data 44", GONE, "stats.data has 44 samples, extra_info 45 in 9 rounds"),
        (f"{TOTAL} round_medians 0", 5e6, "round 0 is 1.02697e+06 ns by stats.data, 5e+06 ns by extra_info"),
        ("benchmarks 0 fullname", "other", 'fullname is "other", extra_info is about'),
    ],
)
def test_figures_that_disagree_are_said_to(path: str, value: object, line: str) -> None:
    remarks = parse(json.dumps(put(document("run.json"), path, value)), "x.json").remarks
    assert all(remark.startswith("$.benchmarks[0]: ") for remark in remarks)
    assert any(line in remark for remark in remarks)


def test_without_raw_data_the_bounds_must_still_fit() -> None:
    stored = put(document("run.json"), "benchmarks 0 stats data", GONE)
    assert not parse(json.dumps(stored), "x.json").remarks
    put(stored, "benchmarks 0 stats max", 1e-4)
    (remark,) = parse(json.dumps(stored), "x.json").remarks
    assert "are outside stats.min and stats.max (total)" in remark


def test_remarks_reach_every_command(in_empty_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored = document("run.json")
    stored["benchmarks"][0]["stats"]["median"] = 1.0
    Path("x.json").write_text(json.dumps(stored))
    folder = Path(".benchmarks/here")
    folder.mkdir(parents=True)
    (folder / "0001_x.json").write_text(json.dumps(stored))
    said = "$.benchmarks[0]: stats.median is 1 s, the median of stats.data 0.000964595 s"
    assert tlsbench(["show", "x.json"]) == 0
    assert f"warning: x.json: {said}" in capsys.readouterr().err
    assert tlsbench(["compare", "x.json", "x.json"]) == 0
    assert f"x.json: {said}" in capsys.readouterr().out
    assert tlsbench(["history"]) == 0
    assert said in capsys.readouterr().err
    pytest.importorskip("plotly")
    assert tlsbench(["report", "x.json", "-o", "x.html"]) == 0
    assert said in Path("x.html").read_text()


def test_many_remarks_are_counted(in_empty_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored = document("run.json")
    stored["benchmarks"] = [copy.deepcopy(one) for one in stored["benchmarks"] * 3]
    for number, benchmark in enumerate(stored["benchmarks"]):
        benchmark["stats"]["median"] = 1.0
        benchmark["fullname"] += f" {number}"
    Path("x.json").write_text(json.dumps(stored))
    assert tlsbench(["show", "x.json"]) == 0
    assert "there are 40 more remarks" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["run.json", "load.json", "duel.json"])
def test_a_newer_format_is_called_so(name: str) -> None:
    stored = document(name)
    stored.setdefault("tlsbench", {}).update(format=FORMAT + 1, new=[None])
    assert "it is from a newer tlsbench" in refused(json.dumps(stored))
    assert f"its format is {FORMAT + 1}, this one, 0." in refused(json.dumps(stored))


def test_a_newer_version_is_named_whether_it_can_be_read_or_not() -> None:
    stored = document("run.json")
    stored["machine_info"]["tlsbench"]["version"] = "99.1.0"
    found = parse(json.dumps(stored), "x.json")
    assert found.remarks[0].startswith("it is from tlsbench 99.1.0, newer than this one (0.")
    stored["tlsbench"]["conditions"]["seed"] = "new"
    assert "; it is from tlsbench 99.1.0, newer than this one" in refused(json.dumps(stored))


def test_what_a_newer_version_adds_is_passed_over() -> None:
    stored = document("load.json")
    stored["tlsbench"]["load"]["plan"]["colour"] = "blue"
    assert isinstance(parse(json.dumps(stored), "x.json").result, Load)
    stored = document("run.json")
    notes(stored)["axes"]["rtt"] = "50ms"
    run = parse(json.dumps(stored), "x.json").result
    assert isinstance(run, Run)
    assert run.cells[0].scenario is None
    assert run.cells[0].axes["rtt"] == "50ms"


def test_a_histogram_larger_than_any_is_refused_before_it_is_unpacked() -> None:
    header = struct.pack(">iiiiqqd", 0x1C849303, 1 << 26, 0, 3, 1000, 3_600_000_000_000, 1.0)
    payload = zlib.compress(header + bytes(1 << 26))
    blob = base64.b64encode(struct.pack(">ii", 0x1C849304, len(payload)) + payload).decode()
    stored = document("load.json")
    stored["tlsbench"]["load"]["tally"]["times"]["connect"] = blob
    text = json.dumps(stored)
    tracemalloc.start()
    assert "times.connect: " in refused(text)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 1 << 24
