from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import pytest

from tlsbench.cli.app import run as tlsbench
from tlsbench.links import Ledger
from tlsbench.report.duels import report_of_duel, sentence
from tlsbench.report.exporters import export
from tlsbench.results.duel import Duel, DuelResult, Side
from tlsbench.results.duel_json import duel_to_json
from tlsbench.results.reader import parse
from tlsbench.sampling import duel
from tlsbench.stats import Interval, PairedComparison

pytestmark = [pytest.mark.usefixtures("in_empty_folder"), pytest.mark.slow]
QUICKLY = ["--time-budget", "10ms"]


@pytest.fixture(autouse=True)
def few_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duel, "_EPOCHS", 6)
    monkeypatch.setattr(duel, "_EPOCHS_OF_WORKERS", 6)


COMMON = {"workload": "handshake", "implementation": "x", "version": "1.2"}


def comparison(median: float, width: float = 0.01, floor: float = 0.01) -> PairedComparison:
    return PairedComparison(Interval(median * (1 - width), median, median * (1 + width)), floor, 20)


def result(client: float, server: float, total: float) -> DuelResult:
    comparisons = {"client": comparison(client), "server": comparison(server), "libraries": comparison(total)}
    return DuelResult(side("ssl", key="rsa-2048"), side("utls", key="ed25519", trust="150"), comparisons)


def side(name: str, **axes: str) -> Side:
    both = {**COMMON, "trust": "memory", **axes}
    words = (f"{axis}={value}" for axis, value in both.items() if value != "memory")
    return Side(name, " ".join(words), both, {"version": "1.2"}, Ledger(4, 300, 1000, 2, 4))


def duel_of(*results: DuelResult) -> Duel:
    return Duel(results=results, meter="wall", method="20 epochs", seed=1, governor=None, engines={"x": "y"})


def test_the_answer_is_one_sentence_with_its_uncertainty() -> None:
    assert sentence(result(0.5, 0.8, 0.625)) == (
        "utls is 1.60× faster than ssl (95 % 1.58–1.62), for the client 2.00× (95 % 1.98–2.02), "
        "for the server 1.25× (95 % 1.24–1.26)"
    )


def test_the_faster_side_is_named_first_whichever_it_is() -> None:
    assert sentence(result(1.0, 2.0, 1.5)).startswith("ssl is 1.50× faster than utls (95 % 1.48–1.52)")
    assert "for the client no significant difference" in sentence(result(1.0, 2.0, 1.5))


def test_a_side_for_which_the_faster_one_is_slower_is_said_to_be() -> None:
    assert sentence(result(1.25, 0.4, 0.625)) == (
        "utls is 1.60× faster than ssl (95 % 1.58–1.62), but for the client 1.25× slower (95 % 1.24–1.26), "
        "for the server 2.50× (95 % 2.48–2.53)"
    )
    assert ", but for the server 1.25× slower" in sentence(result(2.0, 0.8, 1.5))


def test_what_is_below_the_floor_is_told_with_the_ratio_of_the_lines_below() -> None:
    said = sentence(result(1.0, 1.0, 1.005))
    assert said == (
        "utls takes 1.005× the time of ssl (95 % 0.995–1.015): no significant difference, "
        "and the noise floor is 1.00 %"
    )


def test_both_formats_hold_every_figure() -> None:
    for name in ("text", "markdown"):
        written = export(report_of_duel(duel_of(result(0.5, 0.8, 0.625))), name, 0)
        assert "0.625" in written
        assert "20 epochs" in written


def test_what_both_sides_share_heads_the_answer_and_each_side_says_its_own() -> None:
    lines = export(report_of_duel(duel_of(result(0.5, 0.8, 0.625))), "text", 0).splitlines()
    assert lines[:3] == [
        "workload=handshake implementation=x version=1.2",
        "  a: trust=memory key=rsa-2048",
        "  b: trust=150 key=ed25519",
    ]
    table = export(report_of_duel(duel_of(result(0.5, 0.8, 0.625))), "markdown", 0)
    assert table.startswith("a: trust=memory key=rsa-2048, b: trust=150 key=ed25519\n")
    assert "| workload=handshake implementation=x version=1.2 | client |" in table


