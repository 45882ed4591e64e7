"""What a shell offers to complete a word: axes and values of selectors, names of profiles and others.

Typer calls these functions only while a shell completes; they import what they need then.
"""

from __future__ import annotations

import os
from typing import Final

from tlsbench.cli.overview import COMPLETES

_Offers = list[tuple[str, str]]
#: Bash also splits words here (its COMP_WORDBREAKS), and replaces only what comes after it.
_EQUALS: Final = "="


def is_asked_for() -> bool:
    """Whether a shell started this process to complete a command line."""
    return COMPLETES in os.environ


def selectors(incomplete: str) -> _Offers:
    """Selectors that begin with a word: axes, and after ``=`` and each comma the values of the axis.

    If only one axis matches, it is offered with its values, so that no shell adds a space after ``=``.

    :returns: the completions of the word, each with its meaning.
    """
    from tlsbench.scenarios.axes import AXES

    if axis := _axis_split_off():
        return _values(axis, incomplete)
    name, equals, values = incomplete.partition(_EQUALS)
    found = [axis for axis in AXES.values() if axis.name.startswith(name)]
    if equals or len(found) == 1:
        axis_name = name if equals else found[0].name
        return [(f"{axis_name}={value}", meaning) for value, meaning in _values(axis_name, values)]
    return [(f"{axis.name}=", axis.meaning) for axis in found]


def lists(incomplete: str) -> _Offers:
    """The lists of ``tlsbench list``, or selectors, which are short for ``scenarios`` with them."""
    names = ("scenarios", "implementations", "axes", "profiles", "ciphers", "primitives", "interop")
    return [(name, f"list {name}") for name in names if name.startswith(incomplete)] or selectors(incomplete)


def profiles(incomplete: str) -> _Offers:
    """Profiles whose names begin with a word."""
    from tlsbench.scenarios.profiles import PROFILES

    return [(one.name, one.meaning) for one in PROFILES.values() if one.name.startswith(incomplete)]


def results(incomplete: str) -> list[str]:
    """Saved runs whose names begin with a word, each once; a shell completes files itself."""
    from tlsbench.results.storage import saved

    return sorted({name for _, name, _ in saved() if name.startswith(incomplete)})


def demos(incomplete: str) -> list[str]:
    """Demos of certificates whose names begin with a word."""
    from tlsbench.certs.demos import DEMOS

    return [name for name in ("all", *DEMOS) if name.startswith(incomplete)]


def _values(axis: str, incomplete: str) -> _Offers:
    """The values of an axis, each added to the list of those already given."""
    from tlsbench.implementations.registry import spellings
    from tlsbench.scenarios.axes import AXES
    from tlsbench.scenarios.selectors import ANY_PATH

    if axis not in AXES:
        return []
    before, comma, last = incomplete.rpartition(",")
    given = set(before.split(","))
    valid = AXES[axis].values or spellings()
    return [
        (f"{before}{comma}{value}", AXES[axis].meaning)
        for value in valid
        if value.startswith(last) and value not in given and not value.endswith(ANY_PATH)
    ]


def _axis_split_off() -> str:
    """The axis before the word, if bash has split ``axis=values`` in three; ``""`` in other shells."""
    words = os.environ.get("COMP_WORDS", "").splitlines()
    at = int(os.environ.get("COMP_CWORD", "0"))
    if not words:
        return ""
    if words[at : at + 1] == [_EQUALS]:
        return words[at - 1]
    return words[at - 2] if words[at - 1] == _EQUALS and at > 1 else ""
