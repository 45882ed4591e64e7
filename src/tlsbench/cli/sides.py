"""Who meets in a duel: two scenarios here, or one scenario in two environments."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tlsbench.cli.request import matrix_of
from tlsbench.errors import RequestError
from tlsbench.processes import Interpreter
from tlsbench.sampling.duel import Match
from tlsbench.scenarios import Scenario


@dataclass(frozen=True, slots=True)
class Sides:
    """The names of the two sides, and where they run; no interpreters within this process."""

    name_a: str
    name_b: str
    a: Interpreter | None = None
    b: Interpreter | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What was said of the sides, as it was written."""

    selectors: tuple[str, ...]
    a: str | None
    b: str | None
    pythons: tuple[str, ...]
    env_a: tuple[str, ...]
    env_b: tuple[str, ...]


def sides_and_matches(words: Words) -> tuple[Sides, list[Match]]:
    """The sides and the scenarios in which they meet.

    :raises RequestError: if these are not two, or cannot be measured here.
    """
    remote = bool(words.pythons or words.env_a or words.env_b)
    if remote and (words.a or words.b):
        raise RequestError("--a and --b are scenarios in one environment: leave out --python and --env")
    if remote:
        return _environments(words), [Match(one, one) for one in _scenarios(words.selectors)]
    if bool(words.a) != bool(words.b):
        raise RequestError("a duel has two sides: give both --a and --b")
    if words.a and words.b:
        if words.selectors:
            raise RequestError("--a and --b are whole scenarios: leave out the other selectors")
        a, b = _only(words.a), _only(words.b)
    else:
        a, b = _two(_scenarios(words.selectors))
    name_a, name_b = _names(a, b)
    return Sides(name_a, name_b), [Match(a, b)]


def _scenarios(selectors: Sequence[str]) -> Sequence[Scenario]:
    if not selectors:
        raise RequestError("a duel needs selectors, such as implementation=ssl,pyopenssl")
    matrix = matrix_of(selectors, None)
    if matrix.excluded:
        reasons = dict.fromkeys(excluded.reason for excluded in matrix.excluded)
        raise RequestError(f"a side cannot be measured: {'; '.join(reasons)}")
    return matrix.scenarios


def _only(selector: str) -> Scenario:
    scenarios = _scenarios([selector])
    if len(scenarios) != 1:
        raise RequestError(f"'{selector}' names {len(scenarios)} scenarios, not one")
    return scenarios[0]


def _two(scenarios: Sequence[Scenario]) -> tuple[Scenario, Scenario]:
    if len(scenarios) != 2:
        raise RequestError(
            f"a duel is between two scenarios, the selectors name {len(scenarios)}: give one axis two values"
        )
    return scenarios[0], scenarios[1]


def _names(a: Scenario, b: Scenario) -> tuple[str, str]:
    """The values in which two scenarios differ."""
    axes_a, axes_b = a.axes(), b.axes()
    differing = [axis for axis in {**axes_a, **axes_b} if axes_a.get(axis) != axes_b.get(axis)]
    # What follows from the axis asked for, such as the cipher suite from the version, is not its name.
    telling = [axis for axis in differing if axis != "cipher"] or differing
    if not telling:
        raise RequestError("the two sides are the same scenario: 'tlsbench run' measures its noise floor")
    return (
        " ".join(axes_a.get(axis, "-") for axis in telling),
        " ".join(axes_b.get(axis, "-") for axis in telling),
    )


def _environments(words: Words) -> Sides:
    pythons = words.pythons or (sys.executable, sys.executable)
    if len(pythons) != 2:
        raise RequestError(f"a duel has two sides: give --python twice, not {len(pythons)} times")
    env_a, env_b = _variables(words.env_a), _variables(words.env_b)
    if pythons[0] == pythons[1] and env_a == env_b:
        raise RequestError("the two sides are the same: give another --python, --env-a or --env-b")
    return Sides(
        _name_of(pythons[0], env_a, "a"),
        _name_of(pythons[1], env_b, "b"),
        Interpreter(pythons[0], env_a),
        Interpreter(pythons[1], env_b),
    )


def _variables(texts: Sequence[str]) -> dict[str, str]:
    variables = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise RequestError(f"'{text}' sets no variable: write NAME=VALUE")
        variables[name] = value
    return variables


def _name_of(python: str, environment: Mapping[str, str], side: str) -> str:
    settings = [f"{name}={value}" for name, value in environment.items()]
    return " ".join([f"{side} ({python})", *settings])
