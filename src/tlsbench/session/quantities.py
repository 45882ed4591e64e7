"""Quantities as people write them: durations and fractions."""

from __future__ import annotations

import re

from tlsbench.errors import RequestError

_SECONDS = {"ms": 1e-3, "s": 1.0, "": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def seconds(text: str) -> float:
    """Seconds from ``500ms``, ``40s``, ``40``, ``1.5m`` or ``1h``.

    :raises RequestError: if the text is no duration above zero.
    """
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)", text.strip().lower())
    if match is None or match[2] not in _SECONDS or float(match[1]) == 0:
        raise RequestError(f"'{text}' is no time: write a number and a unit, such as 500ms, 40s or 2m")
    return float(match[1]) * _SECONDS[match[2]]


def fraction(text: str) -> float:
    """A fraction from ``2%``, ``0.5%`` or ``0.02``.

    :raises RequestError: if it is no fraction from 0 to below 1.
    """
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*(%?)", text.strip())
    value = float(match[1]) / (100 if match[2] else 1) if match else -1.0
    if not 0 <= value < 1:
        raise RequestError(
            f"'{text}' is no precision: write a percentage such as 2%, or 0 for the whole budget"
        )
    return value
