"""A library that ends the process loading it ends no other, and is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tlsbench.errors import RequestError
from tlsbench.implementations import registry
from tlsbench.implementations.descriptions import Description
from tlsbench.implementations.libssl import bindings
from tlsbench.implementations.missing import DOES_NOT_LOAD, Missing
from tlsbench.implementations.probing import describe
from tlsbench.implementations.registry import capabilities, capabilities_of, implementation, tls_library
from tlsbench.scenarios import expand, gap, parse
from tlsbench.scenarios.capabilities import Capabilities, Gap, all_but

SYSTEMS = bindings.find()
needs_libssl = pytest.mark.skipif(SYSTEMS is None, reason="the system has no libssl 3")


def package(folder: Path, name: str, source: str) -> None:
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text(source)


def test_a_description_survives_its_way_through_json() -> None:
    able = Capabilities(
        (gap("no", group=("x25519", "x448")),), ("cpu", "resumption=early-data"), "alone", "/x"
    )
    one = Description(summary="s", engine="E 1", file="/f", capabilities=able)
    assert Description.from_plain(one.as_plain()) == one


def test_one_that_aborts_is_named_and_those_after_it_are_asked_all_the_same(tmp_path: Path) -> None:
    package(tmp_path, "utls", "import os\nos.abort()")
    package(tmp_path, "rtls", "raise SystemExit('no licence')")
    found = describe(["fake", "utls", "rtls", "pyopenssl"], {"PYTHONPATH": str(tmp_path)})
    assert found["fake"].engine == "none"
    assert found["utls"].state == DOES_NOT_LOAD
    assert found["utls"].reason.startswith("a process that loads it died (signal 6)")
    assert found["rtls"].reason == "SystemExit: no licence"
    assert found["pyopenssl"].engine.startswith("OpenSSL ")
    assert found["pyopenssl"].file.endswith((".so", ".dylib"))


def truncated(folder: Path) -> Path:
    """The system's libssl without its end: loading it is a bus error, or is refused."""
    assert SYSTEMS is not None
    library = bindings.load(SYSTEMS)
    whole = next(Path(library.libcrypto).resolve().parent.glob("libssl.so.[34]")).read_bytes()
    path = folder / "libssl.so.9"
    path.write_bytes(whole[: len(whole) // 3])
    return path


def text(folder: Path) -> Path:
    path = folder / "libssl.so"
    path.write_text("not a library\n")
    return path


def empty(folder: Path) -> Path:
    path = folder / "libssl.so.0"
    path.touch()
    return path


@needs_libssl
@pytest.mark.parametrize("broken", [truncated, text, empty])
def test_a_file_that_does_not_load_is_missing_with_its_reason(broken: object, tmp_path: Path) -> None:
    assert callable(broken)
    path = broken(tmp_path)
    name = f"libssl:{path}"
    member = implementation(name)
    assert isinstance(member, Missing)
    assert member.state == DOES_NOT_LOAD
    assert member.reason
    assert "\n" not in member.reason
    with pytest.raises(RequestError, match="has no TLS: does not load: "):
        tls_library(name)


@needs_libssl
def test_beside_it_everything_else_is_measured(tmp_path: Path) -> None:
    path = text(tmp_path)
    selection = parse([f"implementation=pyopenssl,libssl:{path} version=1.3"], registry.spellings())
    matrix = expand([selection], capabilities(selection))
    assert [scenario.client for scenario in matrix.scenarios] == ["pyopenssl"]
    (excluded,) = matrix.excluded
    assert excluded.reason.startswith(f"libssl:{path}: does not load: ")


@needs_libssl
def test_a_file_that_loads_can_do_by_its_path_what_it_can_do_by_its_name() -> None:
    assert SYSTEMS is not None
    file = next(Path(bindings.load(SYSTEMS).libcrypto).resolve().parent.glob("libssl.so.[34]"))
    name = f"libssl:{file}"
    assert not isinstance(implementation(name), Missing)
    ours, theirs = capabilities_of("libssl"), capabilities_of(name)
    assert set(theirs.supports) == set(ours.supports)


def test_a_pattern_takes_the_files_that_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tlsbench.implementations import found_files

    paths = ("/a/libssl-3.5.so", "/b/libssl-1.1.so", "/c d/libssl.so")
    monkeypatch.setattr(found_files, "libssl_files", lambda: paths)
    taken = parse(["implementation=libssl:*"], registry.spellings())["implementation"]
    assert taken == ("libssl:/a/libssl-3.5.so", "libssl:/b/libssl-1.1.so")
    (newer,) = parse(["implementation=libssl:*3.5*"], registry.spellings())["implementation"]
    assert newer == "libssl:/a/libssl-3.5.so"
    with pytest.raises(RequestError, match=r"no file matches 'libssl:\*9\*': see 'tlsbench engines'"):
        parse(["implementation=libssl:*9*"], registry.spellings())
    assert parse(["implementation=fake,libssl:*9*"], registry.spellings())["implementation"] == ("fake",)
    for name in ("one.so", "two.so"):
        (tmp_path / name).touch()
    (tmp_path / "folder.so").mkdir()
    taken = parse([f"implementation=libssl:{tmp_path}/*.so"], registry.spellings())["implementation"]
    assert taken == (f"libssl:{tmp_path}/one.so", f"libssl:{tmp_path}/two.so")


def test_what_is_said_of_every_value_but_some_is_said_of_the_others_still() -> None:
    able = Capabilities((Gap("it has two sizes", {"record_size": all_but("1435", "default")}),))
    told = Description.from_plain(json.loads(json.dumps(Description(capabilities=able).as_plain())))
    (one,) = told.capabilities.gaps
    assert "512" in one.when["record_size"]
    assert "default" not in one.when["record_size"]
