"""How every command treats its outputs, tried on fake cells."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tlsbench.cli import output
from tlsbench.cli.app import run as tlsbench
from tlsbench.errors import OutputError

pytestmark = pytest.mark.usefixtures("in_empty_folder")
RUN = ["run", "implementation=fake", "--time-budget", "1ms", "--quiet"]


def process(
    *words: str, redirect: str = "", code: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Start a command through a shell, which can redirect its streams."""
    script = f'{sys.executable} -m tlsbench "$@" {redirect}{code}'
    return subprocess.run(
        ["bash", "-c", script, "bash", *words],
        capture_output=True,
        env={**os.environ, **environment},
        encoding="utf-8",
        errors="replace",
        check=False,
    )


@pytest.fixture
def saved(capsys: pytest.CaptureFixture[str]) -> str:
    """The name of a saved run."""
    assert tlsbench([*RUN, "--save", "base"]) == 0
    capsys.readouterr()
    return "base"


@pytest.mark.parametrize("redirect", ["2>&-", "2>/dev/full", ">&- 2>&- <&-"])
@pytest.mark.slow
def test_a_measurement_is_stored_whatever_becomes_of_the_streams(redirect: str) -> None:
    words = [word for word in RUN if word != "--quiet"]
    assert process(*words, "--json", "x.json", "--save", "base", redirect=redirect).returncode == 0
    assert_stored(1)


@pytest.mark.slow
def test_a_measurement_is_stored_before_it_is_printed() -> None:
    words = [*RUN, "--json", "x.json", "--save", "base"]
    done = redirected([(words, "closed"), (words, "left"), (words, "full")])
    assert [code for code, _ in done] == [0, 0, 3]
    assert done[-1][1].endswith(f"{NO_SPACE}\n")
    assert_stored(3)


def assert_stored(times: int) -> None:
    *_, last = saved_runs = sorted(Path(".benchmarks").rglob("*_base.json"))
    assert len(saved_runs) == times
    assert last.read_bytes() == Path("x.json").read_bytes()
    assert json.loads(last.read_text(encoding="utf-8"))["benchmarks"]


