from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def tlsbench(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(folder), os.environ.get("PYTHONPATH", "")))
    return subprocess.run(
        [sys.executable, "-m", "tlsbench", *arguments],
        env={**os.environ, "PYTHONPATH": path, **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
    )


def engines(folder: Path, **environment: str) -> dict[str, dict[str, object]]:
    done = tlsbench(folder, "engines", "--json", **environment)
    assert done.returncode == 0, done.stderr
    return {one["implementation"] or one["file"]: one for one in json.loads(done.stdout)["engines"]}


def test_libraries_that_crash_raise_and_lie_are_listed_and_all_others_are_there(tmp_path: Path) -> None:
    for name, source in (
        ("utls", "import os\nos.abort()"),
        ("rtls", "import ctypes\nctypes.string_at(0)"),
        ("tlslite", "raise ImportError('no libfoo.so.1')"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(source)
    (tmp_path / "libssl.so").write_text("not a library")
    (tmp_path / "mine.py").write_text(
        "from tlsbench.implementations.fake import Fake\n"
        "class Mine(Fake):\n"
        "    __slots__ = ()\n"
        "    def __init__(self): super().__init__(id='mine', summary='a third party')\n"
        "    def capabilities(self): raise RuntimeError('no list of ciphers')\n"
    )
    metadata = tmp_path / "mine-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[tlsbench.implementations]\nmine = mine:Mine\n")
    found = engines(tmp_path, LD_LIBRARY_PATH=str(tmp_path))
    reasons = {name: str(one["reason"]) for name, one in found.items() if one["state"] == "does not load"}
    assert "signal 6" in reasons["utls"]
    assert "signal 11" in reasons["rtls"]
    assert reasons["tlslite"] == "ImportError: no libfoo.so.1"
    assert reasons["mine"] == "RuntimeError: no list of ciphers"
    assert reasons[f"libssl:{tmp_path / 'libssl.so'}"]
    assert found["pyopenssl"]["state"] == ""
    assert found["pyopenssl"]["selector"] == "implementation=pyopenssl"


#: Makes OpenSSL load a provider that does not exist, and no other that has ciphers.
NO_SUCH_PROVIDER = """
openssl_conf = init
[init]
providers = providers
[providers]
base = base
gone = gone
[base]
activate = 1
[gone]
module = /nowhere/gone.so
activate = 1
"""


def test_a_configuration_that_names_a_missing_provider_leaves_the_others_in_use(tmp_path: Path) -> None:
    configuration = tmp_path / "openssl.cnf"
    configuration.write_text(NO_SUCH_PROVIDER)
    found = engines(tmp_path, OPENSSL_CONF=str(configuration))
    states = {name: one["state"] for name, one in found.items()}
    assert states["pyopenssl"] == ""
    if states["ssl"] == "":
        pytest.skip("this Python's OpenSSL does not read the configuration")
    assert states["ssl"] == "does not load"
    assert found["ssl"]["reason"]


def test_people_read_a_table_and_what_cannot_be_measured_under_it(tmp_path: Path) -> None:
    (tmp_path / "libssl.so").write_text("not a library")
    done = tlsbench(tmp_path, "engines", LD_LIBRARY_PATH=str(tmp_path))
    assert done.returncode == 0, done.stderr
    above, _, below = done.stdout.partition("found, but cannot be measured:")
    assert "implementation=pyopenssl" in above
    assert f"{tmp_path / 'libssl.so'}" in below
    assert "does not load: " in below


def test_only_the_selectors_are_printed_for_programs(tmp_path: Path) -> None:
    done = tlsbench(tmp_path, "engines", "--measurable")
    lines = done.stdout.splitlines()
    assert "implementation=pyopenssl" in lines
    assert all(line.startswith("implementation=") for line in lines)
