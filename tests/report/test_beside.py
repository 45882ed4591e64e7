"""Like with like: any other difference between compared cells is stated wherever they are compared."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace

import pytest

from tlsbench.links import Ledger
from tlsbench.report.duels import report_of_duel, sentence
from tlsbench.report.exporters import export
from tlsbench.report.findings import findings
from tlsbench.report.page import page_of, render, source_of
from tlsbench.report.pictures import Heat, Picture
from tlsbench.report.pictures.runs import pictures_of_run
from tlsbench.report.runs import report_of_run, sheets_of_run
from tlsbench.report.static import draw
from tlsbench.results import Cell, Run
from tlsbench.results.duel import Duel, DuelResult, Side
from tlsbench.results.stored import Machine, stored_run
from tlsbench.stats import Interval, PairedComparison, summarise

RunOf = Callable[[str], Run]
PACE = {"ssl": 2.0, "pyopenssl": 1.5, "fake": 1.0}


def timed(run: Run, change: Callable[[Cell], Cell] = lambda cell: cell) -> Run:
    """The run with times by library, halved if resumed, and with any other change to its cells."""

    def with_times(cell: Cell) -> Cell:
        scale = PACE[cell.axes["implementation"]] * (0.5 if cell.axes["resumption"] == "psk" else 1.0)
        figures = {
            part: summarise([[scale * (1e6 + at * 5 % 12)] for at in range(12)]) for part in cell.figures
        }
        return replace(cell, figures=figures)

    return replace(run, cells=[change(with_times(cell)) for cell in run.cells], noise_floor={})


def proving(library: str, **facts: object) -> Callable[[Cell], Cell]:
    """Change what was negotiated by one library; a group changes its axis too."""

    def change(cell: Cell) -> Cell:
        if cell.axes["implementation"] != library:
            return cell
        axes = {**cell.axes, **{name: str(one) for name, one in facts.items() if name == "group"}}
        kept = {name: one for name, one in {**cell.negotiated, **facts}.items() if one is not None}
        return replace(cell, axes=axes, negotiated=kept)

    return change


def said(run: Run, start: str) -> str:
    [finding] = [one for one in findings(run) if one.headline.startswith(start)]
    return str(finding)


def picture(run: Run, kind: str) -> Picture:
    [found] = [one for one in pictures_of_run(run) if one.kind == kind]
    return found


@pytest.fixture
def three(run_of: RunOf) -> Run:
    return run_of("implementation=ssl,pyopenssl,fake version=1.3")


def test_libraries_are_not_ranked_over_different_groups(three: Run) -> None:
    run = timed(three, proving("ssl", group="X25519MLKEM768"))
    run = timed(run, proving("fake", tickets=2))
    words = said(run, "Fastest at handshake")
    assert words.startswith(
        "Fastest at handshake: fake in 1 of 1 scenarios (the next takes 1.50 times as long)"
    )
    assert "Not ranked because of other differences: ssl in group (X25519MLKEM768, not secp256r1)" in words


def test_libraries_are_not_ranked_over_different_numbers_of_tickets(three: Run) -> None:
    run = timed(three, proving("fake", tickets=0))
    words = said(run, "Fastest at handshake")
    assert words.startswith("Fastest at handshake: pyopenssl in 1 of 1 scenarios (the next takes 1.33 times")
    assert "fake in tickets (0, not 2)" in words


def test_where_no_two_libraries_did_the_same_none_is_called_the_fastest(run_of: RunOf) -> None:
    run = timed(run_of("implementation=ssl,pyopenssl version=1.3"), proving("ssl", tickets=4))
    assert said(run, "Fastest at handshake") == (
        "Fastest at handshake: not ranked, as no two libraries did the same work. "
        "Not ranked because of other differences: pyopenssl in tickets (2, not 4)"
    )


def test_boringssl_is_not_ranked_with_a_server_that_sends_tickets(run_of: RunOf) -> None:
    pytest.importorskip("utls")
    run = run_of("implementation=ssl,utls version=1.3")
    words = said(run, "Fastest at handshake")
    assert words.startswith("Fastest at handshake: not ranked, as no two libraries did the same work")
    assert "utls in " in words
    assert "tickets (0, not 2)" in words


def test_rates_say_of_which_group_and_how_many_tickets_they_are(run_of: RunOf) -> None:
    run = timed(run_of("implementation=pyopenssl version=1.3"))
    assert "(pyopenssl, TLS 1.3, secp256r1, 2 tickets)" in said(run, "One core serves")


def test_a_ranking_says_what_is_not_known_of_all(run_of: RunOf) -> None:
    run = timed(run_of("implementation=ssl,pyopenssl version=1.3"), proving("ssl", tickets=None))
    words = said(run, "Fastest at handshake")
    assert words.startswith("Fastest at handshake: pyopenssl in 1 of 1 scenarios")
    assert words.endswith("Unknown for some that are ranked: tickets")


def test_a_contrast_says_what_follows_from_the_choice(run_of: RunOf) -> None:
    """OpenSSL's server issues two tickets after a full handshake, and one after a resumed one."""
    run = timed(run_of("implementation=pyopenssl version=1.3 resumption=none,psk"))
    words = said(run, "Resumption by psk")
    assert words.startswith("Resumption by psk: handshakes take 50 % less time. ")
    assert "They also differ in tickets 2 → 1" in words


