"""Every kind of page as a browser shows it: on a phone and on a desk, in light and in dark."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.report.page.browser import PHONE, WIDE, Opened
from tests.report.page.test_trend import saved_runs
from tests.report.test_backends import A, B, C, backend, load_of
from tests.results.documents import document as stored_document

from tlsbench.fleet.combining import combined
from tlsbench.report.page import page_of, page_of_history, render, source_of
from tlsbench.results import Run
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.environment import machine_info
from tlsbench.results.load_json import load_to_json
from tlsbench.results.reader import parse
from tlsbench.results.stored import Machine
from tlsbench.results.trace_json import TracedHandshake
from tlsbench.session.history import histories

pytestmark = [pytest.mark.integration, pytest.mark.slow]
#: A matrix of cells that take almost no time to measure.
_CELLS = "implementation=fake version=1.2,1.3 key=rsa-2048,ecdsa-secp256r1"
#: As long as names are.
_PROCESSOR = "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz"
_NAMES = ("baseline", "after-the-upgrade-of-openssl", "release-candidate")


def _page(*texts: str) -> str:
    return render(
        page_of([source_of(parse(text, name), name) for text, name in zip(texts, _NAMES, strict=False)])
    )


@pytest.fixture
def run_page() -> str:
    """Cells of several workloads, hence nearly every picture."""
    whole = stored_document("run.json")
    for name in ("primitive.json", "bulk.json", "certificate.json"):
        whole["benchmarks"] += stored_document(name)["benchmarks"]
    return _page(json.dumps(whole))


@pytest.fixture
def comparison_page(run_of: Callable[[str], Run]) -> str:
    """Three runs; the second and third have some cells that are slower, and some that are faster."""
    text = to_json(run_of(_CELLS), machine_info())

    def times(*factors: float) -> str:
        document = json.loads(text)
        document["tlsbench"]["noise_floor"] = {"handshake": 0.01}
        for at, benchmark in enumerate(document["benchmarks"]):
            figures = benchmark["extra_info"]["tlsbench"]["figures"]["libraries"]
            figures["round_medians"] = [factors[at % len(factors)] * (1000 + step) for step in range(10)]
        return json.dumps(document)

    return _page(times(1), times(1, 1.5, 0.7), times(1, 2, 0.5))


@pytest.fixture
def trend_page(run_of: Callable[[str], Run]) -> str:
    saved = saved_runs(run_of(_CELLS), [1, 1, 2, 2, 1.4, 0.6])
    cells = histories([one.recording for one in saved.runs], saved.ids([]))
    return render(page_of_history(saved, cells, "tlsbench history --report trend.html"))


@pytest.fixture
def load_page(load_document: dict[str, Any]) -> str:
    return _page(json.dumps(load_document))


@pytest.fixture
def backends_page() -> str:
    """A load of three backends, the last of which dies."""
    load = load_of(
        backend(A, 400, 130),
        backend(B, 380, 120, seed=2),
        backend(C, 90, 25, seed=3, failures={"connect: connection refused": 30}, downs=1, moved=250),
        when_down="move",
        vias={str(B): "rtt=50ms"},
    )
    return _page(load_to_json(load, machine_info(), "tlsbench load"))


@pytest.fixture
def ladder_page(handshake: TracedHandshake) -> str:
    return render(page_of([], [handshake]))


@pytest.fixture
def fleet_page(run_of: Callable[[str], Run]) -> str:
    """A run of two machines of different types."""
    stored = parse(to_json(run_of(_CELLS), machine_info()), "fleet")
    machines = {
        "build-1.example.com": Machine(processor=_PROCESSOR, cores=2, architecture="x86_64"),
        "arm-7.example.com": Machine(processor="Neoverse-N1", cores=4, architecture="aarch64"),
    }
    run = combined(
        {name: replace(stored, machine=one) for name, one in machines.items()}, "tlsbench fleet run"
    )
    return _page(to_json(run, machine_info()))


@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "desk"])
@pytest.mark.parametrize("kind", ["run", "comparison", "trend", "load", "backends", "ladder", "fleet"])
def test_it_is_read_without_a_barrier_in_light_and_dark(
    kind: str, size: tuple[int, int], request: pytest.FixtureRequest, open_html: Callable[..., Opened]
) -> None:
    pytest.importorskip("axe_core_python")
    page = open_html(request.getfixturevalue(f"{kind}_page"), size=size)
    page.draw_all()
    page.open_all()
    found = {}
    for scheme in ("light", "dark"):
        page.change_scheme(scheme)
        found[scheme] = [*page.flaws(), *page.barriers()]
    assert found == {"light": [], "dark": []}
    assert page.complaints == []
    assert [url for url in page.requests if not url.startswith(("file:", "blob:", "data:"))] == []