@pytest.mark.parametrize("variables", [{"PYTHONIOENCODING": "latin-1"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
@pytest.mark.parametrize("words", [["show", "base"], ["certs", "demo"]])
def test_what_an_encoding_lacks_is_replaced(words: list[str], variables: dict[str, str], saved: str) -> None:
    done = process(*words, **variables)
    assert done.returncode == 0
    assert done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("words", [["show", "base"], ["compare", "base", "base"], ["history", "version=1.3"]])
def test_a_pipe_is_as_wide_as_the_environment_says(
    words: list[str], saved: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    widths = {}
    for columns in ("60", "90", "400", "many", ""):
        monkeypatch.setenv("COLUMNS", columns)
        assert tlsbench(words) == 0
        widths[columns] = max(map(len, capsys.readouterr().out.splitlines()))
    assert widths["60"] <= 60 < widths["90"] <= 90 < widths["400"]
    assert widths["many"] == widths[""] <= 200


COMMANDS = [
    ["--help"],
    ["--version"],
    ["run", "--help"],
    ["list", "axes"],
    ["list", "implementations", "--json"],
    ["show", "base"],
    ["show", "base", "--format", "csv"],
    ["compare", "base", "base"],
    ["history", "workload=handshake", "--json"],
    ["certs", "--help"],
    ["certs", "demo"],
    ["certs", "init", "pki", "--json", "--force"],
    ["duel", "--a", "implementation=fake", "--b", "implementation=fake key=ed25519", "--time-budget", "1ms"],
]


def redirected(requests: list[tuple[list[str], str]]) -> list[tuple[int, str]]:
    """The exit code of each of these commands, and its output on standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.redirected"],
        input=json.dumps(requests),
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        text=True,
        check=True,
    )
    return [tuple(one) for one in json.loads(done.stdout)]


NO_SPACE = "tlsbench: cannot write standard output: No space left on device"


@pytest.mark.slow
def test_no_command_minds_a_reader_that_leaves_nor_hides_a_full_disk(saved: str) -> None:
    requests = [(words, how) for words in COMMANDS for how in ("closed", "left", "full")]
    for (words, how), (code, errors) in zip(requests, redirected(requests), strict=True):
        assert "Traceback" not in errors, words
        said = [line for line in errors.splitlines() if line.startswith("tlsbench:")]
        assert (code, said) == ((3, [NO_SPACE]) if how == "full" else (0, [])), (words, how)


def slower(name: str, factor: float) -> None:
    document = json.loads(Path("x.json").read_text(encoding="utf-8"))
    for benchmark in document["benchmarks"]:
        for times in benchmark["extra_info"]["tlsbench"]["figures"].values():
            times["round_medians"] = [time * factor for time in [100.0, 101.0, 102.0] * 20]
    document["tlsbench"]["noise_floor"] = {"handshake": 0.01}
    Path(name).write_text(json.dumps(document), encoding="utf-8")


@pytest.mark.slow
def test_a_gate_keeps_its_code_whatever_becomes_of_the_output() -> None:
    assert tlsbench([*RUN, "--json", "x.json"]) == 0
    slower("old.json", 1.0)
    slower("new.json", 2.0)
    words = ["compare", "old.json", "new.json", "--fail-on", "slower>5%"]
    codes = [code for code, _ in redirected([(words, how) for how in ("closed", "left", "full")])]
    assert codes == [1, 1, 1]


def test_each_output_survives_the_failure_of_the_others(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = output.files.write

    def fail_for_json(path: Path, content: str | bytes) -> None:
        if path.suffix == ".json":
            raise OutputError(f"cannot write {path}: No space left on device")
        real(path, content)

    monkeypatch.setattr(output.files, "write", fail_for_json)
    assert tlsbench([*RUN, "--json", "x.json", "--save", "base", "--report", "x.html"]) == 3
    out, err = capsys.readouterr()
    assert "engines: fake = none" in out
    assert [line.split(" /")[0] for line in err.splitlines()] == [
        "tlsbench: cannot write x.json: No space left on device",
        f"saved {next(Path('.benchmarks').rglob('0001_base.json'))}",
        "wrote x.html",
    ]


@pytest.mark.slow
def test_what_is_written_to_standard_output_stands_there_alone() -> None:
    done = process(*RUN, "--json", "-")
    assert done.returncode == 0
    assert json.loads(done.stdout)["benchmarks"]
    assert "engines: fake = none" in done.stderr
    assert "wrote standard output" in done.stderr
    page = process(*RUN, "--json", "x.json", "--report", "/dev/stdout").stdout
    assert page.startswith("<!doctype html>")
    assert process("plot", "x.json", "-o", "-").stdout.startswith("<?xml")
    assert process("report", "x.json", "-o", "-").stdout.startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([*RUN, "--json", "-", "--report", "-"], "two outputs cannot both be standard output"),
        ([*RUN, "--json", "x" * 300], "File name too long"),
        ([*RUN, "--save", "語" * 100], "is too long: a saved run's file has a name of"),
        ([*RUN, "--report", "no/x.html"], "cannot write no/x.html: No such file or directory"),
        (["duel", "key=rsa-2048,ed25519", "--json", "no/x"], "cannot write no/x: No such file or directory"),
        (["load", "127.0.0.1:1", "--json", "no/x"], "cannot write no/x: No such file or directory"),
        (["load", "127.0.0.1:1", "--hgrm", "no"], "--hgrm no: there is no such folder"),
        (["serve", "--json", "no/x"], "cannot write no/x: No such file or directory"),
        (["serve", "--root", "no/x"], "cannot write no/x: No such file or directory"),
        (["certs", "init", "/proc/pki"], "cannot write /proc/pki: No such file or directory"),
        (["history", "-o", "x.gif"], "x.gif: a picture ends with .svg, .png, .pdf"),
        (["plot", "base", "-o", "no/x.svg"], "cannot write no/x.svg: No such file or directory"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is_done(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tlsbench(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1
    assert list(Path().iterdir()) == []


def test_a_storage_that_is_a_file_is_refused_before_anything_is_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path(".benchmarks").touch()
    assert tlsbench([*RUN, "--save", "base"]) == 2
    assert "cannot save in .benchmarks" in capsys.readouterr().err


def test_a_page_that_is_there_is_replaced_only_when_it_is_named(
    saved: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tlsbench(["report", saved]) == 0
    Path("report.html").write_text("mine", encoding="utf-8")
    capsys.readouterr()
    assert tlsbench(["report", saved]) == 2
    assert "report.html exists already: -o report.html replaces it" in capsys.readouterr().err
    assert Path("report.html").read_text(encoding="utf-8") == "mine"
    assert tlsbench(["report", saved, "-o", "report.html"]) == 0
    assert Path("report.html").read_text(encoding="utf-8") != "mine"


@pytest.mark.parametrize("kind", ["json", "report", "plot"])
@pytest.mark.slow
def test_outputs_follow_links_and_leave_pipes_pipes(kind: str, saved: str) -> None:
    words = {
        "json": [*RUN, "--json"],
        "report": ["report", saved, "-o"],
        "plot": ["plot", saved, "-o"],
    }[kind]
    name = "x.svg"
    Path("folder").mkdir()
    Path(name).symlink_to("folder/target")
    assert tlsbench([*words, name]) == 0
    assert Path(name).is_symlink()
    assert Path("folder/target").stat().st_size > 1000
    os.mkfifo("pipe.svg")
    done = subprocess.run(
        [
            "bash",
            "-c",
            f'cat pipe.svg > read & {sys.executable} -m tlsbench "$@" pipe.svg; wait',
            "-",
            *words,
        ],
        capture_output=True,
        check=False,
    )
    assert done.stderr.splitlines()[-1].startswith(b"wrote pipe.svg")
    assert Path("pipe.svg").is_fifo()
    assert Path("read").stat().st_size > 1000


@pytest.mark.parametrize(
    "words",
    [
        RUN,
        [
            "duel",
            "--a",
            "implementation=fake",
            "--b",
            "implementation=fake key=ed25519",
            "--time-budget",
            "1ms",
        ],
    ],
    ids=lambda words: words[0],
)
@pytest.mark.slow
def test_what_cannot_be_laid_out_is_stored_all_the_same(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_text: str) -> None:
        raise ArithmeticError

    monkeypatch.setattr(output, "write", fail)
    with pytest.raises(ArithmeticError):
        tlsbench([*words, "--json", "x.json"])
    assert json.loads(Path("x.json").read_text(encoding="utf-8"))
