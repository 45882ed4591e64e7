"""Selectors: ``axis=value[,value…]``, the notation for requests.

The same text is used on the command line, in ``pytest --tls``, in profiles and in the ids of stored results.
Values are matched case-insensitively; ``*`` and other shell patterns stand for the values they match
(``cipher=*CHACHA20*``); the same axis may be given twice. Other common names (``group=p256``,
``curve=p256``, ``resumption=0-rtt``) are accepted and converted to the canonical spelling.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Protocol, runtime_checkable

from tlsbench.errors import RequestError, listed, unknown
from tlsbench.scenarios.axes import AXES, AXIS_ALIASES
from tlsbench.scenarios.axis import ENDS

#: Canonical values by axis: one product of the matrix.
Selection = Mapping[str, tuple[str, ...]]

#: In an implementation's id, the placeholder for a path that the user gives.
ANY_PATH = "PATH"
#: The characters that no value of a selector can contain.
UNSPELLABLE = frozenset(" \t\n\r\v\f,")
_PATTERN = frozenset("*?[")


@runtime_checkable
class FindsPaths(Protocol):
    """A collection of implementation ids, some of which name files, that can search for such files."""

    def found(self, family: str, pattern: str) -> Collection[str]:
        """The ids, each starting with ``family``, of the files that a pattern matches."""


def parse(selectors: Iterable[str], implementations: Collection[str]) -> Selection:
    """The selection that the selectors describe.

    :param selectors: texts of one or more selectors, separated by white space.
    :param implementations: the ids that ``implementation``, ``client`` and ``server`` accept.
    :raises RequestError: for an axis or value that does not exist, naming the closest one that does.
    """
    selection: dict[str, tuple[str, ...]] = {}
    for text in (word for words in selectors for word in words.split()):
        axis, equals, values = text.partition("=")
        axis = AXIS_ALIASES.get(axis.lower(), axis.lower())
        if axis not in AXES:
            if not equals:
                raise RequestError(
                    f"'{text}' is not a selector: write axis=value[,value…], such as version=1.3"
                )
            raise unknown("axis", axis, AXES, AXIS_ALIASES)
        if not values.strip(","):
            raise RequestError(f"'{text}' names no value: write {axis}=VALUE or {axis}=*")
        found = [
            value
            for pattern in values.split(",")
            if pattern
            for value in _values(axis, pattern, implementations)
        ]
        if not found:
            raise RequestError(f"no file matches '{values}': see 'tlsbench engines'")
        selection[axis] = tuple(dict.fromkeys((*selection.get(axis, ()), *found)))
    if "implementation" in selection and any(end in selection for end in ENDS):
        raise RequestError("implementation= sets both ends: give it, or client= and server=, not both")
    return selection


def _values(axis: str, pattern: str, implementations: Collection[str]) -> Iterable[str]:
    rules = AXES[axis]
    valid = rules.values or tuple(implementations)
    wanted = pattern.lower()
    for family in (value.removesuffix(ANY_PATH) for value in valid if value.endswith(ANY_PATH)):
        if wanted.startswith(family.lower()):
            return _files(family, pattern[len(family) :], implementations)
    if set(pattern) & _PATTERN:
        matches = tuple(
            value for value in valid if fnmatchcase(value.lower(), wanted) and not value.endswith(ANY_PATH)
        )
        if not matches:
            raise RequestError(f"no {axis} matches '{pattern}': {listed(valid)}")
        return matches
    if rules.parse:
        return (rules.parse(pattern),)
    value = rules.canonical(pattern, valid)
    if value is None:
        raise unknown(axis, pattern, valid, rules.aliases)
    return (value,)


def _files(family: str, pattern: str, implementations: Collection[str]) -> Iterable[str]:
    """The ids of the files that a path or a pattern names; a pattern may match none."""
    if not set(pattern) & _PATTERN:
        return (family + _path(pattern),)
    return implementations.found(family, pattern) if isinstance(implementations, FindsPaths) else ()


def _path(text: str) -> str:
    if not text.startswith("/"):
        raise RequestError(
            f"'{text}' is not an absolute path: write it like libssl:/opt/openssl/lib/libssl.so.3"
        )
    return text


def narrow(selections: Iterable[Selection], by: Selection) -> tuple[Selection, ...]:
    """The selections of a profile, limited to what ``by`` asks for.

    If the profile has all requested values of an axis, each selection keeps those that it has, and is
    dropped if it has none; otherwise the axis is replaced in all selections, so that no request is lost.
    """
    narrowed = tuple(selections)
    for axis, wanted in by.items():
        others = ENDS if axis == "implementation" else ("implementation",) if axis in ENDS else ()
        has = [selection.get(axis) or AXES[axis].default for selection in narrowed]
        if set(wanted) <= {value for values in has for value in values}:
            kept = [tuple(value for value in wanted if value in values) for values in has]
        else:
            kept = [wanted] * len(narrowed)
        narrowed = tuple(
            {**{name: old for name, old in selection.items() if name not in others}, axis: values}
            for selection, values in zip(narrowed, kept, strict=True)
            if values
        )
    return narrowed
