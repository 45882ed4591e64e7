from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.cli.app import run as tlsbench
from tlsbench.comparison import Recording, judge, load_recording, parse_gate, recording_of
from tlsbench.errors import RequestError
from tlsbench.report.comparisons import report_of_comparison
from tlsbench.report.exporters import export
from tlsbench.results.reader import parse
from tlsbench.sampling import WALL
from tlsbench.sampling.instruments import CALLGRIND

HANDSHAKE = {"workload": "handshake", "key": "rsa-2048"}
BULK = {"workload": "bulk", "key": "rsa-2048"}


def recording(seed: int = 1, floor: float = 0.01, drift: float = 0.0, **scales: float) -> Recording:
    generator = np.random.default_rng(seed)
    return Recording(
        source=f"run {seed}",
        figures={name: tuple(1e6 * scale * generator.normal(1, 0.01, 60)) for name, scale in scales.items()},
        parameters={name: BULK if name == "c" else HANDSHAKE for name in scales},
        instruments=dict.fromkeys(scales, WALL),
        noise_floor={"handshake": floor, "bulk": floor},
        drift=drift,
        environment={"processor": "A", "meter": "wall"},
    )


BASE = recording(1, a=1, b=1, c=1)


def warnings_of(base: Recording, new: Recording) -> list[str]:
    """All warnings but the one on missing yardsticks, which these recordings do not have."""
    first, *others = sorted(judge(base, new).warnings, key=lambda one: "without yardsticks" not in one)
    assert "without yardsticks" in first
    return others


def verdicts(new: Recording, base: Recording = BASE) -> list[str]:
    return [verdict.verdict for verdict in judge(base, new).verdicts]


def test_faster_slower_and_neither_are_told_apart() -> None:
    assert verdicts(recording(2, a=1.1, b=0.9, c=1.0)) == ["slower", "faster", "~"]


def test_what_is_below_the_noise_floor_of_either_run_is_not_called() -> None:
    new = recording(2, a=1.1, b=0.9, c=1.0)
    assert verdicts(replace(new, noise_floor={"handshake": 0.2})) == ["~", "~", "~"]
    assert verdicts(new, replace(BASE, noise_floor={"handshake": 0.2})) == ["~", "~", "~"]
    assert verdicts(replace(new, noise_floor={"handshake": math.inf})) == ["~", "~", "~"]


def test_a_large_floor_that_hides_differences_is_told_with_its_file_and_cell() -> None:
    new = replace(recording(2, a=1.1, b=0.9, c=1.0), noise_floor={"handshake": 0.52})
    said = "the noise floor of handshake in run 2 is 52.0 % (A/A cells of 'a'): it hides 2 of 3 differences"
    judgement = judge(BASE, new)
    assert warnings_of(BASE, new) == [said]
    assert said in export(report_of_comparison(judgement), "table", 200)
    assert warnings_of(new, BASE) == [said], "whichever of the two it is"
    unknown = replace(new, noise_floor={"handshake": math.inf})
    assert "is unknown: too few rounds (A/A cells of 'a')" in warnings_of(BASE, unknown)[0]


def test_a_large_drift_that_hides_differences_is_told() -> None:
    said = "the machine drifted by 12.0 % during run 2: it hides 2 of 3 differences"
    assert warnings_of(BASE, recording(2, drift=0.12, a=1.1, b=0.9, c=1.0)) == [said]


def test_a_floor_that_hides_nothing_is_not_remarked() -> None:
    same = replace(recording(1, a=1, b=1, c=1), noise_floor={"handshake": 0.52})
    assert warnings_of(BASE, same) == []


def test_the_drift_within_the_runs_widens_the_verdict() -> None:
    assert verdicts(recording(2, drift=0.12, a=1.1, b=0.9, c=1.0)) == ["~", "~", "~"]


def test_both_medians_are_told_with_their_intervals() -> None:
    (first, *_) = judge(BASE, recording(2, a=1.1, b=1, c=1)).verdicts
    assert first.base.low < 1e6 < first.base.high
    assert first.new.median == pytest.approx(1.1e6, rel=0.01)
    assert re.search(
        r" (999|1,00\d) ±0\.\d% +1,(09|10)\d ±0\.\d% ",
        export(report_of_comparison(judge(BASE, recording(2, a=1.1))), "table", 200),
    )


def test_instructions_are_not_called_microseconds() -> None:
    counted = replace(BASE, instruments={"a": CALLGRIND}, figures={"a": (1e6, 1e6)})
    more = replace(counted, figures={"a": (1.005e6, 1.005e6)})
    judgement = judge(counted, more)
    assert "10³ instr." in export(report_of_comparison(judgement), "markdown", 0)
    assert [verdict.verdict for verdict in judgement.verdicts] == ["~"], "the floor is 1 %"
    (verdict,) = judge(replace(counted, noise_floor={}), replace(more, noise_floor={})).verdicts
    assert verdict.verdict == "slower"


