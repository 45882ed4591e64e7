"""The breakdown of a handshake as it is shown: sheets, findings, a picture, and the facts of a row."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest

from tlsbench.report.exporters import export
from tlsbench.report.findings import findings
from tlsbench.report.ledger import is_balanced
from tlsbench.report.page.grid import grids_of_run
from tlsbench.report.parts import notes_on_parts, sheets_of_parts
from tlsbench.report.pictures import Bars
from tlsbench.report.pictures.runs import pictures_of_run
from tlsbench.report.runs import report_of_run
from tlsbench.results import Cell, Run
from tlsbench.results.parts import CellPart, by_part
from tlsbench.stats import Interval

#: In nanoseconds: three operations make up 148 of the server's 296 µs.
SERVER = {
    ("key share", "x25519/keygen"): 57_000,
    ("agreement", "x25519/exchange"): 40_000,
    ("signature", "ecdsa-secp256r1/sign"): 51_000,
    ("key schedule", "hkdf-sha-256/expand"): 30_000,
    ("records", "aes-128-gcm/encrypt"): 4_000,
    ("hashing", "sha-256/digest"): 3_000,
    ("allocation", ""): 11_000,
    ("rest", ""): 100_000,
}
CLIENT = {
    ("key share", "x25519/keygen"): 57_000,
    ("verification", "ecdsa-secp256r1/verify"): 200_000,
    ("rest", ""): 343_000,
}


def parts(side: str, costs: Mapping[tuple[str, str], float]) -> tuple[CellPart, ...]:
    return tuple(
        CellPart(
            side=side,
            part=part,
            operation=operation,
            count=1,
            size_bytes=0,
            source="RFC 8446 7.1",
            interval=Interval(0.9 * cost, cost, 1.1 * cost),
        )
        for (part, operation), cost in costs.items()
    )


def measured(cell: Cell, **sides: float) -> Cell:
    figures = {
        name: replace(summary, interval=Interval(0.98 * sides[name], sides[name], 1.02 * sides[name]))
        if name in sides
        else summary
        for name, summary in cell.figures.items()
    }
    return replace(cell, figures=figures, parts=parts("client", CLIENT) + parts("server", SERVER))


@pytest.fixture
def run(run_of: Callable[[str], Run]) -> Run:
    made = run_of("implementation=fake")
    return replace(made, cells=[measured(made.cells[0], client=600_000, server=296_000)])


def words(run: Run) -> Sequence[str]:
    return [str(one) for one in findings(run) if "public-key" in str(one)]


def test_a_finding_says_what_of_a_side_is_a_few_operations_and_what_is_left(run: Run) -> None:
    server, client = words(run)
    assert server.startswith(
        "Of the server's 296 µs, 148 µs (50 %) are three public-key operations; 48.0 µs are key schedule, "
        "records, hashing and allocation, and 100 µs the rest"
    )
    assert "The rest is 100 µs [90.0 µs, 110 µs], 34 % of the time" in server
    assert client.startswith("Of the client's 600 µs, 257 µs (43 %) are two public-key operations")


def test_a_ledger_that_does_not_add_up_has_no_finding_and_a_note(run: Run) -> None:
    cell = measured(run.cells[0], client=600_000, server=310_000)
    assert is_balanced(cell, "client")
    assert not is_balanced(cell, "server")
    broken = replace(run, cells=[cell])
    assert [one[:15] for one in words(broken)] == ["Of the client's"]
    assert [
        one
        for one in notes_on_parts(broken)
        if one.startswith("the parts and the rest of the server add up to 296 µs")
    ]


def test_the_table_has_each_operation_its_share_and_what_they_make_together(run: Run) -> None:
    text = export(report_of_run(run), "table", 200)
    assert re.search(r"server +key share +x25519/keygen +1 +57\.0 +51\.3–62\.7 +19 % +RFC 8446 7\.1", text)
    assert re.search(r"server +rest +100 +90\.0–110 +34 %", text)
    assert re.search(r"server +together +296 +100 %", text)
    assert "a part is the sum of its operations, each measured alone on the same engine" in text
    assert "| server | together |" in export(report_of_run(run), "markdown", 200)


def test_what_machines_read_has_a_row_for_each_cell_as_before(run: Run) -> None:
    lines = export(report_of_run(run), "csv", 200).splitlines()
    assert len(lines) == 2


def test_of_many_cells_each_part_is_a_column(run: Run) -> None:
    cells = [
        replace(run.cells[0], axes={**run.cells[0].axes, "group": group})
        for group in ("x25519", "secp256r1", "secp384r1")
    ]
    (sheet,) = sheets_of_parts(replace(run, cells=cells))
    assert [field.heading for field in sheet.fields][:3] == ["cell", "side", "key share"]
    assert len(sheet.entries) == 6
    assert sheet.entries[1].text("together") == "296"


def test_of_many_cells_the_least_and_the_greatest_rest_are_told(run: Run) -> None:
    cells = []
    for number in range(1, 6):
        costs = {**SERVER, ("rest", ""): 10_000 * number}
        made = measured(run.cells[0], client=600_000, server=196_000 + 10_000 * number)
        axes = {**made.axes, "chain_length": str(number + 1)}
        cells.append(replace(made, axes=axes, parts=parts("server", costs)))
    first, last = found = words(replace(run, cells=cells))
    assert first.startswith("Of the server's 206 µs with chain_length=2, 148 µs")
    assert last.startswith("Of the server's 246 µs with chain_length=6, 148 µs")
    assert not any("The rest is" in one for one in found)


def test_a_picture_stacks_the_parts_of_each_side(run: Run) -> None:
    (picture,) = (one for one in pictures_of_run(run) if one.kind == "parts")
    assert isinstance(picture.shape, Bars)
    assert picture.shape.is_stacked
    assert picture.shape.labels == ["client", "server"]
    assert picture.shape.parts["signature"] == [None, 51.0]
    assert list(picture.shape.parts)[-1] == "rest"
    assert picture.shape.texts == ["600 µs", "296 µs"]


def test_a_rest_below_zero_is_said_and_not_drawn(run: Run) -> None:
    costs = {**SERVER, ("rest", ""): -20_000}
    cell = replace(
        measured(run.cells[0], client=600_000, server=176_000),
        parts=parts("client", CLIENT) + parts("server", costs),
    )
    found = replace(run, cells=[cell])
    (picture,) = (one for one in pictures_of_run(found) if one.kind == "parts")
    assert isinstance(picture.shape, Bars)
    assert picture.shape.parts["rest"][1] == 0.0
    assert "−20.0" in export(report_of_run(found), "table", 200)


def test_a_ledger_that_comes_to_nothing_has_no_shares(run: Run) -> None:
    """A forged file may have such a ledger."""
    cell = replace(measured(run.cells[0], client=600_000, server=0), parts=parts("server", {("rest", ""): 0}))
    nothing = replace(run, cells=[cell])
    assert not words(nothing)
    assert re.search(r"server +rest +0\.00 +RFC", export(report_of_run(nothing), "table", 200))


def test_a_row_of_the_page_opens_its_ledger(run: Run) -> None:
    facts = grids_of_run(run)[0].rows[0].facts["parts of the server"]
    assert facts["signature ecdsa-secp256r1/sign × 1"] == "51.0 µs"
    assert facts["rest"] == "100 µs"


def test_without_parts_nothing_is_said_of_them(run: Run) -> None:
    bare = replace(run, cells=[replace(run.cells[0], parts=())])
    assert not sheets_of_parts(bare)
    assert not notes_on_parts(bare)
    assert not words(bare)
    assert all(one.kind != "parts" for one in pictures_of_run(bare))
    assert by_part((), "server") == {}
