"""The page as a browser shows it: Debian's Chromium, headless."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.report.page.browser import DESKTOP, PHONE, WIDE, Opened
from tests.report.page.hostile import many, poisoned

from tlsbench.report.ladder import ladder_text
from tlsbench.report.page import page_of, render, source_of
from tlsbench.results import Cell, Run
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.environment import machine_info
from tlsbench.results.reader import parse
from tlsbench.results.trace_json import TracedHandshake

pytestmark = [pytest.mark.integration, pytest.mark.slow]
#: How many labels the first picture has.
_LABELS = "() => document.querySelectorAll('#picture-0 .ytick').length"


def _measured(cell: Cell) -> int:
    """The number of rounds that have a sample."""
    return sum(math.isfinite(median) for median in cell.main.round_medians)


@pytest.fixture
def varied(run_of: Callable[[str], Run]) -> str:
    """A run with something for every picture."""
    for _ in range(10):  # if other work is running, a cell may have no undisturbed sample
        run = run_of("implementation=ssl,pyopenssl version=1.3 key=ecdsa-secp256r1 resumption=none,psk")
        if len(run.cells) == 4 and all(_measured(cell) > 2 for cell in run.cells):
            break
    sizes = run_of(
        "workload=primitive algorithm=aes-128-gcm/encrypt,chacha20-poly1305/encrypt size=16B,16KiB"
    )
    document = json.loads(to_json(run, machine_info()))
    document["benchmarks"] += json.loads(to_json(sizes, machine_info()))["benchmarks"]
    return json.dumps(document)


def test_a_ladder_has_the_colours_of_the_page(
    handshake: TracedHandshake, open_page: Callable[..., Opened]
) -> None:
    page = open_page(traces=[handshake])
    colour = """(of) => getComputedStyle(document.querySelector(of)).fill"""
    light = [page.tab.evaluate(colour, of) for of in (".ladder .paper", ".ladder text.clear")]
    page.tab.click("#theme")
    dark = [page.tab.evaluate(colour, of) for of in (".ladder .paper", ".ladder text.clear")]
    assert light[0] == "rgb(255, 255, 255)"
    assert all(one != other for one, other in zip(light, dark, strict=True))


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "beside a run"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_ladder_is_read_at_any_width(
    size: tuple[int, int],
    alone: bool,
    handshake: TracedHandshake,
    varied: str,
    open_page: Callable[..., Opened],
) -> None:
    page = open_page(*([] if alone else [varied]), size=size, traces=[handshake])
    page.draw_all()
    assert page.complaints == []
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= size[0]
    seen = ".narrow" if size == PHONE else ".wide"
    height = page.tab.evaluate(
        f"document.querySelector('{seen} .ladder text').getBoundingClientRect().height"
    )
    assert height > 10  # it is not shrunk
    region = "document.querySelector('#handshakes .scroll')"
    assert page.tab.evaluate(f"{region}.scrollWidth - {region}.clientWidth") <= 0
    page.tab.click("#handshakes summary")
    text = page.tab.inner_text("#handshakes pre")
    assert text.splitlines() == ladder_text(handshake).rstrip("\n").splitlines()


def test_columns_sort_and_rows_filter(varied: str, open_page: Callable[..., Opened]) -> None:
    page = open_page(varied)
    everything = page.rows("libraries_us")
    page.tab.click("[data-column=libraries_us] button")
    page.tab.wait_for_selector("[data-column=libraries_us][aria-sort=ascending]")
    up = [float(text.replace(",", "")) for text in page.rows("libraries_us")]
    assert up == sorted(up)
    assert len(up) == len(everything)
    page.tab.keyboard.press("Enter")  # the heading keeps the focus
    page.tab.wait_for_selector("[data-column=libraries_us][aria-sort=descending]")
    down = [float(text.replace(",", "")) for text in page.rows("libraries_us")]
    assert down == sorted(up, reverse=True)
    page.tab.select_option("[data-axis=implementation]", "ssl")
    assert sorted(page.rows("cell")) == ["ssl", "ssl psk"]
    assert page.tab.text_content(".count").startswith("2 of ")
    page.tab.fill("input[type=search]", "psk")
    assert page.rows("cell") == ["ssl psk"]


#: For each table, whether it scrolls sideways, and the columns visible without scrolling.
_SEEN = """() => [...document.querySelectorAll('.grid .scroll')].map((region) => {
  const box = region.getBoundingClientRect();
  const heads = [...region.querySelectorAll('thead th')];
  const fits = (one) => one.getBoundingClientRect().right <= box.right + 1;
  const seen = heads.filter(fits).map((one) => one.dataset.column);
  return { scrolls: region.scrollWidth > region.clientWidth + 1, seen };
})"""


@pytest.mark.parametrize(
    ("size", "least"), [(PHONE, 2), (DESKTOP, 5), (WIDE, 5)], ids=["phone", "desktop", "wide"]
)
def test_the_numbers_of_a_table_are_seen_without_scrolling(
    size: tuple[int, int],
    least: int,
    varied: str,
    load_document: dict[str, Any],
    open_page: Callable[..., Opened],
) -> None:
    wanted = [{"libraries_us", "precision_percent"}] * 2
    tables = open_page(varied, size=size).tab.evaluate(_SEEN)
    tables += open_page(json.dumps(load_document), size=size).tab.evaluate(_SEEN)
    for table, names in zip(tables, [*wanted, {"p50_us", "p99_us"}], strict=True):
        assert not table["scrolls"]
        assert names <= set(table["seen"])
        assert len(table["seen"]) > least


def test_the_name_of_a_row_stays_in_sight_and_says_all_of_it_on_hover(
    varied: str, open_page: Callable[..., Opened]
) -> None:
    page = open_page(varied, size=PHONE)
    page.tab.click("summary:has-text('Columns')")
    for box in page.tab.query_selector_all(".grid:first-of-type .columns input"):
        box.check()
    at = "document.querySelector('tbody th.name').getBoundingClientRect().left"
    before = page.tab.evaluate(at)
    page.tab.evaluate("document.querySelector('.grid .scroll').scrollLeft = 400")
    assert page.tab.evaluate("document.querySelector('.grid .scroll').scrollLeft") == 400
    assert page.tab.evaluate(at) == pytest.approx(before, abs=2)
    title = page.tab.get_attribute("tbody th.name span", "title")
    assert title.startswith("workload=handshake implementation=ssl version=1.3 ")


def test_words_choose_what_a_picture_of_many_draws(
    document: dict[str, Any], open_page: Callable[..., Opened]
) -> None:
    page = open_page(many(document, 60))
    page.draw_all()
    assert page.tab.evaluate(_LABELS) == 24
    page.tab.fill("input[data-choose='0']", "library-1 x25519")
    page.tab.wait_for_function(f"({_LABELS})() < 24")
    assert "with these words are drawn" in page.tab.text_content("#picture-0 .found")
    texts = page.tab.evaluate(
        "[...document.querySelectorAll('#picture-0 .ytick')].map((one) => one.textContent)"
    )
    assert texts
    assert all("library-1" in text.replace(" ", "") for text in texts)


def test_a_page_of_a_load_has_its_course(
    load_document: dict[str, Any], open_page: Callable[..., Opened]
) -> None:
    page = open_page(json.dumps(load_document), size=PHONE)
    page.draw_all()
    titles = page.tab.evaluate("[...document.querySelectorAll('figure h3')].map((one) => one.textContent)")
    assert titles == ["Latency by percentile", "A load second by second", "Latency second by second"]
    assert page.complaints == []


def test_columns_are_shown_and_hidden(varied: str, open_page: Callable[..., Opened]) -> None:
    page = open_page(varied)
    assert not page.tab.query_selector("[data-grid='0'] [data-column=harness_us]")
    page.tab.click("summary:has-text('Columns')")
    page.tab.check("label:has-text('harness µs') input")
    assert page.tab.query_selector("[data-grid='0'] [data-column=harness_us]")
    page.tab.uncheck("label:has-text('both µs') input")
    assert not page.tab.query_selector("[data-grid='0'] [data-column=libraries_us]")


def test_a_row_opens_its_proof(varied: str, open_page: Callable[..., Opened]) -> None:
    page = open_page(varied)
    page.tab.click("button.open")
    proof = page.tab.text_content(".proof")
    for fact in ("negotiated", "server_verified", "bytes from the client", "samples", "raw figures"):
        assert fact in proof
    page.tab.click("button.open")
    assert not page.tab.query_selector(".proof")


def test_it_is_copied_as_markdown_and_csv(varied: str, open_page: Callable[..., Opened]) -> None:
    page = open_page(varied)
    page.tab.select_option("[data-axis=resumption]", "psk")
    page.tab.click("button:has-text('Copy as Markdown')")
    copied = page.tab.evaluate("navigator.clipboard.readText()").splitlines()
    assert copied[0].startswith("| cell |")
    assert len(copied) == 2 + 2
    page.tab.click("button:has-text('Copy as CSV')")
    lines = page.tab.evaluate("navigator.clipboard.readText()").split("\r\n")
    assert lines[0].startswith("cell,")
    assert "libraries_us" in lines[0]
    assert len([line for line in lines if line]) == 1 + 2


def test_the_theme_follows_the_button(varied: str, open_page: Callable[..., Opened]) -> None:
    page = open_page(varied)
    ground = "getComputedStyle(document.body).backgroundColor"
    before = page.tab.evaluate(ground)
    page.tab.click("#theme")
    assert page.tab.evaluate(ground) != before
    assert page.complaints == []


def test_it_prints_in_light_with_every_picture(varied: str, open_page: Callable[..., Opened]) -> None:
    page = open_page(varied, scheme="dark")
    page.tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.tab.wait_for_function(
        "[...document.querySelectorAll('.plot')].every((plot) => plot.querySelector('.main-svg'))"
    )
    ground = "getComputedStyle(document.querySelector('.plot .main-svg')).backgroundColor"
    assert page.tab.evaluate(ground) == "rgb(255, 255, 255)"
    page.tab.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.tab.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.complaints == []


def test_what_a_forged_file_says_does_not_run(
    document: dict[str, Any], open_page: Callable[..., Opened]
) -> None:
    page = open_page(json.dumps(poisoned(document)))
    page.draw_all()
    page.tab.click("button.open")
    assert page.tab.evaluate("window.hit") is None
    assert page.complaints == []
    assert not page.tab.query_selector("main img")


def test_a_script_that_got_in_all_the_same_would_not_run(
    document: dict[str, Any], chromium: Any, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    html = render(page_of([source_of(parse(json.dumps(document), "run"), "run")]))
    path.write_text(html.replace("<main>", "<main><script>window.hit = 1</script>"))
    page = Opened(chromium, path, DESKTOP, "light")
    assert page.tab.evaluate("window.hit") is None
    assert "Content Security Policy" in page.complaints[0]
    page.context.close()


def test_a_thousand_cells_are_sorted_and_shown_in_parts(
    document: dict[str, Any], open_page: Callable[..., Opened]
) -> None:
    page = open_page(many(document, 1000))
    assert page.tab.text_content(".count").startswith("1,000 of 1,000 rows, the first 200 shown")
    page.tab.click("[data-column=libraries_us] button")
    page.tab.click("button:has-text('Show 800 more')")
    shown = [float(text.replace(",", "")) for text in page.rows("libraries_us")]
    assert len(shown) == 1000
    assert shown == sorted(shown)
