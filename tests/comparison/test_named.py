"""Benchmarks of other tools that are named as yardsticks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tlsbench
from tlsbench.cli.app import run as command
from tlsbench.comparison import Judgement, Recording, judge, recording_of, with_yardsticks
from tlsbench.errors import RequestError
from tlsbench.results import Run
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.environment import machine_info
from tlsbench.results.reader import parse
from tlsbench.sampling.instruments import COMPLETION, WALL

NAMES = {
    "t.py::test_reference[sort]": 400,
    "t.py::test_reference[json]": 300,
    "t.py::test_reference[sha]": 1000,
    "t.py::test_parse": 50,
    "t.py::test_write[10-a]": 5,
}
REFERENCES = "*::test_reference*"


def document(seed: int, pace: float = 1.0, factors: Mapping[str, float] | None = None) -> dict[str, Any]:
    """A result of pytest-benchmark: each benchmark ran separately, all its rounds in one go."""
    generator = np.random.default_rng(seed)
    return {
        "machine_info": {"cpu": {"brand_raw": "A"}},
        "benchmarks": [
            {
                "fullname": name,
                "params": {"size": 10} if "[10" in name else None,
                "stats": {"data": list(0.001 * pace * (factors or {}).get(name, 1.0) * noise)},
            }
            for name, count in NAMES.items()
            for noise in [np.exp(generator.normal(0, 0.01, count) + generator.normal(0, 0.01))]
        ],
    }


def recording(*how: Any, **more: Any) -> Recording:
    return recording_of(parse(json.dumps(document(*how, **more)), f"run {how[0]}"))


def judged(base: Recording, new: Recording, *patterns: str) -> Judgement:
    return judge(with_yardsticks(base, patterns), with_yardsticks(new, patterns))


def called(judgement: Judgement) -> dict[str, str]:
    return {verdict.id: verdict.verdict for verdict in judgement.verdicts if verdict.verdict != "~"}


def test_they_take_the_pace_of_the_machine_off_what_they_judge_and_are_not_judged_themselves() -> None:
    base, new = recording(1), recording(2, pace=1.4, factors={"t.py::test_parse": 1.25})
    assert len(called(judge(base, new))) == 5, "without them all are slower"
    judgement = judged(base, new, REFERENCES)
    assert [verdict.id for verdict in judgement.verdicts] == ["t.py::test_parse", "t.py::test_write[10-a]"]
    assert called(judgement) == {"t.py::test_parse": "slower"}
    assert judgement.verdicts[0].ratio.median == pytest.approx(1.25, rel=0.04)
    assert judgement.verdicts[0].absolute.median == pytest.approx(1.4 * 1.25, rel=0.04)
    assert list(judgement.verdicts[0].yardsticks) == [name for name in NAMES if "reference" in name]
    assert not judgement.only_base
    assert not judgement.only_new
    assert not [one for one in judgement.warnings if "without yardsticks" in one]


def test_few_equals_are_called_different() -> None:
    calls = [
        len(called(judged(recording(2 * seed), recording(2 * seed + 1, pace=1.3), REFERENCES)))
        for seed in range(100)
    ]
    assert sum(calls) <= 0.05 * 2 * 100


def test_a_name_in_full_and_several_patterns_will_do() -> None:
    named = with_yardsticks(recording(1), ["t.py::test_reference[sort]", "*json*"])
    assert [one.name for one in named.yardsticks.values()] == list(NAMES)[:2]
    assert set(named.figures) == set(NAMES) - set(list(NAMES)[:2])


def test_the_identity_is_the_name_with_its_parameters() -> None:
    named = with_yardsticks(recording(1), ["*write*"])
    assert list(named.yardsticks) == ["t.py::test_write[10-a]; size=10"]


def test_one_of_other_parameters_or_another_processor_judges_nothing() -> None:
    base, new = document(1), document(2)
    for one in new["benchmarks"]:
        one["params"] = {"size": 11}
    recordings = [recording_of(parse(json.dumps(one), "x")) for one in (base, new)]
    judgement = judged(*recordings, REFERENCES)
    assert all(not verdict.yardsticks for verdict in judgement.verdicts)
    assert any("2 cells compared without yardsticks" in one for one in judgement.warnings)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("*absent*", f"--yardstick '*absent*' matches no benchmark of run 1: it has {', '.join(NAMES)}"),
        ("*", "every benchmark of run 1 is a yardstick: nothing is left to compare"),
    ],
)
def test_a_pattern_that_matches_nothing_or_everything_is_refused_in_one_line(
    pattern: str, message: str
) -> None:
    with pytest.raises(RequestError) as error:
        with_yardsticks(recording(1), [REFERENCES, pattern])
    assert str(error.value) == message


def test_of_many_benchmarks_the_first_few_are_named() -> None:
    many = {"benchmarks": [{"fullname": f"test_{at}", "stats": {"data": [0.1]}} for at in range(20)]}
    with pytest.raises(RequestError, match="it has test_0, test_1, test_2, test_3, test_4 and 15 more"):
        with_yardsticks(recording_of(parse(json.dumps(many), "x")), ["none"])


def test_without_a_pattern_all_stays_as_it_was() -> None:
    base = recording(1)
    assert with_yardsticks(base, ()) is base


def test_cells_of_tlsbench_can_be_yardsticks_in_their_own_rounds(run_of: Callable[[str], Run]) -> None:
    text = to_json(run_of("implementation=ssl,pyopenssl resumption=none,psk"), machine_info())
    plain = recording_of(parse(text, "run"))
    named = with_yardsticks(plain, ["*implementation=ssl*"])
    assert all(named.figures[name] == plain.figures[name] for name in named.figures)
    assert [one.nature for one in named.yardsticks.values()] == ["handshake", "resumption"]
    assert all(list(one.engines) == ["ssl"] for one in named.yardsticks.values())
    assert all(plain.engines["ssl"].partition(" in ")[0] in key for key in named.yardsticks)


def test_a_cell_of_few_rounds_leaves_the_other_benchmarks_their_blocks() -> None:
    plain = recording(1)
    mixed = replace(
        plain,
        figures={"cell": (1e6, 1e6, 1e6), **plain.figures},
        instruments={"cell": WALL, **plain.instruments},
        parameters={"cell": {"workload": "handshake", "implementation": "fake"}, **plain.parameters},
    )
    alone, beside = (with_yardsticks(one, [REFERENCES]) for one in (plain, mixed))
    assert beside.figures["t.py::test_parse"] == alone.figures["t.py::test_parse"]
    assert len(beside.figures["cell"]) == len(beside.figures["t.py::test_parse"]) > 3
    assert list(beside.yardsticks.values()) == list(alone.yardsticks.values())


def test_what_is_no_time_is_no_yardstick(run_of: Callable[[str], Run]) -> None:
    plain = recording(1)
    virtual = Recording(
        source="x",
        figures=plain.figures,
        instruments=dict.fromkeys(plain.figures, COMPLETION),
        parameters=plain.parameters,
        noise_floor={},
        drift=0.0,
        environment={},
    )
    with pytest.raises(RequestError, match="it has none that is timed"):
        with_yardsticks(virtual, ["*"])


@pytest.fixture
def stored(in_empty_folder: Path) -> None:
    for name, how in (("base", (1,)), ("new", (2, 1.4, {"t.py::test_parse": 1.25}))):
        Path(f"{name}.json").write_text(json.dumps(document(*how)), encoding="utf-8")


def test_the_command_takes_them_again_and_again(stored: None, capsys: pytest.CaptureFixture[str]) -> None:
    sides = ["compare", "base.json", "new.json"]
    gate = ["--fail-on", "slower>10%"]
    assert command([*sides, "--yardstick", "t.py::test_reference[sort]", "--yardstick", "*sha*", *gate]) == 1
    out = capsys.readouterr().out
    assert "compared using 2 yardsticks: t.py::test_reference[sort], t.py::test_reference[sha]" in out
    assert command([*sides, "--yardstick", "absent"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("tlsbench: --yardstick 'absent' matches no benchmark of base.json: it has t.py")
    assert error.count("\n") == 1


def test_python_takes_them_too(stored: None) -> None:
    found = tlsbench.compare("base.json", "new.json", yardstick=REFERENCES)
    assert {row["id"]: row["verdict"] for row in found.rows()} == {
        "t.py::test_parse": "slower",
        "t.py::test_write[10-a]": "~",
    }
    with pytest.raises(RequestError, match="yardstick 'absent' matches no benchmark"):
        tlsbench.compare("base.json", "new.json", yardstick=["absent"])
