from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from tlsbench.report.findings.sides import side_findings
from tlsbench.results import Cell, Run

RunOf = Callable[[str], Run]
#: The median of a client's own time, in µs.
CLIENTS = {"ssl": 300, "pyopenssl": 200, "libssl": 100, "utls": 100.2}


def against(run: Run, client: str, median_us: float) -> Cell:
    """A cell with a client and pyopenssl as the server, which takes that long on the client's side."""
    cell = run.cells[0]
    axes = {axis: value for axis, value in cell.axes.items() if axis != "implementation"}
    ends = {"implementation": client} if client == "pyopenssl" else {"client": client, "server": "pyopenssl"}
    medians = tuple(1000 * median_us * (1 + at % 3 / 1000) for at in range(30))
    summary = cell.figures["client"]
    figure = replace(
        summary, interval=replace(summary.interval, median=1000 * median_us), round_medians=medians
    )
    return replace(cell, axes={**axes, **ends}, figures={**cell.figures, "client": figure})


@pytest.fixture
def run(run_of: RunOf) -> Run:
    run = run_of("implementation=pyopenssl version=1.3")
    cells = [against(run, client, median) for client, median in CLIENTS.items()]
    return replace(run, cells=cells, noise_floor={"handshake": 0.01})


def test_libraries_with_the_same_peer_are_ranked_by_their_own_time(run: Run) -> None:
    (finding,) = side_findings(run)
    assert finding.headline == (
        "Fastest client of those with pyopenssl as server: libssl, 100 µs of its own time"
    )
    assert finding.details == (
        "no significant difference from utls",
        "pyopenssl takes 2.00 times as long [1.98, 2.02]",
        "ssl takes 3.00 times as long [2.97, 3.03]",
    )


def test_no_library_is_called_fastest_where_none_is_slower(run: Run) -> None:
    (finding,) = side_findings(replace(run, noise_floor={"handshake": math.inf}))
    assert finding.headline == (
        "No significant difference between 4 clients with pyopenssl as server: libssl, utls, pyopenssl, ssl"
    )
    assert finding.details == ("libssl has the least time of its own, 100 µs",)


def test_another_suite_or_group_is_another_scenario(run: Run) -> None:
    odd, *others = run.cells
    cells = [replace(odd, axes={**odd.axes, "group": "x448"}), *others]
    (finding,) = side_findings(replace(run, cells=cells))
    assert [detail.split()[0] for detail in finding.details] == ["no", "pyopenssl"]


def test_equal_ends_alone_or_two_libraries_are_no_field(run: Run, run_of: RunOf) -> None:
    assert list(side_findings(run_of("implementation=ssl,pyopenssl,libssl version=1.3"))) == []
    assert list(side_findings(replace(run, cells=run.cells[:2]))) == []


def test_only_what_is_alike_is_ranked_and_the_rest_says_in_what_it_differs(run: Run) -> None:
    odd = run.cells[2]
    cells = [*run.cells[:2], replace(odd, negotiated={**odd.negotiated, "tickets": 9}), run.cells[3]]
    (finding,) = side_findings(replace(run, cells=cells))
    assert ": utls, 100 µs of its own time" in finding.headline
    assert finding.details[-1].startswith(
        "Not ranked because of other differences: libssl in tickets (9, not "
    )
