"""What one axis of the matrix is: its values, and every rule that belongs to it and to no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, Protocol

#: The two ends of a connection.
ENDS: Final = ("client", "server")
#: A value that says what it is, see :attr:`Axis.alone`.
BY_ITSELF: Final = "{value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One axis.

    :param meaning: one line for ``tlsbench list axes``.
    :param values: what it can be, in canonical spelling; empty where the set is open (implementations).
    :param default: an order of preference: an axis that a request leaves open takes the first value that
        TLS and both libraries allow beside the values that were given.
    :param neutral: the value that means "nothing special". It is left out of ids, so that an axis added
        later does not change the ids already stored; ``""`` if there is none.
    :param workloads: the workloads to which it means something.
    :param aliases: other spellings in lower case, and the value that each stands for.
    :param parse: the canonical spelling of a word, for an axis that takes more than its ``values``.
    :param read: the value as a scenario's field holds it, from its spelling.
    :param write: the inverse of ``read``.
    :param alone: how a value is written without its axis, in the name of a cell.
    :param follows: whether its value often follows from the other axes, and then adds nothing.
    :param rare: whether formats for machines have a column for it only if a cell has a special value; else
        always, so that the results of several runs can be put together.
    :param same_as: the axis whose value, repeated here, is the neutral one.
    :param denied: special values, each with the reason why a library cannot do them unless it says that
        it can (:attr:`tlsbench.scenarios.Capabilities.supports`).
    :param ends: whose library must say so; ``ends_of`` has the values for which that differs.
    :param before: the axis before which ids spell it, if that is not the next one of the table.
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
        """The values that are not the neutral one."""
        return tuple(value for value in self.values if value != self.neutral)

    def canonical(self, word: str, valid: Iterable[str]) -> str | None:
        """The one of the ``valid`` values that a word names, by itself or by an alias; None if none."""
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
    """The aliases in a table of values, each with the value that it stands for."""
    return {alias.lower(): row.name for row in rows for alias in row.aliases}


def row(
    *,
    denied: Mapping[str, str] | str = MappingProxyType({}),
    **rules: Any,  # noqa: ANN401 - the parameters of Axis, which checks them
) -> dict[str, Axis]:
    """The axis of a field of a scenario, as that field's metadata.

    :param denied: one reason for every special value, or as :class:`Axis` takes it.
    """
    axis = Axis(**rules)
    reasons = dict.fromkeys(axis.special, denied) if isinstance(denied, str) else denied
    return {"axis": replace(axis, denied=reasons)}
