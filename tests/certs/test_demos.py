"""Every demo has the outcome that it describes, and a stage detects one that does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tlsbench.certs.demos import DEMOS, load
from tlsbench.certs.demos.stage import DemoError, Stage, Step, described, play
from tlsbench.errors import RequestError
from tlsbench.pki import Template, root_authority

SCRIPTS = Path(__file__).parents[2] / "certs"
ROOT = root_authority("ecdsa-secp256r1")
SERVER = ROOT.issue(Template(names=("localhost",)))
#: The alert that each demo of a failure must show (RFC 8446 section 6.2, RFC 6066 section 8).
ALERTS = {
    "mutual-tls": {"certificate_required", "handshake_failure", "unknown_ca"},
    "wrong-host": {"bad_certificate"},
    "expired": {"certificate_expired"},
    "not-yet-valid": {"bad_certificate"},
    "untrusted-root": {"unknown_ca"},
    "missing-intermediate": {"unknown_ca"},
    "self-signed": {"unknown_ca"},
    "revoked-crl": {"certificate_revoked", "certificate_expired"},
    "revoked-ocsp-stapled": {"bad_certificate_status_response"},
    "must-staple": {"bad_certificate_status_response"},
    "pinning": {"bad_certificate"},
    "name-constraints": {"certificate_unknown"},
    "weak-key": {"bad_certificate"},
    "post-quantum": {"handshake_failure"},
    "acme-shape": {"bad_certificate"},
}


def steps_of(name: str) -> list[Step]:
    steps: list[Step] = []
    load(name)(Stage(steps.append))
    return steps


@pytest.mark.parametrize("name", DEMOS)
@pytest.mark.slow
def test_every_demo_ends_as_it_says_and_shows_its_alerts(name: str) -> None:
    steps = steps_of(name)
    assert any(step.kind in ("works", "holds") for step in steps)
    shown = {
        step.text.split("alert on the wire: ")[1].split(" (")[0] for step in steps if step.kind == "refused"
    }
    assert shown == ALERTS.get(name, set())


@pytest.mark.slow
def test_an_early_request_is_answered_twice_without_anti_replay_and_once_with_it() -> None:
    said = [step.text for step in steps_of("replay") if step.kind in ("holds", "works")]
    assert sum("resumed, early data accepted" in text for text in said) == 2, (
        "each server was really asked early"
    )
    assert any(text.endswith("answered a second time") for text in said)
    assert any(text.endswith("so it was answered once") for text in said)
    (aged,) = (text for text in said if "they are too old" in text)
    assert int(aged.split()[1]) > 5, "OpenSSL's window is 10 s"
    assert said[-1] == "in a new ClientHello it resumes nothing"


def test_an_unknown_demo_is_told_with_the_nearest_one() -> None:
    with pytest.raises(RequestError, match="did you mean 'pinning'"):
        load("pining")


def stage() -> Stage:
    return Stage(lambda _step: None)


def test_a_connection_that_should_work_and_does_not_fails_the_demo() -> None:
    with stage().server(SERVER) as server, pytest.raises(DemoError, match="should have worked, but: unable"):
        stage().works(server)


def test_a_connection_that_should_be_refused_and_works_fails_the_demo() -> None:
    with stage().server(SERVER) as server, pytest.raises(DemoError, match="should have been refused"):
        stage().refused(server, ROOT.certificate, alert="unknown_ca", because="x")


@pytest.mark.parametrize(
    ("alert", "by", "because"),
    [
        ("bad_certificate", "client", "unable to get local issuer"),
        ("unknown_ca", "server", "unable to get local issuer"),
        ("unknown_ca", "client", "expired"),
    ],
)
def test_another_refusal_than_the_one_told_fails_the_demo(alert: str, by: str, because: str) -> None:
    with stage().server(SERVER) as server, pytest.raises(DemoError, match="expected .*unknown_ca"):
        stage().refused(server, alert=alert, by=by, because=because)


def test_what_does_not_hold_fails_the_demo() -> None:
    with pytest.raises(DemoError, match="expected, but not so: two is three"):
        stage().holds("two is three", 2 == 3)  # noqa: PLR0133


def test_a_certificate_without_a_common_name_is_called_by_its_first_name() -> None:
    assert described(ROOT.issue(Template(names=("127.0.0.1",))).leaf) == "'127.0.0.1' (ecdsa-secp256r1)"


def test_a_script_that_fails_ends_with_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    def demo(on: Stage) -> None:
        on.holds("pigs fly", truth=False)

    with pytest.raises(SystemExit) as ended:
        play(demo)
    assert ended.value.code == DemoError.exit_code
    assert capsys.readouterr().err == "tlsbench: expected, but not so: pigs fly\n"


def test_the_folder_of_scripts_has_every_demo_in_less_than_sixty_lines() -> None:
    scripts = {path.stem.replace("_", "-"): path for path in SCRIPTS.glob("*.py")}
    assert set(scripts) == set(DEMOS)
    for path in scripts.values():
        assert len(path.read_text(encoding="utf-8").splitlines()) < 60


def test_a_script_is_the_demo_that_the_package_plays() -> None:
    for path in SCRIPTS.glob("*.py"):
        demo = load(path.stem.replace("_", "-"))
        assert Path(demo.__code__.co_filename).read_text(encoding="utf-8") == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["mutual_tls", "expired"])
def test_a_script_runs_on_its_own(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-OO", SCRIPTS / f"{name}.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stderr
    demo = name.replace("_", "-")
    assert done.stdout.startswith(f"{demo}: {DEMOS[demo]}\n")
    assert "alert on the wire" in done.stdout
    assert not list(tmp_path.iterdir())
