"""Convert plain Python arguments to those of the sessions."""

from __future__ import annotations

import math
import os
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from tlsbench.errors import RequestError
from tlsbench.results import Run
from tlsbench.sampling import Plan
from tlsbench.scenarios import Matrix, Scenario, union
from tlsbench.session.quantities import fraction, seconds
from tlsbench.session.selecting import matrix_of

#: Scenarios: selectors such as ``"key=rsa-2048,ed25519 version=1.3"``, or a single scenario.
Selector = str | Scenario
#: One value of an axis, or several.
AxisValues = str | int | Sequence[str] | Sequence[int]
#: A duration: seconds, or text with a unit: ``"500ms"``, ``"5s"``, ``"2m"``.
Seconds = float | str
#: A file or folder.
Path = str | os.PathLike[str]

_OPTION = re.compile(r"--([a-z]+(?:-[a-z]+)*)")


@contextmanager
def in_words_of_python() -> Iterator[None]:
    """Make errors name Python parameters (``time_budget``) instead of command-line options."""
    try:
        yield
    except RequestError as error:
        text = _OPTION.sub(lambda option: option[1].replace("-", "_"), str(error))
        if text == str(error):
            raise
        raise RequestError(text) from None


def selectors_of(selectors: Sequence[str], axes: Mapping[str, AxisValues]) -> list[str]:
    """The selectors, followed by those given as keywords.

    :raises RequestError: for anything else, with what is valid.
    """
    for selector in selectors:
        if not isinstance(selector, str):
            raise RequestError(
                f"{selector!r} is not a selector: write text such as 'key=rsa-2048', or give a Scenario"
            )
    return [*selectors, *(f"{axis}={','.join(_values(axis, given))}" for axis, given in axes.items())]


def _values(axis: str, given: AxisValues) -> Iterator[str]:
    several = given if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    for value in several:
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise RequestError(
                f"{axis}={given!r} is not a value: give text, a whole number, or a list of them"
            )
        text = str(value)
        if text != "".join(text.split()):
            raise RequestError(f"{axis}={given!r} is not a value: it has blanks")
        yield text


def matrix_from(
    selectors: Sequence[Selector],
    profile: str | None,
    axes: Mapping[str, AxisValues],
    model: Run | None = None,
) -> tuple[Matrix, list[str]]:
    """The matrix that the arguments describe, and its selectors.

    :param model: a run whose scenarios are meant; the selectors narrow them.
    :raises RequestError: for an unknown profile, axis or value, or for a profile and a run.
    """
    scenarios = [one for one in selectors if isinstance(one, Scenario)]
    texts = [one for one in selectors if not isinstance(one, Scenario)]
    if not scenarios:
        words = selectors_of(texts, axes)
        return matrix_of(words, profile, model), words
    if texts or axes or profile is not None or model is not None:
        raise RequestError("a Scenario is complete: leave out other selectors, axes, the profile and like")
    ids = [scenario.id for scenario in scenarios]
    return union(matrix_of([one]) for one in ids), ids


def selector_text(what: Selector | Mapping[str, AxisValues]) -> str:
    """One side of a duel as selectors."""
    if isinstance(what, Scenario):
        return what.id
    return " ".join(selectors_of((), what) if isinstance(what, Mapping) else selectors_of([what], {}))


def seconds_of(name: str, value: Seconds, *, zero: bool = False) -> float:
    """Seconds from a number or from text.

    :param name: the name of the parameter, for errors.
    :param zero: whether 0 is valid.
    :raises RequestError: if the value is not valid.
    """
    if zero and value in (0, "0", "0s"):
        return 0.0
    return _number(name, value, seconds, lambda number: 0 < number < math.inf, "seconds above zero, or '5s'")


def plan_of(time_budget: Seconds, precision: float | str, seed: int | None) -> Plan:
    """When to stop, and the seed of the random order.

    :raises RequestError: if one of these is not valid.
    """
    if seed is None:
        seed = random.SystemRandom().randrange(2**31)
    elif not isinstance(seed, int):
        raise RequestError(f"seed={seed!r} is not a seed: give a whole number, or None for a new one")
    return Plan(
        time_budget_s=seconds_of("time_budget", time_budget),
        precision=_number(
            "precision", precision, fraction, lambda number: 0 <= number < 1, "a fraction below 1, or '2%'"
        ),
        seed=seed,
    )


def _number(
    name: str,
    value: float | str,
    read: Callable[[str], float],
    is_valid: Callable[[float], bool],
    valid: str,
) -> float:
    if isinstance(value, str):
        return read(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not is_valid(value):
        raise RequestError(f"{name}={value!r} is not valid: give {valid}")
    return float(value)