def test_cells_of_one_side_are_listed() -> None:
    judgement = judge(BASE, recording(2, a=1, d=1))
    assert (judgement.only_base, judgement.only_new) == (["b", "c"], ["d"])
    text = export(report_of_comparison(judgement), "table", 160)
    assert "only in run 1: b" in text
    assert "only in run 2: d" in text
    junit = export(report_of_comparison(judgement), "junit", 0)
    assert 'tests="4" failures="0" errors="0" skipped="3"' in junit
    assert '<skipped message="only in run 1">' in junit


def test_a_variable_that_changes_figures_is_told_where_two_runs_differ_in_it() -> None:
    bare = replace(BASE, variables={})
    masked = replace(BASE, variables={"OPENSSL_CONF": "/own.cnf", "GODEBUG": "x"})
    other = replace(BASE, variables={"OPENSSL_CONF": "/other.cnf", "GODEBUG": "x"})
    assert warnings_of(bare, masked) == [
        "different GODEBUG: not set in the base, 'x' in the new",
        "different OPENSSL_CONF: not set in the base, '/own.cnf' in the new",
    ]
    assert warnings_of(masked, other) == [
        "different OPENSSL_CONF: '/own.cnf' in the base, '/other.cnf' in the new"
    ]
    assert warnings_of(BASE, masked) == []  # a run that did not record them says nothing about them
    assert warnings_of(masked, masked) == []


def test_different_environments_and_parameters_are_told_loudly() -> None:
    new = replace(recording(2, a=1, b=1, c=1), environment={"processor": "B", "meter": "wall"})
    new = replace(new, parameters={**new.parameters, "a": BULK})
    judgement = judge(BASE, new)
    assert warnings_of(BASE, new) == [
        "different processor: A in the base, B in the new",
        "different parameters of 'a'",
    ]
    assert export(report_of_comparison(judgement), "table", 160).startswith("WARNING: different processor")
    assert "::warning title=tlsbench::different processor" in export(
        report_of_comparison(judgement), "github", 0
    )


def test_the_geometric_mean_is_over_all_cells() -> None:
    assert judge(BASE, recording(2, a=2, b=0.5, c=1)).geometric_mean == pytest.approx(1, rel=0.01)


def test_an_imprecise_cell_says_how_many_more_rounds_it_needs() -> None:
    generator = np.random.default_rng(1)
    wild = {"a": tuple(1e6 * generator.lognormal(0, 0.3, 40))}
    judgement = judge(replace(BASE, figures=wild), replace(BASE, figures=wild))
    assert judgement.verdicts[0].more_samples > 40
    assert "more rounds to see 2 %" in export(report_of_comparison(judgement), "table", 160)


@pytest.mark.parametrize(
    ("text", "failing"),
    [
        ("slower>5%", ["a"]),
        ("slower > 4.5 %", ["a"]),
        ("slower>9.5%", []),
        ("slower>15%", []),
        ("faster>5%", ["b"]),
        ("slower>5% where workload=handshake", ["a"]),
        ("slower>5% where workload=bulk", []),
        ("slower>5% where workload=* key=rsa-*,ed25519", ["a"]),
        ("slower\n>5% where key=RSA", ["a"]),
    ],
)
def test_a_gate_fails_what_is_surely_slower_than_its_threshold(text: str, failing: list[str]) -> None:
    judgement = judge(BASE, recording(2, a=1.1, b=0.9, c=1.0))
    assert [verdict.id for verdict in parse_gate(text).answers(judgement.verdicts).failed] == failing


def test_a_gate_that_means_no_cell_is_refused() -> None:
    with pytest.raises(RequestError, match="matches none of the cells"):
        parse_gate("slower>5% where key=ed25519").answers(judge(BASE, BASE).verdicts)


@pytest.mark.parametrize(
    "text",
    [
        *("", "slower", "slower>x%", "slow>5%", "slower>5% where key", "slower>5", "slower>5%\nwhere"),
        f"slower>{'9' * 400}%",
    ],
)
def test_another_form_is_no_gate(text: str) -> None:
    with pytest.raises(RequestError, match="is not a gate"):
        parse_gate(text)


def test_a_threshold_of_a_load_is_no_gate_and_the_error_says_where_it_belongs() -> None:
    with pytest.raises(RequestError, match="p99<50ms are for 'tlsbench load'"):
        parse_gate("p99<20ms")


@given(
    st.one_of(
        st.text(max_size=60),
        st.from_regex(r"(slower|faster) ?> ?[0-9.]{1,9} ?%?( where .{0,40})?", fullmatch=True),
    )
)
def test_whatever_is_written_is_a_gate_or_one_line_that_says_what_is(text: str) -> None:
    try:
        gate = parse_gate(text)
    except RequestError as error:
        assert "is not a gate: write slower>5%" in str(error)
        assert len(str(error).splitlines()) == 1
    else:
        assert 0 <= gate.threshold < float("inf")
        assert parse_gate(gate.text) == gate


def document(**changes: Any) -> dict[str, Any]:
    benchmark = {"fullname": "test_x", "params": None, "stats": {"data": [0.001, 0.002]}, **changes}
    return {"benchmarks": [benchmark]}


