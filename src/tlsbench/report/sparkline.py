"""Small pictures made of text."""

from __future__ import annotations

from collections.abc import Sequence

_LEVELS = "▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def sparkline(values: Sequence[float | None], least: float | None = None) -> str:
    """Values as a row of bars from the least to the greatest; a gap where there is none.

    :param values: finite numbers, oldest first.
    :param least: where the bars begin, such as 0 for rates; no value may be below it.
    """
    known = [value for value in values if value is not None]
    if not known:
        return " " * len(values)
    low = min(known) if least is None else least
    width = max(known) - low
    top = len(_LEVELS) - 1
    return "".join(
        " " if value is None else _LEVELS[round(top * (value - low) / width) if width else top // 2]
        for value in values
    )


def bar(share: float, columns: int) -> str:
    """A bar that fills a share, from 0 to 1, of ``columns`` columns, to an eighth of a column."""
    eighths = round(max(0.0, min(1.0, share)) * columns * 8)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (_EIGHTHS[rest] if rest else "")).ljust(columns)