def test_a_duel_survives_being_written_and_read() -> None:
    unknown = PairedComparison(Interval(0.0, 1.1, math.inf), math.inf, 3)
    duel = duel_of(result(0.5, 0.8, 0.625), DuelResult(side("a"), side("b"), {"total": unknown}))
    again = parse(duel_to_json(duel), "here").result
    assert isinstance(again, Duel)
    assert [one.comparisons for one in again.results] == [one.comparisons for one in duel.results]
    assert export(report_of_duel(again), "text", 0).splitlines()[-1] == "20 epochs"
    assert (again.seed, again.meter, again.engines) == (1, "wall", {"x": "y"})


def test_two_values_of_an_axis_are_duelled(capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench(["duel", "implementation=fake,ssl", *QUICKLY, "--json", "x.json"]) == 0
    assert "fake is" in capsys.readouterr().out
    document = json.loads(Path("x.json").read_text(encoding="utf-8"))
    (found,) = document["duel"]
    assert found["comparisons"]["libraries"]["verdict"] == "slower"
    assert found["comparisons"]["libraries"]["epochs"] == 6
    assert found["a"]["negotiated"]["version"] == "1.3"


def test_two_whole_scenarios_are_duelled(capsys: pytest.CaptureFixture[str]) -> None:
    sides = ["--a", "implementation=fake", "--b", "implementation=fake link=unix chain_length=2"]
    assert tlsbench(["duel", *sides, *QUICKLY, "--format", "markdown"]) == 0
    assert "a: chain_length=1 link=memory, b: chain_length=2 link=unix" in capsys.readouterr().out


def test_two_environments_are_duelled_and_a_gate_can_fail(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["duel", "implementation=fake", "key=rsa-2048,ed25519", "--env-b", "COLOUR=blue", *QUICKLY]
    assert tlsbench([*words, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["duel"]
    assert [one["a"]["id"].split("=")[-1] for one in found] == ["rsa-2048", "ed25519"]
    assert found[0]["b"]["name"].endswith("COLOUR=blue")
    assert tlsbench([*words, "--format", "markdown"]) == 0
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("- key=")]
    assert [line.partition(":")[0] for line in said] == ["- key=rsa-2048", "- key=ed25519"]


@pytest.mark.parametrize(("gate", "code"), [("slower>5%", 1), ("slower>900000%", 0), ("faster>5%", 0)])
def test_a_gate_fails_where_b_is_surely_slower(
    gate: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "duel",
        "implementation=fake,ssl",
        *QUICKLY,
        "--fail-on",
        f"{gate} where implementation=ssl",
    ]
    assert tlsbench(words) == code
    assert ("failed 'slower>5% where implementation=ssl'" in capsys.readouterr().err) is bool(code)


def test_a_worker_without_tlsbench_ends_with_three_and_its_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'No module named tlsbench' >&2\nexit 1\n", encoding="utf-8")
    python.chmod(0o755)
    words = ["--python", str(python), "--python", sys.executable]
    assert tlsbench(["duel", "implementation=fake", *words, *QUICKLY]) == 3
    assert "No module named tlsbench" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "a duel needs selectors"),
        (["implementation=ssl"], "the selectors name 1"),
        (["key=ml-dsa-*"], "the selectors name 3"),
        (["--a", "key=rsa-2048"], "give both --a and --b"),
        (["--a", "key=rsa-2048", "--b", "key=rsa-2048"], "are the same scenario"),
        (["--a", "key=ml-dsa-*", "--b", "key=ed25519"], "names 3 scenarios, not one"),
        (["key=rsa-2048", "--a", "key=rsa-2048", "--b", "key=ed25519"], "leave out the other selectors"),
        (["key=rsa-2048", "--python", "x"], "give --python twice, not 1 times"),
        (["key=rsa-2048", "--python", "x", "--python", "x"], "the two sides are the same"),
        (["key=rsa-2048", "--env-b", "COLOUR"], "'COLOUR' sets no variable"),
        (["--a", "key=rsa-2048", "--b", "key=ed25519", "--env-b", "A=b"], "leave out --python and --env"),
        (["implementation=ssl,pyopenssl", "resumption=early-data"], "a side cannot be measured: ssl"),
        (["implementation=ssl,pyopenssl", "--format", "tabel"], "unknown format 'tabel'"),
        (["implementation=ssl,pyopenssl", "--fail-on", "x"], "is not a gate"),
        (
            ["implementation=ssl,pyopenssl", "--fail-on", "slower>5% where key=ed448"],
            "matches none of the cells",
        ),
        (["implementation=ssl,pyopenssl", "--json", "no/x.json"], "cannot write no/x.json"),
    ],
)
def test_a_wrong_duel_is_one_line_and_ends_with_two(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tlsbench(["duel", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1