def test_a_contrast_is_not_made_of_cells_that_differ_in_more(run_of: RunOf) -> None:
    run = timed(run_of("implementation=pyopenssl version=1.3 client_auth=none,required"))

    def odd(cell: Cell) -> Cell:
        asks = cell.axes["client_auth"] == "required"
        figures = {part: summarise([[2e6 + at] for at in range(12)]) for part in cell.figures}
        negotiated = {**cell.negotiated, "tickets": 4}
        return replace(cell, figures=figures, negotiated=negotiated) if asks else cell

    words = said(timed(run, odd), "A client certificate")
    assert words == (
        "A client certificate: not compared, because the cells also differ in tickets (4, not 2)"
    )


def test_of_several_cells_that_may_stand_against_one_the_likest_is_taken(run_of: RunOf) -> None:
    suites = "TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384"
    run = run_of(f"implementation=fake version=1.3 cipher={suites} key=rsa-2048,ecdsa-secp256r1")
    slow = {"TLS_AES_128_GCM_SHA256": 3.0, "TLS_AES_256_GCM_SHA384": 1.0}

    def times(cell: Cell) -> Cell:
        scale = slow[cell.axes["cipher"]] * (0.5 if cell.axes["key"] == "ecdsa-secp256r1" else 1.0)
        rounds = [[scale * (1e6 + at * 5 % 12)] for at in range(12)]
        return replace(cell, figures={part: summarise(rounds) for part in cell.figures})

    run = replace(run, cells=[times(cell) for cell in run.cells], noise_floor={})
    words = said(run, "ECDSA P-256 instead of RSA-2048")
    assert "handshakes take 50 % less time (2 comparisons)" in words


def test_the_table_marks_rows_that_differ_in_more_than_its_columns(three: Run) -> None:
    run = timed(three, proving("fake", tickets=0))
    (sheet,) = sheets_of_run(run)
    assert [entry.text("ratio") for entry in sheet.entries] == ["=", "0.75", "0.50†"]
    text = export(report_of_run(run), "table", 300)
    assert (
        "† rows that differ from the row marked = in more than their columns show: 1 in tickets (0, not 2)"
        in text
    )
    page = page_of([source_of(stored_run(run, "x", Machine()), "x")])
    assert any("tickets (0, not 2)" in doubt for doubt in page.doubts)
    names = [heading.name for heading in page.grids[0].headings]
    shown = [row.values[names.index("ratio")] for row in page.grids[0].rows]
    assert [text for _, text in shown] == ["=", "0.75", "0.50†"]


