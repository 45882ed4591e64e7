"""The program that compares HTTP requests per second with wrk and h2load: its turns, its table, its page."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from tests.integration.conftest import find

pytestmark = [pytest.mark.integration, pytest.mark.slow]
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("http_requests", ROOT / "benchmarks/http_requests.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["http_requests"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_has_ratios_within_rounds(program: ModuleType) -> None:
    turns = {
        "tlsbench load": [program.Turn(50.0, 20.0), program.Turn(100.0, 10.0), program.Turn(60.0, 30.0)],
        "wrk": [program.Turn(100.0, 8.0), program.Turn(100.0, 8.5), program.Turn(80.0, 9.0)],
    }
    _, _, ours, theirs = program.table({"1.1": turns})
    assert ours == "| HTTP/1.1, tlsbench load | 60 (50 to 100) |  | 20.0 |"
    assert theirs == "| HTTP/1.1, wrk | 100 (80 to 100) | 0.75 (0.50 to 1.00) | 8.5 |"


@pytest.mark.parametrize(("http", "others"), [("1.1", {"wrk", "h2load"}), ("2", {"h2load"})])
def test_each_client_takes_its_turn(http: str, others: set[str], program: ModuleType, tmp_path: Path) -> None:
    for name in ("nginx", *others):
        find(name)
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- HTTP requests -->\nold\n<!-- end of HTTP requests -->\nafter\n")
    program.main(["--http", http, "--rounds", "1", "--seconds", "1", "--write", str(page)])
    lines = page.read_text().splitlines()
    rates = {
        line.split("|")[1].strip(): float(line.split("|")[2].split("(")[0].replace(",", ""))
        for line in lines
        if line.startswith("| HTTP/")
    }
    assert set(rates) == {f"HTTP/{http}, {name}" for name in {"tlsbench load", *others}}
    assert all(rates.values())
    assert "old" not in lines
    assert (lines[0], lines[-1]) == ("before", "after")
