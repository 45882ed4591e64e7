"""The digits of figures, so that sentences, tables and pictures write a figure alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from tlsbench.units import BYTES, NANOSECONDS, VIRTUAL_NANOSECONDS, Unit

#: From this number on, a time is shown in the next larger unit.
_MOST_IN_UNIT = 10_000


def format_us(microseconds: float) -> str:
    """A figure with two decimals below 10, one below 100, and none from 100 on."""
    if microseconds >= 100:
        return f"{microseconds:,.0f}"
    return f"{microseconds:.1f}" if microseconds >= 10 else f"{microseconds:.2f}"


def format_duration_us(microseconds: float) -> str:
    """Microseconds as :func:`format_us` writes them; from ten thousand on, milliseconds, then seconds."""
    return _in_larger_units(microseconds, ("", " ms", " s"))


def duration_text(microseconds: float) -> str:
    """A time with the unit that suits it: ``"44.5 µs"``, ``"12.5 ms"``."""
    text = format_duration_us(microseconds)
    return text if text.endswith("s") else f"{text} µs"


def format_duration_ms(milliseconds: float) -> str:
    """Milliseconds as :func:`format_us` writes figures; from ten thousand on, seconds."""
    return _in_larger_units(milliseconds, ("", " s"))


def _in_larger_units(number: float, units: Sequence[str]) -> str:
    for unit in units:
        if abs(number) < _MOST_IN_UNIT or unit == units[-1]:
            return f"{format_us(number)}{unit}"
        number /= 1e3
    raise AssertionError("there is a last unit")


def with_unit(figure: float, unit: Unit) -> str:
    """A stored figure as it is written in a sentence: ``"44.5 µs"``, ``"12.5 ms"``, ``"49.4 KiB"``."""
    shown = unit.to_shown(figure)
    return duration_text(shown) if unit is NANOSECONDS else f"{format_us(shown)} {unit.shown}"


def from_to(before: float, after: float, unit: Unit) -> str:
    """A change from one stored figure to another: ``"778 → 55.6 µs"``, ``"9,800 µs → 10.4 ms"``."""
    one, other = with_unit(before, unit), with_unit(after, unit)
    figure, _, symbol = one.partition(" ")
    return f"{figure if other.endswith(f' {symbol}') else one} → {other}"


def format_count(count: float) -> str:
    """A whole number with thousands separators."""
    return f"{count:,.0f}"


#: How tables write figures, by unit.
_DIGITS: Final[Mapping[str, Callable[[float], str]]] = {
    NANOSECONDS.shown: format_duration_us,
    VIRTUAL_NANOSECONDS.shown: format_duration_ms,
    BYTES.shown: format_us,
    "bytes": format_count,
    "MB/s": format_count,
}
_RATIO_DIGITS = "{:.3f}".format


def as_in_tables(value: float | None, unit: str) -> str:
    """A figure with the digits that tables show for its unit; ``""`` if there is no figure.

    :param unit: as a picture names it, such as ``"µs"`` or ``"µs, both sides"``; any other means a ratio.
    """
    if value is None or not math.isfinite(value):
        return ""
    return _DIGITS.get(unit.partition(",")[0], _RATIO_DIGITS)(value)
