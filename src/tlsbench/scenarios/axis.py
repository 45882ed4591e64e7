"""One axis of the matrix: its values, and every rule that applies to this axis alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, Protocol

#: The two ends of a connection.
ENDS: Final = ("client", "server")
#: For values that are clear without the name of their axis, see :attr:`Axis.alone`.
BY_ITSELF: Final = "{value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One axis.

    :param meaning: one line for ``tlsbench list axes``.
    :param values: its values, in canonical spelling; empty if the set is open (implementations).
    :param default: an order of preference: an axis that a request leaves open takes the first value that
        TLS and both libraries allow in combination with the given values.
    :param neutral: the value that means "nothing special". It is left out of ids, so that an axis added
        later does not change the ids already stored; ``""`` if there is none.
    :param workloads: the workloads to which it applies.
    :param aliases: other spellings in lower case, and the value that each stands for.
    :param parse: converts a word to canonical spelling, for an axis that accepts more than its ``values``.
    :param read: converts a spelling to the value in a scenario's field.
    :param write: the inverse of ``read``.
    :param alone: the format of a value in the name of a cell, where it appears without its axis.
    :param follows: whether its value often follows from the other axes, and then adds no information.
    :param rare: whether machine-readable formats have a column for it only if a cell has a special value;
        other axes always have one, so that the results of several runs can be combined.
    :param same_as: the axis whose value, if repeated here, counts as the neutral one.
    :param denied: special values, each with the reason why a library cannot do them unless it declares that
        it can (:attr:`tlsbench.scenarios.Capabilities.supports`).
    :param ends: the ends whose library must declare it; ``ends_of`` has the values for which they differ.
    :param before: the axis that it precedes in ids, if that is not the next one in the table.
    """

    meaning: str
    values: tuple[str, ...] = ()
    default: tuple[str, ...] = ()
    neutral: str = ""
    workloads: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    parse: Callable[[str], str] | None = None
    read: Callable[[str], Any] = str
    write: Callable[[Any], str] = str
    alone: str = "{axis}={value}"
    follows: bool = False
    rare: bool = False
    same_as: str = ""
    denied: Mapping[str, str] = field(default_factory=dict)
    ends: tuple[str, ...] = ENDS
    ends_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    before: str = ""
    name: str = ""

    @property
    def special(self) -> tuple[str, ...]:
        """The values other than the neutral one."""
        return tuple(value for value in self.values if value != self.neutral)

    def canonical(self, word: str, valid: Iterable[str]) -> str | None:
        """The one of the ``valid`` values that a word names, directly or by an alias, or None."""
        wanted = word.lower()
        names = {value.lower(): value for value in valid}
        return names.get(wanted) or names.get(self.aliases.get(wanted, "").lower())


class _Row(Protocol):
    """A row of a table of values."""

    @property
    def name(self) -> str: ...
    @property
    def aliases(self) -> tuple[str, ...]: ...


def aliases_of(rows: Iterable[_Row]) -> dict[str, str]:
    """The aliases in a table of values, each mapped to the value that it stands for."""
    return {alias.lower(): row.name for row in rows for alias in row.aliases}


def row(
    *,
    denied: Mapping[str, str] | str = MappingProxyType({}),
    **rules: Any,  # noqa: ANN401 - the parameters of Axis, which checks them
) -> dict[str, Axis]:
    """The axis of a scenario's field, as that field's metadata.

    :param denied: one reason for all special values, or a mapping as for :class:`Axis`.
    """
    axis = Axis(**rules)
    reasons = dict.fromkeys(axis.special, denied) if isinstance(denied, str) else denied
    return {"axis": replace(axis, denied=reasons)}
