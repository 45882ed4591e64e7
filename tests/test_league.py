"""The league table is made from a stored run, and put between the markers of its page."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from tlsbench.report.digits import format_us
from tlsbench.results import Run
from tlsbench.results.stored import Machine, Stored, stored_run

ROOT = Path(__file__).parent.parent
RunOf = Callable[[str], Run]
PAGE = "# A page\n\n<!-- league table -->\nold\n<!-- end of league table -->\n\nafter\n"


@pytest.fixture(scope="module")
def league() -> ModuleType:
    spec = importlib.util.spec_from_file_location("league", ROOT / "benchmarks/league.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["league"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def stored(run_of: RunOf) -> Stored:
    run = run_of("implementation=fake,pyopenssl version=1.3 group=secp256r1 key=ecdsa-secp256r1")
    against = run_of("implementation=fake version=1.3 group=secp256r1 key=ecdsa-secp256r1")
    ends = replace(
        against.cells[0],
        axes={
            **{k: v for k, v in against.cells[0].axes.items() if k != "implementation"},
            "client": "fake",
            "server": "pyopenssl",
        },
    )
    return stored_run(replace(run, cells=[*run.cells, ends]), "engines.json", Machine(processor="P", cores=2))


def test_a_row_is_an_engine_with_its_figures_the_fastest_first(league: ModuleType, stored: Stored) -> None:
    lines = list(league.lines(stored))
    run = stored.result
    assert isinstance(run, Run)
    table = [line for line in lines if line.startswith("| ")]
    assert table[1].startswith("| fake: none |")
    assert table[2].startswith("| pyopenssl: OpenSSL ")
    client = run.cells[1].figures["client"].median / 1e3
    assert f"| {format_us(client)}, " in table[2]
    assert len({line.count("|") for line in table}) == 1
    assert f"{run.taken_at:%Y-%m-%d}, P, 2 processors" in lines[0]


def test_each_side_against_the_same_peer_has_its_own_column(league: ModuleType, stored: Stored) -> None:
    titles, fake, pyopenssl = (line.split("|") for line in league.lines(stored) if line.startswith("| "))
    names = [title.strip() for title in titles]
    run = stored.result
    assert isinstance(run, Run)
    client = run.cells[2].figures["client"].median / 1e3
    assert fake[names.index("as client, 1.3")].strip(" ¹²") == format_us(client)
    assert fake[names.index("as server, 1.3")].strip() == "–"
    assert pyopenssl[names.index("as server, 1.3")].strip() not in ("", "–")  # against itself


def test_another_suite_or_group_is_marked_and_explained(league: ModuleType, run_of: RunOf) -> None:
    run = run_of("implementation=fake,pyopenssl,ssl version=1.3 group=secp256r1 key=ecdsa-secp256r1")
    (first, cell, last), group = run.cells, {"group": "x25519"}
    other = replace(cell, axes={**cell.axes, **group}, negotiated={**cell.negotiated, **group})
    text = "\n".join(league.lines(stored_run(replace(run, cells=[first, other, last]), "x.json", Machine())))
    assert "in: ¹ group (x25519, not secp256r1), tickets" in text, "the fake sends one"
    assert text.count("¹") == 2


def test_it_stands_between_the_markers_of_its_page(league: ModuleType, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    league.pages.write("new\n", page, league._MARKERS)
    assert page.read_text(encoding="utf-8") == PAGE.replace("old", "new")
    page.write_text("no markers", encoding="utf-8")
    with pytest.raises(SystemExit, match="has no markers"):
        league.pages.write("new\n", page, league._MARKERS)


def test_the_page_of_the_docs_has_its_markers(league: ModuleType) -> None:
    page = (ROOT / "docs/engines.md").read_text(encoding="utf-8")
    assert page.index(league._MARKERS[0]) < page.index(league._MARKERS[1])
