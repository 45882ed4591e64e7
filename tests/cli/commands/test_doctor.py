from __future__ import annotations

import json

import pytest

from tlsbench.cli.app import run as tlsbench
from tlsbench.session import doctor as doctor_module
from tlsbench.topology import Processor

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_module, "_NOISE_SECONDS", 0.5)


def test_the_doctor_grades_every_point_for_people_and_for_machines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert tlsbench(["doctor", "--format", "json"]) == 0
    findings = json.loads(capsys.readouterr().out)
    names = {finding["name"] for finding in findings}
    assert names >= {
        "governor",
        "turbo",
        "CPU quota",
        "timer",
        "CPU features",
        "kernel TLS",
        "A/A noise floor",
        "other load",
    }
    assert {finding["grade"] for finding in findings} <= {"good", "fair", "poor", "unknown"}
    assert all(finding["remedy"] for finding in findings if finding["grade"] in ("fair", "poor"))


def test_the_table_has_a_row_for_each_point(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_module, "_features", list)
    assert tlsbench(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "A/A noise floor" in out
    assert "remedy" in out


def test_the_processors_for_threads_are_named_in_their_order_and_by_their_nodes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    two_nodes = (Processor(0, 0, 0), Processor(2, 2, 1), Processor(1, 0, 0), Processor(3, 2, 1))
    monkeypatch.setattr(doctor_module, "processors", lambda: two_nodes)
    threads, nodes = doctor_module._places()
    assert threads.grade == "good"
    assert threads.found == "2 cores, 4 processors, for threads in the order 0, 2, 1, 3"
    assert (nodes.grade, nodes.found) == ("fair", "node 0: 0, 1; node 1: 2, 3")
    assert "--pin" in nodes.remedy
    monkeypatch.setattr(doctor_module, "processors", lambda: two_nodes[:1])
    threads, nodes = doctor_module._places()
    assert (threads.grade, nodes.grade) == ("fair", "good")
    assert threads.remedy


def test_an_engine_that_does_not_use_aes_is_poor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_module, "machine_info", lambda: {"cpu": {"flags": ["aes", "pclmulqdq"]}})
    monkeypatch.setattr(doctor_module, "_time_of_aes", lambda environment: 100.0)
    findings = {finding.name: finding for finding in doctor_module._features()}
    assert findings["engine uses AES-NI"].grade == "poor"
    assert "lacks VAES" in findings["CPU features"].found


@pytest.mark.parametrize(("lacking", "grade"), [("", "good"), ("this kernel has no TLS", "unknown")])
def test_the_doctor_says_whether_the_kernel_has_tls(
    lacking: str, grade: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_module, "why_no_kernel_tls", lambda: lacking)
    finding = doctor_module._kernel_tls()
    assert finding.grade == grade
    assert lacking in finding.found
    assert ("modprobe tls" in finding.remedy) is bool(lacking)


def test_a_processor_without_aes_is_told_what_to_prefer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_module, "machine_info", lambda: {"cpu": {"flags": ["sse2"]}})
    (finding,) = doctor_module._features()
    assert finding.remedy == "prefer ChaCha20-Poly1305"


def test_a_variable_that_changes_figures_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENSSL_ia32cap", "~0x2")
    found = {finding.name: finding for finding in doctor_module._variables()}["variable OPENSSL_ia32cap"]
    assert found.found == "'~0x2' changes what is measured"
    assert found.remedy == "unset OPENSSL_ia32cap"


def test_another_format_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench(["doctor", "--format", "xml"]) == 2
    assert "unknown format 'xml'" in capsys.readouterr().err
