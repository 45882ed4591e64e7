from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import pytest
import typer

from tlsbench.cli.app import run as tlsbench
from tlsbench.cli.commands.certs import COMMANDS as CERTS
from tlsbench.cli.commands.fleet import COMMANDS as FLEET
from tlsbench.cli.group import app
from tlsbench.cli.overview import COMMANDS, overview
from tlsbench.scenarios.axes import AXES

pytestmark = pytest.mark.usefixtures("in_empty_folder")
QUICKLY = ["--time-budget", "1ms"]
STARS = [f"{axis}=*" for axis in ("version", "cipher", "group", "key", "chain_length", "resumption", "trust")]
STARS += ["signature=*", "ocsp=*"]
COUNT = f"{prod(len(AXES[star.partition('=')[0]].values) for star in STARS):,}"


def test_a_run_prints_its_table_and_ends_with_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench(["run", "implementation=fake", "resumption=none,psk", *QUICKLY]) == 0
    out, err = capsys.readouterr()
    assert "psk" in out
    assert "engines: fake = none" in out
    assert "measuring" in err


@pytest.mark.parametrize("name", ["ssl", "pyopenssl"])
def test_real_libraries_are_measured_and_proved(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = [f"implementation={name}", "version=1.2,1.3", "workload=handshake,bulk,echo", "size=1KiB"]
    assert tlsbench(["run", *words, *QUICKLY, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert len(document["benchmarks"]) == 6
    for benchmark in document["benchmarks"]:
        assert benchmark["extra_info"]["tlsbench"]["negotiated"]["version"] == benchmark["params"]["version"]


@pytest.mark.slow
def test_a_result_is_saved_and_shown_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        tlsbench(["run", "implementation=fake", "key=*", *QUICKLY, "--save", "base", "--json", "x.json"]) == 0
    )
    capsys.readouterr()
    (saved,) = Path(".benchmarks").rglob("0001_base.json")
    assert saved.read_bytes() == Path("x.json").read_bytes()
    for reference in ("base", "1", "x.json"):
        assert tlsbench(["show", reference, "--format", "markdown", "--baseline", "key=ed25519"]) == 0
        out = capsys.readouterr().out
        assert re.search(r"\| ed25519 .*\| = \|", out)
        assert re.search(r"^- measured: \d{4}-\d\d-\d\d .*, CPython [\d.]+, tlsbench ", out, re.MULTILINE)


def test_a_stored_run_is_measured_again_by_its_meter(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["implementation=fake", "version=1.2,1.3", "--meter", "cpu", "--json", "published.json"]
    assert tlsbench(["run", *words, *QUICKLY]) == 0
    assert tlsbench(["run", "--like", "published.json", "--json", "here.json", *QUICKLY]) == 0
    published, here = (json.loads(Path(name).read_text()) for name in ("published.json", "here.json"))
    for document in (published, here):
        assert document["tlsbench"]["conditions"]["meter"] == "cpu"
    assert [one["name"] for one in published["benchmarks"]] == [one["name"] for one in here["benchmarks"]]
    capsys.readouterr()
    assert tlsbench(["run", "--like", "here.json", "--profile", "quick"]) == 2
    assert "--like takes the scenarios from a result: leave out --profile" in capsys.readouterr().err


@pytest.mark.slow
def test_an_interrupted_run_keeps_what_it_has() -> None:
    command = [sys.executable, "-m", "tlsbench", "run", "implementation=fake", "--time-budget", "60s"]
    process = subprocess.Popen(
        [*command, "--precision", "0", "--json", "x.json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("measuring"):
            break
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "stopped by interrupt" in out
    assert json.loads(Path("x.json").read_text(encoding="utf-8"))["benchmarks"][0]["stats"]["rounds"] > 0


def test_a_cell_that_fails_ends_with_three_and_its_reason(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tlsbench.implementations.pyopenssl import bindings as openssl_bindings

    monkeypatch.setattr(openssl_bindings, "set_groups", lambda context, names: None)
    words = ["implementation=pyopenssl", "group=secp384r1,X25519MLKEM768"]
    assert tlsbench(["run", *words, *QUICKLY]) == 3
    out, err = capsys.readouterr()
    assert "wanted secp384r1, got X25519MLKEM768 (seen by the wire)" in err
    assert "failed: workload=handshake" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "key=rsa-2047"], "unknown key 'rsa-2047': did you mean 'rsa-2048'?"),
        (["run", "--profile", "quik"], "unknown profile 'quik': did you mean 'quick'?"),
        (["run", "--format", "tabel"], "unknown format 'tabel': did you mean 'table'?"),
        (["run", "--meter", "cup"], "unknown meter 'cup': did you mean 'cpu'?"),
        (["run", "--time-budget", "soon"], "'soon' is not a time"),
        (["run", "--precision", "120%"], "'120%' is not a precision"),
        (["run", "--json", "no/folder/x.json"], "cannot write no/folder/x.json: No such file or directory"),
        (["run", "--save", "a/b"], "'a/b' is not a name for a saved run"),
        (["run", "--baseline", "key=ed25519"], "--baseline 'key=ed25519' selects none of the cells"),
        (
            ["run", "implementation=ssl", "resumption=early-data"],
            "nothing to measure: ssl: it has no",
        ),
        (["run", "--pin", "4096"], "--pin 4096: no such processor"),
        (["run", "--profile", "quick", "workload=bulk", "resumption=psk"], "nothing to measure"),
        (["run", "--sed", "1"], "No such option: --sed"),
        (["run", "--seed", "x"], "Invalid value for '--seed'"),
        (["shwo"], "No such command 'shwo'"),
        (["show"], "Missing argument 'RESULT'"),
        (["show", "nothing"], "no file 'nothing', and no saved run"),
        (["list", "axs"], "unknown list 'axs': did you mean 'axes'?"),
        (["list", "axes", "key=*"], "takes no selectors"),
        (["list", *STARS], f"the selectors ask for {COUNT} combinations, more than the 50,000"),
        (["run", *STARS], f"the selectors ask for {COUNT} combinations"),
        (["duel", *STARS], f"the selectors ask for {COUNT} combinations"),
        (["duel", "--a", " ".join(STARS), "--b", "key=rsa"], f"the selectors ask for {COUNT} combinations"),
        (["run", "--profile", "full", *STARS], "combinations, more than the 50,000"),
    ],
)
def test_a_wrong_request_is_one_line_and_ends_with_two(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tlsbench(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("tlsbench: ")
    assert message in err
    assert err.count("\n") == 1
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("words", [[], ["--help"], ["run", "--help"], ["list", "--help"], ["show", "-h"]])
def test_help_teaches_with_examples(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench(words) == 0
    out = capsys.readouterr().out
    assert out.startswith("Usage: tlsbench")
    assert out.count("  tlsbench ") >= 3


def commands(group: Any, *names: str) -> Iterator[tuple[str, ...]]:
    """The words of every command, including groups."""
    yield names
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, *names, name)


EVERY = list(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("words", EVERY, ids=lambda words: " ".join(words) or "tlsbench")
def test_every_help_has_three_examples_that_its_own_parser_takes(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert tlsbench([*words, "--help"]) == 0
    lines = re.sub(r"\\\n *", "", capsys.readouterr().out).splitlines()  # joined lines
    examples = [line.strip() for line in lines if re.match(r" +(?:[\w./-]+ )*tlsbench [a-z]+", line)]
    assert len(examples) >= 3
    for example in examples:
        command: Any = typer.main.get_command(app)
        rest = shlex.split(example.split("   ")[0])
        rest = rest[rest.index("tlsbench") + 1 :]
        while hasattr(command, "commands"):
            command, rest = command.commands[rest[0]], rest[1:]
        command.make_context(command.name, rest)  # raises if an option or an argument is wrong


def test_the_version_names_every_engine(capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench(["--version"]) == 0
    out = capsys.readouterr().out
    assert re.match(r"tlsbench \d+\.\d+", out)
    assert re.search(r"ssl +OpenSSL \d", out)


@pytest.mark.parametrize("what", ["axes", "implementations", "profiles"])
def test_lists_are_for_people_and_for_machines(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench(["list", what]) == 0
    text = capsys.readouterr().out
    assert tlsbench(["list", what, "--json"]) == 0
    entries = json.loads(capsys.readouterr().out)
    assert entries
    assert all(entry["name"] in text and entry["summary"] in text for entry in entries)


def test_the_list_of_scenarios_tells_what_cannot_be_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench(["list", "implementation=ssl,pyopenssl", "group=X25519MLKEM768"]) == 0
    out = capsys.readouterr().out
    assert "1 scenario, 1 excluded" in out
    assert "excluded 1: ssl: Python" in out
    assert tlsbench(["list", "scenarios", "key=ed25519", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scenarios"][0]["axes"]["key"] == "ed25519"


def test_what_an_implementation_cannot_do_is_listed_with_its_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tlsbench(["list", "implementations"])
    assert "cannot: it has no early data" in capsys.readouterr().out


HEAVY = (
    "trustme",
    "numpy",
    "scipy",
    "rich",
    "psutil",
    "pytest",
    "pytest_benchmark",
    "matplotlib",
    "plotly",
    "hdrh",
    "h11",
)
HELPS = [
    *([name, "--help"] for name in COMMANDS),
    *(["certs", name, "--help"] for name in CERTS),
    *(["fleet", name, "--help"] for name in FLEET),
]
LIBRARIES = ("cryptography", "OpenSSL", "utls", "rtls", "mbedtls", "tlslite")


@pytest.mark.parametrize(
    ("words", "heavy"),
    [
        (["--help"], (*HEAVY, *LIBRARIES, "cffi", "typer", "pydantic", "difflib", "tlsbench.scenarios")),
        (["list", "axes"], (*HEAVY, *LIBRARIES, "cffi")),
        (["list", "profiles"], (*HEAVY, *LIBRARIES, "cffi")),
        (["list", "implementations"], HEAVY),
        (["list", "scenarios", "--profile", "full"], HEAVY),
        (["certs"], (*HEAVY, *LIBRARIES, "cffi")),
        *((words, (*HEAVY, *LIBRARIES, "cffi")) for words in HELPS),
    ],
)
def test_help_and_lists_import_nothing_heavy(words: list[str], heavy: tuple[str, ...]) -> None:
    script = (
        f"import sys; from tlsbench.cli.app import run; run({words}); "
        f"print({set(heavy)} & sys.modules.keys())"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert printed.stdout.splitlines()[-1] == "set()"


def test_the_overview_names_every_command_and_every_option_in_lines_of_a_terminal() -> None:
    text = overview()
    group: Any = typer.main.get_command(app)
    assert list(group.commands) == re.findall(
        r"^  ([\w-]+)  +\w", text.partition("Commands:")[2], re.MULTILINE
    )
    for option in (spelling for parameter in group.params for spelling in parameter.opts):
        assert f"  {option} " in text
    assert max(map(len, text.splitlines())) < 80


@pytest.mark.parametrize("group", ["certs", "fleet"])
def test_the_commands_of_a_group_have_their_whole_line(
    group: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert tlsbench([group, "--help"]) == 0
    lines = capsys.readouterr().out.partition("Commands:\n")[2].splitlines()
    assert len(lines) == 5
    assert all(line.endswith(".") and not line.endswith("...") for line in lines), lines


def test_a_reader_that_leaves_early_is_no_error() -> None:
    command = f"{sys.executable} -m tlsbench list scenarios --profile full | head -1"
    printed = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert printed.stdout.startswith("workload=")
    assert printed.stderr == ""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux lets a process choose")
def test_a_pinned_run_stays_on_its_processor() -> None:
    cpu = max(os.sched_getaffinity(0))
    words = ["run", "implementation=fake", "--time-budget", "1ms", "--pin", str(cpu)]
    script = f"import os; from tlsbench.cli.app import run; run({words}); print(os.sched_getaffinity(0))"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert printed.stdout.splitlines()[-1] == f"{{{cpu}}}"
