"""A library that does not load affects only itself; another distribution's is added by its entry point."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tlsbench.errors import RequestError
from tlsbench.implementations import registry
from tlsbench.implementations.missing import DOES_NOT_LOAD, Missing
from tlsbench.implementations.registry import (
    GROUP,
    capabilities,
    implementations,
    primitive_libraries,
    tls_libraries,
    tls_library,
)

#: What a library may do while it loads, and the start of the reason given.
FAULTS = {
    "raise ImportError('no libfoo.so.1')": "ImportError: no libfoo.so.1",
    "raise OSError(2, 'gone')": "FileNotFoundError: [Errno 2] gone",
    "raise AttributeError('lib has no X509_V_FLAG')": "AttributeError: lib has no X509_V_FLAG",
    "class OwnError(Exception): pass\nraise OwnError('line one\\nline two')": "OwnError: line one line two",
    "raise SystemExit('needs a licence')": "SystemExit: needs a licence",
    "class Panic(BaseException): pass\nraise Panic": "Panic",
    "syntax error": "SyntaxError: invalid syntax",
    "thing = 1": "AttributeError: module 'broken_library' has no attribute 'MEMBER'",
    "MEMBER = 1": "broken_library:MEMBER is not an implementation: see tlsbench.implementations.contract",
    "from tlsbench.implementations.fake import Fake as MEMBER": "broken_library:MEMBER has the id 'fake'",
}
MEMBER = """
from tlsbench.implementations.fake import Fake
class Mine(Fake):
    __slots__ = ()
    def __init__(self): super().__init__(id="mine", summary="a third party's")
    {method}
