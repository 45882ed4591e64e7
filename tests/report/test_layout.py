from __future__ import annotations

from dataclasses import replace

import pytest
from tests.report.exporters.made import report

from tlsbench.report.columns import MAIN
from tlsbench.report.exporters.table import terminal
from tlsbench.report.layout import lay_out
from tlsbench.report.sheets import SHORT, Entry, Field, Figure, Sheet
from tlsbench.report.terminal import print_plain

AXES = ("implementation", "version", "cipher", "key")
CELLS = (
    ("ssl", "1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ecdsa-secp256r1"),
    ("pyopenssl", "1.3", "TLS_AES_128_GCM_SHA256", "rsa-4096"),
)
FIGURES = {"client µs": 9, "server µs": 9, "both µs": MAIN, "±": MAIN, "p99 µs": 1, "B c→s": 2, "ops/s": 5}


def sheet() -> Sheet:
    return Sheet(
        "handshake group=x25519",
        [
            *(Field(axis, axis, "label") for axis in AXES),
            *(Field(name, name, weight=weight) for name, weight in FIGURES.items()),
        ],
        [
            Entry(
                " ".join(cell),
                dict(zip(AXES, cell, strict=True)),
                dict.fromkeys(FIGURES, Figure(1.0, "1,234")),
            )
            for cell in CELLS
        ],
    )


@pytest.mark.parametrize("width", [70, 80, 100, 120, 160, 250])
def test_what_stands_for_a_cell_and_its_precision_never_give_way(width: int) -> None:
    headings = [field.heading for field in lay_out(sheet(), width).columns]
    assert {"both µs", "±"} <= set(headings)


def test_p99_bytes_and_rates_give_way_before_the_sides_do() -> None:
    layout = lay_out(sheet(), 80)
    assert list(layout.hidden) == ["p99 µs", "B c→s", "ops/s", "client µs", "server µs"][: len(layout.hidden)]
    assert list(layout.hidden)[:3] == ["p99 µs", "B c→s", "ops/s"]


def test_labels_stand_in_columns_where_there_is_room_and_together_where_there_is_none() -> None:
    assert [field.heading for field in lay_out(sheet(), 250).columns][:4] == list(AXES)
    (first, *_), entries = lay_out(sheet(), 80).columns, lay_out(sheet(), 80).entries
    assert first.heading == "implementation version cipher key"
    assert [entry.text(first.name) for entry in entries] == [" ".join(cell) for cell in CELLS]


def test_an_entry_with_a_short_name_stands_under_that() -> None:
    named = [
        replace(entry, labels={**entry.labels, SHORT: f"cell {at}"})
        for at, entry in enumerate(sheet().entries)
    ]
    (first, *_) = lay_out(replace(sheet(), entries=named), 80).columns
    assert (first.name, first.heading) == (SHORT, "cell")


@pytest.mark.parametrize("width", [70, 80, 100, 120, 160])
def test_no_word_is_broken(width: int) -> None:
    from tlsbench.report.exporters.table import sheets

    text = print_plain(sheets([sheet()], width), width)
    assert {word for cell in CELLS for word in cell} <= set(text.split())
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize(
    "name", ["run.json", "pytest.json", "memory.json", "run.json slower", "primitive.json"]
)
def test_no_word_of_a_real_result_is_broken_at_80_columns(name: str) -> None:
    made = report(name)
    text = print_plain(terminal(made, 80), 80)
    words = set(text.replace("\n", " ").split())
    for one in made.sheets:
        for entry in one.entries:
            labels = [entry.text(field.name) for field in one.fields if field.kind == "label"]
            assert {word for label in labels for word in label.split()} <= words
    assert max(map(len, text.splitlines())) <= 80


def test_a_sheet_without_entries_is_no_table() -> None:
    from tlsbench.report.exporters.table import rows

    assert rows(Sheet("a load", [Field("phase", "µs", "label")], []), 80) == []
