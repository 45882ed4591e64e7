"""One number for one thing: words, tables and pictures print the same digits for the same cell and ratio."""

from __future__ import annotations

import base64
import gzip
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tlsbench.report.findings import findings
from tlsbench.report.page import Page, page_of, render, source_of
from tlsbench.report.pictures import Bars, Heat, Picture
from tlsbench.report.runs import sheets_of_run
from tlsbench.report.static import draw
from tlsbench.results import Cell, Run
from tlsbench.results.stored import Machine, stored_run
from tlsbench.stats import Interval, summarise

pytest.importorskip("plotly")
pytest.importorskip("matplotlib")
RunOf = Callable[[str], Run]
#: The time in the libraries in ns, by library and resumption: pyopenssl's is less, but its total is more.
LIBRARIES = {
    ("ssl", "none"): 1_234_567.0,
    ("ssl", "psk"): 98_765.4,
    ("pyopenssl", "none"): 777_777.0,
    ("pyopenssl", "psk"): 55_555.5,
}
HARNESS = {"ssl": 1_000.0, "pyopenssl": 2_000_000.0}


@pytest.fixture
def run(run_of: RunOf) -> Run:
    """Two libraries, full and resumed; the ratio of medians is not exactly the median of the ratios."""
    run = run_of("implementation=ssl,pyopenssl version=1.3 resumption=none,psk")
    wobble = {"ssl": (1.0, 1.01, 0.99, 1.02, 0.98), "pyopenssl": (0.98, 1.0, 1.02, 0.99, 1.01)}

    def timed(cell: Cell) -> Cell:
        library = cell.axes["implementation"]
        both = LIBRARIES[library, cell.axes["resumption"]]
        of = {"client": 0.6 * both, "server": 0.39 * both, "libraries": both, "harness": HARNESS[library]}
        of["total"] = both + HARNESS[library]
        figures = {
            part: summarise([[figure * wobble[library][at % 5]] for at in range(20)])
            for part, figure in of.items()
        }
        return replace(cell, figures=figures)

    return replace(run, cells=[timed(cell) for cell in run.cells], noise_floor={})


def table(run: Run, name: str, **axes: str) -> dict[tuple[str, str], str]:
    """The values of a table's column, by library and resumption.

    :param axes: the axes of the baseline.
    """
    (sheet,) = sheets_of_run(run, lambda cell: all(cell.axes[axis] == one for axis, one in axes.items()))
    return {
        (entry.labels["implementation"], entry.labels["resumption"]): entry.text(name).rstrip("†")
        for entry in sheet.entries
    }


def page(run: Run) -> Page:
    return page_of([source_of(stored_run(run, "x", Machine()), "x")])


def picture(run: Run, kind: str) -> Picture:
    [found] = [one for one in page(run).pictures if one.kind == kind]
    return found


def words(run: Run) -> str:
    return "\n".join(map(str, findings(run)))


def figures_in(html: str, title: str) -> list[list[str]]:
    """The rows of the table of figures under a picture."""
    [part] = [part for part in html.split("<figure ") if f"<h3>{title}</h3>" in part]
    rows = re.findall(r"<tr><th scope=row>.*?</tr>", part)
    return [re.findall(r">([^<>]+)</t[hd]>", row) for row in rows]


def data_of(html: str) -> Any:
    packed = re.search(r"<script[^>]*id=\"?data[^>]*>([^<]+)</script>", html)
    assert packed is not None
    return json.loads(gzip.decompress(base64.b64decode(packed[1])))


