"""The digits of figures."""

from __future__ import annotations

import pytest

from tlsbench.report.digits import as_in_tables, from_to, with_unit
from tlsbench.units import BYTES, NANOSECONDS


@pytest.mark.parametrize(
    ("ns", "text"), [(44_500, "44.5 µs"), (9_800_000, "9,800 µs"), (12_500_000, "12.5 ms"), (3e10, "30.0 s")]
)
def test_words_say_a_time_in_the_unit_that_suits_it(ns: float, text: str) -> None:
    assert with_unit(ns, NANOSECONDS) == text


def test_a_change_names_a_unit_that_both_have_once() -> None:
    assert from_to(778_000, 55_600, NANOSECONDS) == "778 → 55.6 µs"
    assert from_to(9_800_000, 10_400_000, NANOSECONDS) == "9,800 µs → 10.4 ms"
    assert from_to(49.4 * 1024, 109 * 1024, BYTES) == "49.4 → 109 KiB"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (12_500.0, "µs, both sides", "12.5 ms"),
        (44.5, "µs", "44.5"),
        (1_576.0, "bytes", "1,576"),
        (1.0034, "× the first run", "1.003"),
        (None, "µs", ""),
        (float("nan"), "µs", ""),
    ],
)
def test_pictures_write_a_figure_as_tables_do(value: float | None, unit: str, text: str) -> None:
    assert as_in_tables(value, unit) == text
