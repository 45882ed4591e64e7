from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tlsbench.cli.app import run
from tlsbench.cli.fleets import address_of, allowed
from tlsbench.errors import RequestError

pytestmark = pytest.mark.usefixtures("in_empty_folder")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["fleet", "load", "192.0.2.1:443", "--local", "2"], "is not loopback: add --i-may-load-this-target"),
        (["fleet", "load", "127.0.0.1:1"], "give --scheduler ADDRESS, or --local N"),
        (["fleet", "load", "unix:/tmp/x", "--local", "2"], "is on this machine alone: load HOST:PORT"),
        (["fleet", "load", "127.0.0.1:1", "--allow", "version", "--local", "1"], "did you mean 'versions'?"),
        (["fleet", "run", "--local", "33"], "--local 33: it must be from 1 to 32"),
        (["fleet", "run", "--scheduler", "http://a:1"], "--scheduler http://a:1: write tls://HOST:PORT"),
        (["fleet", "run", "machine=a", "--local", "1"], "all machines of a fleet measure"),
        (["fleet", "run", "--local", "1", "--folder", "/dev/null"], "--folder /dev/null: File exists"),
        (["fleet", "run", "--local", "1", "--folder", "/dev/null/in"], "/dev/null/in: Not a directory"),
        (["fleet", "doctor", "--scheduler", "a"], "--scheduler a: write tls://HOST:PORT"),
        (["fleet", "start"], "give --hosts A,B,C"),
        (["fleet", "start", "--hosts", "-oProxyCommand=x"], "'-oProxyCommand=x' is not a host"),
        (["fleet", "certs", "x", "--days", "0"], "--days 0: it must be above 0"),
        (["fleet", "certs", "x", "--certs", "y"], "no such option"),
    ],
)
def test_what_cannot_be_is_one_line_and_nothing_is_started(
    words: list[str],
    why: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    pytest.importorskip("distributed")
    assert run(words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert why.lower() in line.lower()


def test_it_is_said_what_to_install_where_dask_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert run(["fleet", "doctor", "--local", "1"]) == 2
    assert "a fleet needs Dask: pip install" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["--help"], ["fleet", "load", "--help"], ["list", "axes"], ["fleet", "--help"]]
)
def test_nothing_of_dask_is_imported_unless_a_fleet_is_used(words: list[str]) -> None:
    code = (
        "import sys\nfrom tlsbench.cli.app import run\n"
        f"run({words!r})\nprint([one for one in ('dask', 'distributed') if one in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "[]"


def test_a_load_by_a_fleet_takes_the_options_of_a_load_but_those_of_one_machine(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def options(*words: str) -> set[str]:
        assert run([*words, "--help"]) == 0
        out = capsys.readouterr().out
        return {word.strip("[],.") for word in out.split() if word.startswith("--")}

    own = options("fleet", "load") - options("load")
    assert {"--scheduler", "--local", "--certs", "--allow", "--clock-limit"} <= own
    assert options("load") - options("fleet", "load") >= {"--via", "--pcap", "--pcap-connections"}


def test_the_help_of_a_load_by_a_fleet_is_about_several_machines(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fleet", "load", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "--processes N Worker processes on each machine." in said
    assert "TLS servers that every machine reaches" in said
    assert "unix:" not in said


def test_certificates_are_made_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fleet", "certs", "made"]) == 0
    assert "give --certs made to fleet start, run and load" in capsys.readouterr().out
    assert run(["fleet", "certs", "made"]) == 2


def test_an_address_is_encrypted_if_there_are_certificates() -> None:
    assert address_of("192.0.2.1:8786", encrypted=True) == "tls://192.0.2.1:8786"
    assert address_of("[2001:db8::1]:8786", encrypted=False) == "tcp://[2001:db8::1]:8786"
    assert address_of("tcp://192.0.2.1:8786", encrypted=True) == "tcp://192.0.2.1:8786"


def test_workers_of_one_machine_share_it_by_intent() -> None:
    assert allowed(None, local=2) == {"shared-hosts"}
    assert allowed(["versions"]) == {"versions"}
    with pytest.raises(RequestError, match="did you mean 'clocks'"):
        allowed(["clock"])