def test_a_time_has_the_same_digits_in_words_table_and_pictures(run: Run) -> None:
    both = table(run, "libraries_us")
    assert both == {
        ("ssl", "none"): "1,235",
        ("ssl", "psk"): "98.8",
        ("pyopenssl", "none"): "778",
        ("pyopenssl", "psk"): "55.6",
    }
    said = words(run)
    for library in ("ssl", "pyopenssl"):
        assert f"{library}: {both[library, 'none']} → {both[library, 'psk']} µs" in said
    html = render(page(run))
    resumed = {row[0]: row[1:] for row in figures_in(html, "What resumption saves")}
    assert resumed == {
        library: [both[library, "none"], both[library, "psk"]] for library in ("ssl", "pyopenssl")
    }
    client, server = table(run, "client_us"), table(run, "server_us")
    costs = [row[1:] for row in figures_in(html, "What a handshake costs")]
    assert sorted(costs) == sorted([client[key], server[key], both[key]] for key in both)
    (grid,) = data_of(html)["grids"]
    at = [heading["name"] for heading in grid["headings"]].index("libraries_us")
    assert sorted(row["values"][at][1] for row in grid["rows"]) == sorted(both.values())


def test_a_ratio_has_the_same_digits_in_words_table_and_pictures(run: Run) -> None:
    full, resumed = (
        table(run, "ratio", implementation="pyopenssl", resumption=kind)["ssl", kind]
        for kind in ("none", "psk")
    )
    low, high = sorted((full, resumed))
    span = low if low == high else f"{low} to {high}"
    assert (
        f"Fastest at handshake: pyopenssl in 2 of 2 scenarios (the next takes {span} times as long)"
        in words(run)
    )
    heat = picture(run, "implementations").shape
    assert isinstance(heat, Heat)
    texts = dict(zip(heat.columns, zip(*heat.texts, strict=True), strict=True))
    assert texts == {"ssl": (full, resumed), "pyopenssl": ("1.00", "1.00")}
    svg = "".join(ET.fromstring(draw(picture(run, "implementations"), "svg")).itertext())
    assert full in svg
    assert resumed in svg
    ratio = table(run, "ratio", implementation="ssl", resumption="none")["ssl", "psk"]
    assert f"−{100 - 100 * float(ratio):.0f} %" in words(run)


def test_the_ratio_is_that_of_rounds_and_not_of_medians(run: Run) -> None:
    """So that the test above can distinguish them."""
    shown = table(run, "ratio", implementation="pyopenssl", resumption="none")["ssl", "none"]
    assert (shown, f"{1_234_567 / 777_777:.2f}") == ("1.60", "1.59")


def test_ranks_are_of_the_time_in_the_libraries_and_not_of_the_harness(run: Run) -> None:
    totals: Mapping[str, float] = {
        cell.axes["implementation"]: cell.figures["total"].median
        for cell in run.cells
        if cell.axes["resumption"] == "none"
    }
    assert totals["ssl"] < totals["pyopenssl"]
    assert "Fastest at handshake: pyopenssl" in words(run)
    assert float(table(run, "ratio", implementation="pyopenssl")["ssl", "none"]) > 1
    heat = picture(run, "implementations").shape
    assert isinstance(heat, Heat)
    assert [row[list(heat.columns).index("pyopenssl")] for row in heat.values] == [1.0, 1.0]
    cost = picture(run, "cost").shape
    assert isinstance(cost, Bars)
    assert max(cost.totals) < 1_300


def test_a_comparison_shows_the_median_that_the_run_shows(run: Run) -> None:
    """It is at the middle pace of its run, unlike the medians of its rounds."""

    def paced(cell: Cell) -> Cell:
        median = 0.9 * cell.main.median
        main = replace(cell.main, interval=Interval(0.99 * median, median, 1.01 * median))
        return replace(cell, figures={**cell.figures, "libraries": main})

    last = replace(run, cells=[paced(cell) for cell in run.cells])
    sources = [source_of(stored_run(one, name, Machine()), name) for one, name in ((run, "a"), (last, "b"))]
    made = page_of(sources)
    every, compared = made.grids
    columns = [[heading.name for heading in grid.headings] for grid in (every, compared)]
    shown = sorted(row.values[columns[0].index("libraries_us")][0] for row in every.rows)
    new = sorted(row.values[columns[1].index("new")][0] for row in compared.rows)
    base = sorted(row.values[columns[1].index("base")][0] for row in compared.rows)
    assert new == pytest.approx(shown)
    assert base == pytest.approx(sorted(cell.main.median / 1e3 for cell in run.cells))
