"""What the words of the command line mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from tlsbench.errors import RequestError, unknown
from tlsbench.implementations.registry import capabilities, spellings
from tlsbench.scenarios import Matrix, Selection, expand, narrow, parse
from tlsbench.scenarios.profiles import PROFILES
from tlsbench.session.quantities import fraction, seconds

__all__ = ["baseline_of", "fraction", "matrix_of", "seconds", "selects"]

if TYPE_CHECKING:  # numpy and scipy would come with it, and no list needs them
    from tlsbench.results import Cell


def matrix_of(selectors: Sequence[str], profile: str | None) -> Matrix:
    """The matrix of a request: a profile narrowed by selectors, or the selectors alone.

    :raises RequestError: for an unknown profile, axis or value.
    """
    by = parse(selectors, spellings())
    if profile is None and by:
        return expand([by], capabilities(by))
    name = (profile or "quick").lower()
    if name not in PROFILES:
        raise unknown("profile", name, PROFILES)
    selections = [parse([text], spellings()) for text in PROFILES[name].selections]
    return expand(narrow(selections, by), capabilities(by))


def baseline_of(selector: str | None, ids: Sequence[dict[str, str]]) -> Callable[[Cell], bool] | None:
    """Whether a cell is the baseline that the selector asks for; None without a selector.

    :param ids: the axes of the cells there are, so that a selector of none of them is refused.
    :raises RequestError: if it selects none.
    """
    if selector is None:
        return None
    wanted = parse([selector], spellings())
    if not any(selects(wanted, axes) for axes in ids):
        raise RequestError(
            f"--baseline '{selector}' selects none of the cells: see 'tlsbench list scenarios'"
        )
    return lambda cell: selects(wanted, cell.axes)


def selects(wanted: Selection, axes: Mapping[str, str]) -> bool:
    """Whether a cell of these axes is one of those that are wanted."""
    both = axes.get("implementation")
    ends = {"client": both, "server": both} if both else {}
    return all({**ends, **axes}.get(axis) in values for axis, values in wanted.items())
