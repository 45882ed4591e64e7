"""Text from outside, through every command that prints it: a line stays one line, and nothing acts."""

from __future__ import annotations

import copy
import json
import os
import re
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from tests.report.page.hostile import poisoned

from tlsbench.cli.app import run as tlsbench
from tlsbench.pki import Validity, new_key

pytestmark = pytest.mark.usefixtures("in_empty_folder")
EVIL = "=1+1|\x1b[2J\x1b]0;title\x07\x9b31m\r\n# heading\n\n<img src=x>`\u202eexe\u2066\u200b\u2028"


@pytest.fixture
def stored() -> dict[str, object]:
    """A result in which every text is harmful."""
    words = ["run", "implementation=fake", "key=rsa-2048,ed25519", "--time-budget", "1ms", "--json", "x.json"]
    assert tlsbench(words) == 0
    return poisoned(json.loads(Path("x.json").read_text(encoding="utf-8")), EVIL)


def harmless(text: str) -> bool:
    return all(line.isprintable() for line in text.replace("\r\n", "\n").split("\n"))  # CSV's, by RFC 4180


@pytest.mark.parametrize(
    "words",
    [
        ["show", "evil.json"],
        ["show", "evil.json", "--format", "markdown"],
        ["show", "evil.json", "--format", "csv"],
        ["show", "evil.json", "--format", "json"],
        ["show", "evil.json", "--format", "github"],
        ["show", "evil.json", "--format", "junit"],
        ["show", "evil.json", "--format", "openmetrics"],
        ["compare", "evil.json", "evil.json"],
        ["compare", "evil.json", "evil.json", "--format", "markdown"],
        ["compare", "evil.json", "evil.json", "--format", "github"],
        ["compare", "evil.json", "evil.json", "--format", "csv"],
        ["compare", "evil.json", "other.json", "--fail-on", "slower>5%", "--format", "junit"],
        ["compare", "evil.json", "evil.json", "--format", "openmetrics"],
        ["compare", "evil.json", "evil.json", "--format", "json"],
        ["compare", "evil.json", "other.json"],
        ["compare", "evil.json", "other.json", "--fail-on", "slower>5%", "--format", "github"],
        ["history", "workload=handshake"],
        ["history", "workload=handshake", "-o", "x.svg"],
        ["history", "workload=handshake", "--json"],
        ["report", "evil.json", "other.json"],
        ["plot", "evil.json", "-o", "x.svg"],
    ],
    ids=" ".join,
)
def test_stored_results_harm_nobody(
    words: list[str], stored: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    other = copy.deepcopy(stored)
    other["benchmarks"] = other["benchmarks"][:1]  # type: ignore[index]
    folder = Path(".benchmarks/any")
    folder.mkdir(parents=True)
    for name, document in (("evil.json", stored), ("other.json", other)):
        Path(name).write_text(json.dumps(document), encoding="utf-8")
        (folder / f"0001_{EVIL[5:20].replace('/', '')}{name}").write_text(
            json.dumps(document), encoding="utf-8"
        )
    capsys.readouterr()
    assert tlsbench(words) in (0, 4), "done, or a gate that is undecided"
    out, err = capsys.readouterr()
    assert harmless(out.replace("\r\n", "\n") if "csv" in words else out)
    assert harmless(err)
    assert not re.search(r"^\s*(-\s*)?# heading", out, re.MULTILINE)
    if "csv" in words:
        assert not re.search(r"(^|,)\"?[=+@-]", out, re.MULTILINE)
    if "markdown" in words:
        assert not re.search(r"(?<!\\)<img", out)
    for page in Path().glob("*.[hs][tv][mg]*"):
        text = page.read_text(encoding="utf-8")
        assert "<img" not in text
        assert "\x1b" not in text
        assert "\u202e" not in text.partition("<script")[0]


def certificate(tmp_path: Path) -> Path:
    """A chain in which all names are harmful."""
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "\x1b[2Jevil\x07\n\u202egnp"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "a\nb\u2066\x9b31m"),
        ]
    )
    key = new_key("ecdsa-secp256r1")
    validity = Validity.days(30)
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)  # type: ignore[arg-type]
        .not_valid_before(validity.not_before)
        .not_valid_after(validity.not_after)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("a\n\x1b[31mb\x07.example")]), critical=False
        )
    )
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding

    path = tmp_path / "evil.pem"
    path.write_bytes(builder.sign(key, SHA256()).public_bytes(Encoding.PEM))  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize(
    "words",
    [
        ["show"],
        ["show", "--json"],
        ["verify", "--root", "evil.pem"],
        ["verify", "--root", "evil.pem", "--json"],
    ],
)
def test_certificates_harm_nobody(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = certificate(tmp_path)
    assert tlsbench(["certs", words[0], str(path), *words[1:]]) in (0, 1)
    out, err = capsys.readouterr()
    assert out
    assert harmless(out)
    assert err == ""


SAID = "\x1b[31m\x07\nred\u202e\udcff"


@pytest.mark.parametrize(
    "words",
    [
        ["run", f"key={SAID}"],
        ["run", f"{SAID}=1"],
        ["run", "--profile", SAID],
        ["run", "--format", SAID],
        ["run", "--baseline", f"key={SAID}"],
        ["run", "--json", f"no/{SAID}"],
        ["run", "--save", SAID],
        ["run", f"--{SAID}"],
        ["run", "--seed", SAID],
        [SAID],
        ["show", SAID],
        ["show", f"{SAID}.json"],
        ["compare", SAID, SAID],
        ["duel", SAID],
        ["report", SAID],
        ["list", SAID],
        ["load", SAID],
        ["serve", SAID],
        ["certs", "show", SAID],
        ["certs", "init", f"file/{SAID}"],
        ["certs", "serve", SAID],
        ["certs", "verify", SAID, "--root", SAID],
        ["certs", "demo", SAID],
    ],
    ids=lambda words: " ".join(words).encode("unicode_escape").decode(),
)
def test_what_was_typed_comes_back_in_one_harmless_line(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("file").touch()
    Path(os.fsdecode(os.fsencode(f"{SAID}.json"))).write_text("no JSON", encoding="utf-8")
    assert tlsbench(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("tlsbench: ")
    assert err.count("\n") == 1
    assert harmless(err)
