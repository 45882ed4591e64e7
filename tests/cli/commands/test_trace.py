from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tlsbench.cli.app import run as tlsbench

FAKE = ["trace", "implementation=fake", "version=1.3", "key=ecdsa-secp256r1"]


def test_a_trace_is_printed_as_a_ladder(capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench(FAKE) == 0
    assert "├─── flight 1: 52 bytes, 1 record ─" in capsys.readouterr().out


def test_a_trace_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench([*FAKE, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["flights"][0]["wire_bytes"] == 52


def test_a_trace_is_printed_as_a_picture(capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench([*FAKE, "--format", "svg"]) == 0
    assert capsys.readouterr().out.startswith("<svg ")


def test_more_than_one_scenario_is_a_bad_request(capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench(["trace", "implementation=fake", "key=ecdsa-secp256r1,rsa-2048"]) == 2
    assert "a trace needs one scenario, but the selectors name 2" in capsys.readouterr().err


@pytest.mark.parametrize(("path", "files"), [("x.pcapng", ["x.pcapng"]), ("x.pcap", ["x.keylog", "x.pcap"])])
@pytest.mark.usefixtures("in_empty_folder")
def test_a_capture_is_for_its_owner_alone_whatever_was_there(path: str, files: list[str]) -> None:
    Path(path).write_text("old", encoding="utf-8")
    Path(path).chmod(0o644)
    assert tlsbench(["trace", "implementation=ssl", "version=1.3", "key=rsa-2048", "--pcap", path]) == 0
    written = sorted(Path().iterdir())
    assert [one.name for one in written] == files
    assert {stat.S_IMODE(one.stat().st_mode) for one in written} == {0o600}
    assert Path(path).read_bytes()[:3] != b"old"


@pytest.mark.usefixtures("in_empty_folder")
def test_a_library_without_secrets_leaves_no_key_log() -> None:
    assert tlsbench([*FAKE, "--pcap", "x.pcap"]) == 0
    assert [one.name for one in Path().iterdir()] == ["x.pcap"]


def test_a_capture_to_standard_output_has_it_alone(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert tlsbench([*FAKE, "--pcap", "-"]) == 0
    out, err = capfdbinary.readouterr()
    assert out.startswith(b"\x0a\x0d\x0d\x0a")
    assert b"ClientHello" not in out
    assert b"ClientHello" in err


def test_a_path_that_cannot_be_written_is_refused_before_the_handshake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tlsbench([*FAKE, "--pcap", str(tmp_path / "none" / "x.pcapng")]) == 2
    assert "cannot write" in capsys.readouterr().err