MEMBER = Mine
"""
#: Where a library that loads may still fail.
LATER = {
    "def engine(self): raise ValueError('no version')": "ValueError: no version",
    "def capabilities(self): raise RuntimeError('no list of ciphers')": "RuntimeError: no list of ciphers",
}


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], object]:
    """What the registry makes of a module with the given source."""
    monkeypatch.syspath_prepend(tmp_path)

    def load(name: str, source: str) -> object:
        (tmp_path / "broken_library.py").write_text(source)
        monkeypatch.delitem(sys.modules, "broken_library", raising=False)
        return registry.load(name, EntryPoint(name, "broken_library:MEMBER", GROUP))

    return load


@pytest.mark.parametrize(("source", "reason"), FAULTS.items())
def test_a_library_that_does_not_load_is_listed_with_its_reason(
    source: str, reason: str, library: Callable[[str, str], object]
) -> None:
    member = library("broken", source)
    assert isinstance(member, Missing)
    assert member.engine() == DOES_NOT_LOAD
    assert member.reason.startswith(reason)
    assert "\n" not in member.reason


@pytest.mark.parametrize(("method", "reason"), LATER.items())
def test_so_is_one_that_loads_and_cannot_say_what_it_can(
    method: str, reason: str, library: Callable[[str, str], object]
) -> None:
    member = library("mine", MEMBER.format(method=method))
    assert isinstance(member, Missing)
    assert member.reason.startswith(reason)


def test_an_interrupt_while_a_library_loads_is_none_of_its_faults(
    library: Callable[[str, str], object],
) -> None:
    with pytest.raises(KeyboardInterrupt):
        library("broken", "raise KeyboardInterrupt")


def test_only_the_registered_are_found_by_looking_up() -> None:
    for mapping in (implementations(), capabilities()):
        assert "libssl:/nowhere" not in mapping
        with pytest.raises(KeyError):
            mapping["libssl:/nowhere"]  # type: ignore[index]  # of a union of two mappings
    with pytest.raises(RequestError, match="there is no file /nowhere"):
        capabilities({"client": ("libssl:/nowhere",)})["libssl:/nowhere"]


def test_tls_libraries_and_primitive_libraries_are_apart() -> None:
    assert "cryptography" not in tls_libraries()
    assert set(primitive_libraries()) == {"cryptography", "libssl", "pyopenssl"}
    with pytest.raises(RequestError, match="cryptography has no TLS"):
        tls_library("cryptography")


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


def listed(folder: Path, what: str = "engine", **environment: str) -> dict[str, Any]:
    """What the command line lists for each implementation."""
    done = tlsbench(folder, "list", "implementations", "--json", **environment)
    assert done.returncode == 0, done.stderr
    return {entry["name"]: entry[what] for entry in json.loads(done.stdout)}


@pytest.mark.slow
def test_modules_that_break_in_every_way_leave_the_others_in_use(tmp_path: Path) -> None:
    faults = iter(FAULTS)
    broken = ("OpenSSL", "utls", "rtls", "mbedtls", "tlslite")
    for name in broken:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(next(faults))
    engines = listed(tmp_path)
    on_openssl = {"pyopenssl", "aioquic"} if find_spec("aioquic") else {"pyopenssl"}
    ids = {*on_openssl, *broken} - {"OpenSSL"}
    assert {name for name, engine in engines.items() if engine == DOES_NOT_LOAD} == ids
    done = tlsbench(tmp_path, "run", "implementation=ssl,utls", "--time-budget", "100ms")
    assert "excluded 1: utls: does not load: FileNotFoundError: [Errno 2] gone" in done.stdout + done.stderr
    assert done.returncode == 0, done.stderr


#: OpenSSL loads only a provider without ciphers: as on a host without its FIPS module.
NO_FIPS_MODULE = """
openssl_conf = init
[init]
providers = providers
[providers]
base = base
fips = fips
[base]
activate = 1
[fips]
module = /nowhere/fips.so
activate = 1
"""


@pytest.mark.slow
def test_a_configuration_that_demands_an_absent_provider_ends_no_other_library(
    tmp_path: Path,
) -> None:
    configuration = tmp_path / "openssl.cnf"
    configuration.write_text(NO_FIPS_MODULE)
    environment = {"OPENSSL_CONF": str(configuration)}
    if listed(tmp_path, **environment)["ssl"] != DOES_NOT_LOAD:
        pytest.skip("this Python's OpenSSL does not read the configuration")
    done = tlsbench(tmp_path, "run", "implementation=pyopenssl,ssl", "--time-budget", "100ms", **environment)
    assert "excluded 1: ssl: does not load: SSLError: " in done.stdout + done.stderr
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_doctor_names_what_does_not_load(tmp_path: Path) -> None:
    (tmp_path / "OpenSSL.py").write_text("raise ImportError('no libfoo.so.1')")
    done = tlsbench(tmp_path, "doctor", "--format", "json")
    assert done.returncode == 0, done.stderr
    found = {finding["name"]: finding["found"] for finding in json.loads(done.stdout)}
    assert found["library pyopenssl"] == "does not load: ImportError: no libfoo.so.1"
    assert "for a handshake" in found["A/A noise floor"]


def distribution(folder: Path, name: str, entries: str) -> None:
    """Install a distribution that declares entry points."""
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{entries}\n")


@pytest.mark.slow
def test_another_distribution_s_implementation_joins_by_its_entry_point(tmp_path: Path) -> None:
    (tmp_path / "of_mine.py").write_text(MEMBER.format(method=""))
    distribution(tmp_path, "of-mine", "mine = of_mine:MEMBER")
    assert listed(tmp_path)["mine"] == "none"
    done = tlsbench(tmp_path, "run", "implementation=mine", "--time-budget", "100ms")
    assert done.returncode == 0, done.stderr
    assert "mine" in done.stdout


def test_an_id_that_is_taken_or_none_is_listed_beside_its_distribution(tmp_path: Path) -> None:
    (tmp_path / "of_mine.py").write_text(MEMBER.format(method=""))
    distribution(tmp_path, "of-mine", "ssl = of_mine:MEMBER\nA B = of_mine:MEMBER")
    reasons = listed(tmp_path, "cannot")
    assert not any(reason.startswith(DOES_NOT_LOAD) for reason in reasons["ssl"])
    assert reasons["ssl@of-mine"][0].startswith(
        "does not load: 'ssl' is taken, or is not made of lower-case letters"
    )
    assert reasons["a_b@of-mine"][0].startswith(
        "does not load: 'A B' is taken, or is not made of lower-case letters"
    )
