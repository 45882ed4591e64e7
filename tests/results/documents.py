"""The stored results that tests read: those of 0.1.0, and what that version displayed and found for them."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "data"
FOLDER = DATA / "results-0.1.0"
#: Runs, loads and duels, as 0.1.0 stored them.
NAMES = sorted(path.name for path in FOLDER.glob("*.json") if path.name != "serve.json")
GOLDEN: dict[str, dict[str, Any]] = json.loads((DATA / "golden-0.1.0.json").read_text(encoding="utf-8"))


@cache
def _parsed(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def document(name: str) -> dict[str, Any]:
    """A stored result as plain values, free to be changed."""
    found: dict[str, Any] = copy.deepcopy(_parsed(name))
    return found


def foreign(*times_s: list[float], **members: Any) -> dict[str, Any]:
    """A result of pytest-benchmark with a benchmark for each list of times."""
    return {
        "machine_info": {"cpu": {}},
        "datetime": "2017-07-24T10:00:00.000000",
        "version": "3.0.0",
        "benchmarks": [
            {"name": f"test_{at}", "fullname": f"test_{at}", "params": None, "stats": {"data": data}}
            for at, data in enumerate(times_s)
        ],
        **members,
    }