def test_any_pytest_benchmark_result_with_raw_data_will_do() -> None:
    found = recording_of(parse(json.dumps(document()), "x.json"))
    assert found.figures == {"test_x": (1e6, 2e6)}
    assert found.floor("test_x") == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not JSON"),
        ("{}", "has no list 'benchmarks'"),
        ("[]", "it holds an array with nothing in it, not a result"),
        ('{"benchmarks": []}', "holds no benchmark"),
        ('{"benchmarks": [{}]}', "$.benchmarks[0]: it lacks 'fullname'"),
        ('{"benchmarks": [1]}', "$.benchmarks[0]: 1 where an object should be"),
        (json.dumps(document(stats={})), "no raw data for 'test_x'"),
        (json.dumps(document(stats={"data": []})), "no raw data for 'test_x'"),
        (
            json.dumps(document(stats={"data": [float("nan")]})),
            "$.benchmarks[0].stats.data[0]: NaN where a number",
        ),
        (json.dumps(document(stats={"data": [0]})), "'test_x' is left out: it has a time of zero"),
        (json.dumps(document(stats={"data": ["x"]})), '$.benchmarks[0].stats.data[0]: "x" where a number'),
        (json.dumps(document(stats={"data": 7})), "$.benchmarks[0].stats.data: 7 where an array"),
    ],
)
def test_a_result_that_cannot_be_compared_is_one_clear_line(text: str, message: str) -> None:
    with pytest.raises(RequestError, match=r"^x\.json") as error:
        recording_of(parse(text, "x.json"))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def slowed(path: Path, scale: float) -> None:
    """Put times into a result that are as steady on a busy machine as on an idle one."""
    stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for benchmark in stored["benchmarks"]:
        times: Mapping[str, Any] = benchmark["extra_info"]["tlsbench"]["figures"]
        times["libraries"]["round_medians"] = [scale * (10_000 + at % 7) for at in range(40)]
    stored["tlsbench"]["noise_floor"] = {"handshake": 0.01}
    stored["tlsbench"]["conditions"]["drift"] = 0.0
    path.write_text(json.dumps(stored), encoding="utf-8")


@pytest.fixture
def two_runs(in_empty_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["implementation=fake", "key=rsa-2048,ed25519", "--time-budget", "300ms", "--precision", "0"]
    assert tlsbench(["run", *words, "--json", "base.json"]) == 0
    slowed(Path("base.json"), 1.0)
    Path("same.json").write_bytes(Path("base.json").read_bytes())
    Path("slow.json").write_bytes(Path("base.json").read_bytes())
    slowed(Path("slow.json"), 1.5)
    capsys.readouterr()


@pytest.mark.usefixtures("two_runs")
def test_a_gate_passes_with_zero_and_fails_with_one(capsys: pytest.CaptureFixture[str]) -> None:
    gate = ["--fail-on", "slower>5% where workload=handshake"]
    assert tlsbench(["compare", "base.json", "same.json", *gate]) == 0
    assert "0 slower" in capsys.readouterr().out
    assert tlsbench(["compare", "base.json", "slow.json", *gate]) == 1
    out = capsys.readouterr().out
    assert out.count("failed 'slower>5% where workload=handshake': ") == 2
    assert "+50.0 %" in out


@pytest.mark.usefixtures("two_runs")
@pytest.mark.parametrize("output_format", ["table", "markdown", "json", "github"])
def test_every_format_names_what_failed(output_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["compare", "base.json", "slow.json", "--fail-on", "slower>5%", "--format", output_format]
    assert tlsbench(words) == 1
    out = capsys.readouterr().out
    assert "key=ed25519" in out
    if output_format == "json":
        assert len(json.loads(out)["failed"][0]["ids"]) == 2
    if output_format == "github":
        assert out.count("::error title=tlsbench::") == 2


@pytest.mark.usefixtures("two_runs")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["base.json", "nothing"], "no file 'nothing'"),
        (["base.json", "slow.json", "--fail-on", "slow"], "is not a gate"),
        (["base.json", "slow.json", "--format", "tabel"], "did you mean 'table'?"),
        (["base.json", "other.json"], "have no benchmark in common"),
    ],
)
def test_a_wrong_comparison_is_one_line_and_ends_with_two(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("other.json").write_text(json.dumps(document()), encoding="utf-8")
    assert tlsbench(["compare", *words]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.usefixtures("two_runs")
def test_a_stored_run_carries_its_noise_floor() -> None:
    assert load_recording("base.json").noise_floor == {"handshake": 0.01}


def test_values_that_are_all_alike_on_both_sides_are_no_difference() -> None:
    """scipy 1.17 gives no number for a rank test of such values."""
    alike = replace(BASE, figures={"a": (1e6,) * 40, "b": (1e6,) * 40})
    assert [(one.p_value, one.verdict) for one in judge(alike, alike).verdicts] == [(1.0, "~"), (1.0, "~")]
