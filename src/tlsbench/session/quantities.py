"""Quantities as people write them: durations, fractions, rates and shares."""

from __future__ import annotations

import math
import re

from tlsbench.errors import RequestError

_PER_SECOND = {"": 1.0, "/s": 1.0, "/min": 1 / 60, "/h": 1 / 3600}
_NANOSECONDS = {"ns": 1.0, "us": 1e3, "µs": 1e3, "ms": 1e6}
_SECONDS = {"ms": 1e-3, "s": 1.0, "": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def seconds(text: str) -> float:
    """Seconds from ``500ms``, ``40s``, ``40``, ``1.5m`` or ``1h``.

    :raises RequestError: if the text is not a duration above zero.
    """
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)", text.strip().lower())
    if match is None or match[2] not in _SECONDS or float(match[1]) == 0:
        raise RequestError(f"'{text}' is not a time: write a number and a unit, such as 500ms, 40s or 2m")
    return float(match[1]) * _SECONDS[match[2]]


def fraction(text: str) -> float:
    """A fraction from ``2%``, ``0.5%`` or ``0.02``.

    :raises RequestError: if it is not a fraction from 0 to below 1.
    """
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*(%?)", text.strip())
    value = float(match[1]) / (100 if match[2] else 1) if match else -1.0
    if not 0 <= value < 1:
        raise RequestError(
            f"'{text}' is not a precision: write a percentage such as 2%, or 0 for the whole budget"
        )
    return value


def rate(text: str) -> float:
    """A number per second, from ``20000/s``, ``20000``, ``20,000/s``, ``90000/min`` or ``1e6/h``.

    :raises RequestError: if the text is not a rate above zero.
    """
    match = re.fullmatch(
        r"([0-9][0-9,_]*(?:\.[0-9]+)?(?:e[0-9]{1,2})?)\s*(|/s|/min|/h)", text.strip().lower()
    )
    per_s = float(match[1].replace(",", "").replace("_", "")) * _PER_SECOND[match[2]] if match else 0.0
    if not 0 < per_s < math.inf:
        raise RequestError(
            f"'{text}' is not a rate: write a number per second or minute, such as 20000/s or 900/min"
        )
    return per_s


def share(text: str) -> float:
    """A share from ``60%``, ``100%`` or ``0.6``.

    :raises RequestError: if it is not a share from 0 to 1.
    """
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*(%?)", text.strip())
    value = float(match[1]) / (100 if match[2] else 1) if match else -1.0
    if not 0 <= value <= 1:
        raise RequestError(f"'{text}' is not a share: write a percentage from 0% to 100%, such as 60%")
    return value


def nanoseconds(text: str) -> float:
    """Nanoseconds of processor time from ``40us``, ``40µs``, ``0.2ms`` or ``900ns``; 0 from ``0``.

    :raises RequestError: if the text is not a time in such a unit.
    """
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*(ns|us|µs|ms)", text.strip().lower())
    if match is None and text.strip() != "0":
        raise RequestError(f"'{text}' is not a processor time: write it like 40us, 0.2ms or 900ns")
    return float(match[1]) * _NANOSECONDS[match[2]] if match else 0.0
