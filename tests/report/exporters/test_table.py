from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console
from tests.report.exporters.made import REPORTS, report

from tlsbench.report.exporters import export
from tlsbench.report.exporters.table import terminal
from tlsbench.results import Failure


@pytest.mark.parametrize("name", REPORTS)
def test_plain_text_is_no_wider_than_it_may_be(name: str) -> None:
    made = replace(report(name), told="")
    for width in (60, 100, 200):
        assert max(map(len, export(made, "table", width).splitlines())) <= width


def test_light_columns_give_way_first_and_the_reader_is_told() -> None:
    narrow = export(report("run.json slower"), "table", 80).splitlines()
    heading = next(line for line in narrow if line.startswith("cell"))
    assert "new/base" in heading
    assert "floor" not in heading
    assert "2 columns hidden (p, floor): widen the terminal" in narrow
    assert "hidden" not in export(report("run.json slower"), "table", 160)


def test_what_the_title_says_is_not_said_again_of_a_cell_that_failed() -> None:
    made = report("run.json incomplete")
    failure = Failure("workload=handshake group=secp256r1 key=ed25519", "wanted x25519")
    failed = f"failed: {failure.id}: {failure.error}"
    text = export(replace(made, notes=[failed], errors=[failure]), "table", 200)
    assert "group=secp256r1" in text.splitlines()[0]
    assert "failed: workload=handshake key=ed25519: wanted x25519" in text


def test_a_selector_that_a_sentence_advises_is_kept_though_the_title_has_it() -> None:
    made = report("run.json incomplete")
    advice = "excluded 4: ed25519 needs another curve: leave out group=, or use group=secp256r1"
    text = export(replace(made, notes=[advice]), "table", 200)
    assert "group=secp256r1" in text.splitlines()[0]
    assert advice in text.splitlines()


def test_a_gate_names_a_cell_by_what_the_title_does_not_say() -> None:
    made = report("run.json slower")
    (line, *_) = [
        one for one in export(made, "table", 300).splitlines() if one.startswith("failed 'slower>5%'")
    ]
    long, short = made.failed[0], line
    assert len(short) < len(long)
    assert short.endswith(long.rpartition(": ")[2])


def test_a_command_that_is_advised_or_that_made_a_result_stays_whole() -> None:
    plain = report("run.json slower")
    title = plain.sheets[0].title
    assert "group=" in title
    made = replace(plain, undecided=("undecided",), advice=f"duel {title} --a", origin=(f"run {title} -q",))
    shown = export(made, "table", 1000).splitlines()
    assert f"duel {title} --a" in shown
    assert f"run {title} -q" in shown


def test_what_tells_a_duel_is_wrapped_between_words_on_a_terminal() -> None:
    made = report("duel.json")
    console = Console(file=io.StringIO(), force_terminal=True, width=50, color_system=None)
    console.print(terminal(made, 50))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= 50
    assert text.split() == made.told.split()


def test_warnings_of_a_comparison_stand_above_it_and_failed_gates_below() -> None:
    made = replace(report("run.json slower"), warnings=["different processor"])
    lines = export(made, "table", 160).splitlines()
    assert lines[0] == "WARNING: different processor"
    assert "failed 'slower>50%'" in "\n".join(lines[-16:])


def test_verdicts_have_colours_on_a_terminal() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=160, color_system="standard")
    console.print(terminal(report("run.json slower"), 160))
    assert isinstance(console.file, io.StringIO)
    assert "\x1b[31m" in console.file.getvalue()


def test_what_tells_a_duel_in_words_is_printed_in_its_lines() -> None:
    made = report("duel.json")
    assert export(made, "table", 40) == export(made, "text", 40) == made.told
    assert "\n  total     b/a 0.6884  95 % 0.6740–0.7117  noise floor 4.99 %  faster\n" in made.told
