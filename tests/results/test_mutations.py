"""Stored results of every kind, damaged at random: read, or refused in one line, by every command."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.results.documents import FOLDER, NAMES, document, foreign

from tlsbench.cli.app import run as tlsbench
from tlsbench.errors import RequestError
from tlsbench.results.reader import parse

#: How many documents are tried; set this variable for more, by hand.
EXAMPLES = int(os.environ.get("TLSBENCH_FUZZ_EXAMPLES", "0"))
FOREIGN = foreign([0.001, 0.002, 0.0015] * 4, [0.003] * 12)
#: Values that have caused trouble somewhere, and some of every type.
ODD: list[Any] = [
    None, True, False, 0, -1, 1, 2, 7, 10**18, 10**400, -(10**30), 0.0, -0.0, 0.5, 1e-320, 1e-9,
    1e308, -1e308, float("nan"), float("inf"), float("-inf"), "", "x", "\x1b[2J\n", "\ud800", "\u202e",
    "handshake", "workload=load", "9" * 5000, "2026-01-01", [], {}, [None], [0], [[]], {"": 0},
    {"tlsbench": {}},
]  # fmt: skip


def placement(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every member of a document: its container, and its name or index there."""
    waiting = [value]
    while waiting:
        place = waiting.pop()
        keys = list(place) if isinstance(place, dict) else range(min(len(place), 12))
        for key in keys:
            yield place, key
            if isinstance(place[key], dict | list):
                waiting.append(place[key])


@dataclass(frozen=True, repr=False)
class Damaged:
    """The name of a stored result, its text after a few changes, and the changes."""

    name: str
    text: str
    changes: tuple[str, ...]

    def __repr__(self) -> str:
        return f"{self.name}: {'; '.join(self.changes)}"  # the text is too long for hypothesis to show


@st.composite
def damaged(draw: st.DrawFn) -> Damaged:
    """A stored result with a few changes."""
    changes = []
    name = draw(st.sampled_from([*NAMES, "foreign"]))
    stored = document(name) if name != "foreign" else json.loads(json.dumps(FOREIGN))
    for _ in range(draw(st.integers(1, 3))):
        place, key = draw(st.sampled_from(list(placement(stored))))
        if (isinstance(place, dict) and key not in place) or (isinstance(place, list) and key >= len(place)):
            continue
        how = draw(st.sampled_from(["put", "drop", "double", "wrap", "move", "scale"]))
        changes.append(
            f"{how} {key}: {str(place[key])[:60]!a}" if not isinstance(place[key], int) else f"{how} {key}"
        )
        match how:
            case "put":
                place[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
            case "drop":
                del place[key]
            case "double" if isinstance(place, list):
                place.insert(key, json.loads(json.dumps(place[key])))
            case "double":
                place[f"{key} "] = place[key]
            case "wrap":
                place[key] = draw(st.sampled_from([[place[key]], {"a": place[key]}]))
            case "move":
                other, there = draw(st.sampled_from(list(placement(stored))))
                other[there] = json.loads(json.dumps(place[key]))
            case "scale" if isinstance(place[key], float):
                place[key] *= draw(st.sampled_from([0, -1, 1e-12, 1e12]))
    return Damaged(name, json.dumps(stored), tuple(changes))


@settings(max_examples=EXAMPLES or 300, suppress_health_check=list(HealthCheck), deadline=None)
@given(damaged())
@pytest.mark.slow
def test_a_damaged_result_is_read_or_refused_in_one_line(found: Damaged) -> None:
    try:
        parse(found.text, "x.json")
    except RequestError as error:
        assert str(error).startswith("x.json: ")
        assert str(error).isprintable()


@pytest.mark.slow
@settings(max_examples=EXAMPLES or 60, suppress_health_check=list(HealthCheck), deadline=None)
@given(found=damaged())
def test_every_command_takes_a_damaged_result_or_refuses_it_in_one_line(
    found: Damaged, in_empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("plotly")
    name, text = found.name, found.text
    Path("x.json").write_text(text)
    Path("y.json").write_text(json.dumps(FOREIGN) if name == "foreign" else (FOLDER / name).read_text())
    folder = Path(".benchmarks/here")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "0001_y.json").write_bytes(Path("y.json").read_bytes())
    (folder / "0002_x.json").write_text(text)
    capsys.readouterr()
    for words in (
        ["show", "x.json"],
        ["show", "x.json", "--format", "csv"],
        ["show", "x.json", "--format", "json"],
        ["compare", "x.json", "y.json"],
        ["compare", "y.json", "x.json", "--fail-on", "slower>5%", "--format", "markdown"],
        ["report", "y.json", "x.json", "-o", "x.html"],
        ["history", "workload=handshake"],
    ):
        code = tlsbench(words)
        out, err = capsys.readouterr()
        said = [
            line for line in err.splitlines() if not line.startswith(("warning: ", "left out: ", "wrote "))
        ]
        assert code in ((0, 1, 4) if words[0] == "compare" and not said else (0, 2)), (words, err)
        assert len(said) == (code == 2), (words, err)
        assert all(line.startswith("tlsbench: ") for line in said), (words, err)
        assert code != 2 or not out, (words, out)
