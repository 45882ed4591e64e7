from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.report.page.browser import DESKTOP, Opened
from tests.results.documents import document as stored_document

from tlsbench.report.page import page_of, render, source_of
from tlsbench.results import Run
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.environment import machine_info
from tlsbench.results.reader import parse
from tlsbench.results.trace_json import TracedHandshake
from tlsbench.session.trace import trace, traced_scenario

pytest.importorskip("plotly")


@pytest.fixture
def document(run_of: Callable[[str], Run]) -> dict[str, Any]:
    """A stored run of handshakes, full and resumed, with two key types."""
    run = run_of("implementation=fake version=1.2,1.3 key=rsa-2048,ecdsa-secp256r1")
    found: dict[str, Any] = json.loads(to_json(run, machine_info()))
    return found


@pytest.fixture
def load_document() -> dict[str, Any]:
    """A stored load, with its course."""
    found = stored_document("load.json")
    found["tlsbench"]["load"]["seconds"] = [
        {
            "at_s": float(at),
            "handshakes": 100 + at,
            "requests": 100 + at,
            "failed": at % 3,
            "open": 2,
            "times_ns": {"handshake": [1e6 + 1e5 * at, 5e6], "connection": [2e6, 9e6 + 1e5 * at]},
        }
        for at in range(1, 8)
    ]
    return found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    path = shutil.which("chromium")
    if path is None:
        remedy = "chromium is missing: apt-get install chromium"
        assert not os.environ.get("CI"), remedy
        pytest.skip(remedy)
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_html(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Open a page, given as text."""
    opened: list[Opened] = []

    def show(html: str, *, size: tuple[int, int] = DESKTOP, scheme: str = "light") -> Opened:
        path = tmp_path / "page.html"
        path.write_text(html)
        opened.append(Opened(chromium, path, size, scheme))
        return opened[-1]

    yield show
    for one in opened:
        one.context.close()


@pytest.fixture
def open_page(open_html: Callable[..., Opened]) -> Callable[..., Opened]:
    """Open the page of results, given as the texts of their files, and of traces."""

    def show(*texts: str, traces: Sequence[TracedHandshake] = (), **look: Any) -> Opened:
        sources = [source_of(parse(text, f"run {at}"), f"run {at}") for at, text in enumerate(texts)]
        return open_html(render(page_of(sources, traces)), **look)

    return show


@pytest.fixture
def handshake() -> TracedHandshake:
    return trace(
        traced_scenario(["implementation=pyopenssl version=1.3 key=ml-dsa-65 client_auth=required"])
    ).shown
