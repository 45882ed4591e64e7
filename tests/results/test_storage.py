from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tlsbench.errors import OutputError, RequestError
from tlsbench.results import Run, storage
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.reader import read

pytestmark = pytest.mark.usefixtures("in_empty_folder")


def names() -> list[str]:
    return sorted(path.name for path in Path().rglob("*") if path.is_file())


def test_saved_runs_are_numbered_as_pytest_benchmark_numbers_them() -> None:
    assert storage.save("first", "{}").name == "0001_first.json"
    assert storage.save("second", "{}").name == "0002_second.json"
    assert storage.save("first", "{}").parent.parent == Path(".benchmarks")


def test_a_saved_run_is_found_by_number_by_name_and_by_path(run_of: Callable[[str], Run]) -> None:
    text = to_json(run_of("implementation=fake"), {})
    storage.save("old", text)
    path = storage.save("base", text)
    later = storage.save("base", text)
    assert storage.find("2") == storage.find("0002") == path
    assert storage.find("base") == later, "of several with one name the latest"
    assert storage.find(str(path)) == path


def test_runs_that_end_together_get_numbers_of_their_own() -> None:
    threads = [threading.Thread(target=storage.save, args=("run", "{}")) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names()) == 12
    assert {name[:4] for name in names()} == {f"{number:04}" for number in range(1, 13)}


def test_an_unknown_reference_names_the_saved_runs() -> None:
    with pytest.raises(RequestError, match="holds none"):
        storage.find("base")
    storage.save("base", "{}")
    with pytest.raises(RequestError, match=r"latest are 0001 \(base\)"):
        storage.find("bse")


@pytest.mark.parametrize("name", ["", "a/b", "..%", "a b"])
def test_a_name_that_cannot_be_a_file_name_is_refused(name: str) -> None:
    with pytest.raises(RequestError, match="not a name for a saved run"):
        storage.check_save(name)


@pytest.mark.parametrize("characters", [101, 300])
def test_a_name_of_too_many_characters_is_refused_for_its_length(characters: int) -> None:
    with pytest.raises(
        RequestError, match=f"^the name for a saved run has {characters} characters: 100 at most$"
    ):
        storage.check_save("x" * characters)


def test_a_full_disk_leaves_no_half_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left on device"):
        storage.save("x", "new")
    assert names() == []


@pytest.mark.parametrize("name", ["語" * 100, "𝟙" * 62], ids=["100 of 3", "62 of 4"])
def test_a_name_of_more_bytes_than_a_file_name_has_is_refused_beforehand(name: str) -> None:
    with pytest.raises(RequestError, match="is too long: a saved run's file has a name of 255 bytes at most"):
        storage.check_save(name)


def test_a_storage_that_is_no_folder_is_refused_beforehand() -> None:
    storage.check_save("x")
    assert list(Path().iterdir()) == [], "to look leaves nothing"
    Path(".benchmarks").write_text("", encoding="utf-8")
    with pytest.raises(RequestError, match="cannot save in .benchmarks.*is not a folder"):
        storage.check_save("x")


def test_what_is_no_text_is_refused() -> None:
    Path("x.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RequestError, match=r"^x\.json: it is UTF-16 text"):
        read("x.json")
    Path("x.json").write_bytes(b"{\xff}")
    with pytest.raises(RequestError, match=r"^x\.json: it is not JSON: it is not text"):
        read("x.json")


def test_a_file_far_too_large_is_refused_unread() -> None:
    with Path("x.json").open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(RequestError, match="x.json is too large for a result: 1,024 MiB, and at most 256"):
        read("x.json")


def test_a_reference_that_cannot_be_looked_at_is_one_clear_line() -> None:
    with pytest.raises(RequestError, match="cannot read x+: File name too long"):
        storage.find("x" * 5000)


@pytest.mark.slow
def test_a_dash_means_the_result_on_standard_input(tmp_path: Path, run_of: Callable[[str], Run]) -> None:
    (tmp_path / "result.json").write_text(to_json(run_of("implementation=fake"), {}), encoding="utf-8")
    (tmp_path / "-").write_text("a file of that name is ./-", encoding="utf-8")
    shown = [
        subprocess.run(
            [sys.executable, "-m", "tlsbench", "show", name, "--format", "csv"],
            cwd=tmp_path,
            input=(tmp_path / "result.json").read_text(encoding="utf-8"),
            capture_output=True,
            text=True,
        )
        for name in ("-", "result.json")
    ]
    assert shown[0].returncode == 0, shown[0].stderr
    assert shown[0].stdout == shown[1].stdout


def test_standard_input_that_holds_no_result_is_said_to_be_so(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tlsbench", "show", "-"],
        cwd=tmp_path,
        input="{}",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("tlsbench: /dev/stdin: ")
    assert len(done.stderr.splitlines()) == 1