def test_the_table_says_what_is_not_known_of_every_row(three: Run) -> None:
    def old(cell: Cell) -> Cell:
        ledger = replace(cell.ledger, round_trips=None, handshake_flights=None)
        return replace(cell, ledger=ledger, negotiated={"version": "1.3"})

    text = export(report_of_run(timed(three, old)), "table", 300)
    assert "†" not in text
    assert "unknown for some rows, which may therefore differ in it: tickets, round trips" in text


def test_a_group_that_has_a_column_is_no_mark(run_of: RunOf) -> None:
    (sheet,) = sheets_of_run(run_of("implementation=pyopenssl version=1.3 group=secp256r1,x25519"))
    assert not [entry for entry in sheet.entries if "†" in entry.text("ratio")]


def test_the_picture_of_implementations_ranks_only_what_is_alike(three: Run) -> None:
    run = timed(three, proving("fake", tickets=0))
    found = picture(run, "implementations")
    assert isinstance(found.shape, Heat)
    assert list(found.shape.columns) == ["ssl", "pyopenssl", "fake"]
    assert [value is None for (row,) in [found.shape.values] for value in row] == [False, False, True]
    assert [[text.endswith("†") for text in row] for row in found.shape.texts] == [[False, False, True]]
    assert found.beside == "† Not ranked because of other differences: fake in tickets (0, not 2)."


def test_pictures_say_in_their_captions_what_differs_beside_their_names(three: Run) -> None:
    run = timed(three, proving("fake", tickets=0))
    for kind in ("cost", "distribution"):
        assert "The cells also differ in tickets (2, 0)." in picture(run, kind).beside
    assert "they differ in tickets" not in picture(timed(three, proving("fake", tickets=2)), "cost").beside


def test_what_differs_is_in_the_page_and_in_pictures_as_files(three: Run) -> None:
    pytest.importorskip("plotly")
    pytest.importorskip("matplotlib")
    run = timed(three, proving("fake", tickets=0))
    said = "The cells also differ in tickets (2, 0)."
    assert said in render(page_of([source_of(stored_run(run, "x", Machine()), "x")]))
    assert said in "".join(ET.fromstring(draw(picture(run, "cost"), "svg")).itertext())


def test_the_picture_of_resumption_says_what_differs_beside_it(run_of: RunOf) -> None:
    run = timed(run_of("implementation=pyopenssl version=1.3 resumption=none,psk"))
    assert "The cells also differ in tickets 2 → 1." in picture(run, "resumption").beside


def side(name: str, ledger: Ledger | None = None, **facts: object) -> Side:
    axes = {"workload": "handshake", "implementation": name, "version": "1.3", "key": "ecdsa-secp256r1"}
    return Side(name, f"workload=handshake implementation={name}", axes, {"tickets": 2, **facts}, ledger)


def duel(a: Side, b: Side, ratio: float = 0.5) -> DuelResult:
    found = PairedComparison(Interval(ratio * 0.99, ratio, ratio * 1.01), 0.001, 20)
    return DuelResult(a, b, {"libraries": found})


def test_a_duel_says_what_its_sides_differ_in_beside_their_names() -> None:
    ledger = Ledger(4, 300, 1000, 1, 3)
    result = duel(side("ssl", ledger, group="secp256r1"), side("utls", ledger, group="x25519", tickets=0))
    words = sentence(result)
    assert words.startswith("utls is 2.00× faster than ssl")
    assert words.endswith(
        "; they also differ in group secp256r1 (ssl) and x25519 (utls), tickets 2 (ssl) and 0 (utls)"
    )
    whole = report_of_duel(Duel(results=[result], meter="wall", method="", seed=1))
    assert "tickets 2 (ssl) and 0 (utls)" in whole.told
    assert "tickets 2 (ssl) and 0 (utls)" in whole.findings[0].headline


def test_a_duel_says_what_is_not_known_of_both_sides() -> None:
    words = sentence(duel(side("ssl"), side("utls"), 1.0))
    assert "no significant difference" in words
    assert words.endswith("; unknown for one or both: round trips, flights")
    ledger = Ledger(4, 300, 1000, 1, 3)
    assert "not known" not in sentence(duel(side("ssl", ledger), side("utls", ledger)))
