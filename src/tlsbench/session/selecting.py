"""From selectors and profiles to the matrix of what can be measured here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from tlsbench.errors import RequestError, unknown
from tlsbench.implementations.missing import Missing
from tlsbench.implementations.registry import capabilities, implementations, spellings
from tlsbench.scenarios import Excluded, Matrix, Selection, expand, narrow, parse, union
from tlsbench.scenarios.axes import AXES, MACHINE
from tlsbench.scenarios.profiles import PROFILES

if TYPE_CHECKING:  # imports numpy and scipy, which 'tlsbench list' does not need
    from tlsbench.results import Cell, Run

#: The axes that name libraries.
_ENDS: Final = {"implementation", "client", "server"}
#: Not a library: it has no cryptography.
_FAKE: Final = "fake"
#: What is measured if neither selectors nor a profile are given.
DEFAULT_PROFILE = "quick"


def matrix_of(selectors: Sequence[str], profile: str | None = None, like: Run | None = None) -> Matrix:
    """The matrix of a request: a profile or a stored run narrowed by selectors, or the selectors alone.

    :param selectors: such as ``"key=rsa-2048,ed25519"``.
    :param profile: its name; :data:`DEFAULT_PROFILE` if there are neither selectors nor a run.
    :param like: a run whose cells are to be measured on this machine.
    :raises RequestError: for an unknown profile, axis or value, or for a profile as well as a run.
    """
    by = parse(selectors, spellings())
    if like is not None:
        if profile is not None:
            raise RequestError("--like takes the scenarios from a result: leave out --profile")
        return _matrix_like(like, by)
    if profile is None and by:
        return expand([by], capabilities(by))
    name = (profile or DEFAULT_PROFILE).lower()
    if name not in PROFILES:
        raise unknown("profile", name, PROFILES)
    selections = narrow([parse([text], spellings()) for text in PROFILES[name].selections], by)
    return expand(selections, capabilities(*selections))


def _matrix_like(run: Run, by: Selection) -> Matrix:
    """The cells of a stored run; what is unknown here, such as a path on another machine, is excluded."""
    selections, matrices = [], []
    for cell in run.cells:
        words = [f"{axis}={value}" for axis, value in cell.axes.items() if axis != MACHINE]
        try:
            selections.append(parse(words, spellings()))
        except RequestError as error:
            matrices.append(Matrix((), (Excluded(cell.id, str(error)),)))
    for selection in narrow(selections, by):
        try:
            matrices.append(expand([selection], capabilities(selection)))
        except RequestError as error:
            words = [f"{axis}={','.join(values)}" for axis, values in selection.items()]
            matrices.append(Matrix((), (Excluded(" ".join(words), str(error)),)))
    return union(matrices)


def others_that_can(matrix: Matrix, selectors: Sequence[str]) -> str:
    """A hint for a refusal: the libraries that can do what the selectors request, if they name none.

    :param matrix: the matrix of the selectors, which has exclusions only.
    :returns: words to append to the reason; ``""`` if the selectors name a library, or if the reason is not
        about the default library.
    """
    by = parse(selectors, spellings())
    usual = tuple(f"{name}: " for name in AXES["implementation"].default)
    gaps = any(one.reason.startswith(usual) for one in matrix.excluded)
    if not gaps or _ENDS & by.keys():
        return ""
    able, missing = [], []
    for name, member in implementations().items():
        if isinstance(member, Missing):
            missing.append(name)
        elif name != _FAKE and expand([{**by, "implementation": (name,)}], capabilities()).scenarios:
            able.append(name)
    if able:
        return f"; implementation={' or '.join(able)} can"
    if missing:
        return (
            f"; no library that is installed can, and {', '.join(missing)} are not installed: "
            "'tlsbench list implementations' says how to install them"
        )
    return ""


def selects(wanted: Selection, axes: Mapping[str, str]) -> bool:
    """Whether a selection matches a cell with these axes."""
    both = axes.get("implementation")
    ends = {"client": both, "server": both} if both else {}
    return all({**ends, **axes}.get(axis) in values for axis, values in wanted.items())


def baseline_of(selector: str | None, cells: Sequence[Mapping[str, str]]) -> Callable[[Cell], bool] | None:
    """A predicate for the cells that a baseline's selector matches; None without a selector.

    :param cells: the axes of all cells.
    :raises RequestError: if it matches none of them.
    """
    if selector is None:
        return None
    wanted = parse([selector], spellings())
    if not any(selects(wanted, axes) for axes in cells):
        raise RequestError(
            f"--baseline '{selector}' selects none of the cells: see 'tlsbench list scenarios'"
        )
    return lambda cell: selects(wanted, cell.axes)
