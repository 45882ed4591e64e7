from __future__ import annotations

import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from subprocess import run as run_process
from typing import get_args

import pytest
from tests.report.exporters.made import REPORTS, report
from tests.results.documents import FOLDER

from tlsbench.cli.app import run as tlsbench
from tlsbench.errors import RequestError
from tlsbench.report import exporters
from tlsbench.report.exporters import EXPORTERS, check_format, export, formats
from tlsbench.report.sheets import Kind

KINDS: tuple[Kind, ...] = get_args(Kind)


def test_each_exporter_is_a_module_in_the_list_and_each_module_is_an_exporter() -> None:
    files = {path.stem for path in Path(exporters.__file__).parent.glob("*.py")} - {"__init__"}
    assert files == set(EXPORTERS)


@pytest.mark.parametrize("name", REPORTS)
def test_every_result_is_written_in_every_format_of_its_kind(name: str) -> None:
    made = report(name)
    for output_format in formats(made.kind):
        text = export(made, output_format, 120)
        assert text.endswith("\n"), output_format
        assert text.strip(), output_format


def test_a_format_that_is_not_for_a_kind_is_refused_with_those_that_are() -> None:
    with pytest.raises(
        RequestError, match=r"--format text is not for a load: valid are table, markdown, csv"
    ):
        check_format("text", "load")
    with pytest.raises(RequestError, match="unknown format 'xml': valid are csv, github, json"):
        check_format("xml", "run")
    with pytest.raises(RequestError, match="unknown format 'markdwn': did you mean 'markdown'"):
        check_format("markdwn", "duel")


@pytest.mark.parametrize(
    ("command", "kind"), [("run", "run"), ("compare", "comparison"), ("duel", "duel"), ("load", "load")]
)
def test_the_help_of_a_command_names_the_formats_of_its_result(
    command: str, kind: Kind, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    assert tlsbench([command, "--help"]) == 0
    *names, last = formats(kind)
    assert f"Print as {', '.join(names)} or {last}." in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("name", ["run.json", "duel.json", "load.json"])
def test_show_writes_each_kind_in_each_of_its_formats(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FOLDER)
    for output_format in formats(report(name).kind):
        assert tlsbench(["show", name, "--format", output_format]) == 0, output_format
        assert capsys.readouterr().out
    unfit = next((one for one in EXPORTERS if one not in formats(report(name).kind)), "none")
    assert tlsbench(["show", name, "--format", unfit]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_list_of_names_needs_nothing_heavy() -> None:
    code = (
        "import sys, tlsbench.report.exporters; print({'rich', 'numpy', 'csv', 'xml.etree'} & {*sys.modules})"
    )
    done = run_process([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_new_exporter_is_one_module_and_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXPORTERS, "shout", ("load",))
    module = type(sys)("tlsbench.report.exporters.shout")
    vars(module)["write"] = lambda made, width: f"{made.summary[0].upper()}\n"
    monkeypatch.setitem(sys.modules, module.__name__, module)
    assert import_module(module.__name__) is module
    assert export(report("load.json"), "shout", 0).endswith("MB/S OF ANSWERS\n")
    with pytest.raises(RequestError, match="not for a run"):
        export(replace(report("run.json")), "shout", 0)
