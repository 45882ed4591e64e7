"""From selectors and profiles to the matrix of what can be measured here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tlsbench.errors import unknown
from tlsbench.implementations.registry import capabilities, spellings
from tlsbench.scenarios import Matrix, Selection, expand, narrow, parse
from tlsbench.scenarios.profiles import PROFILES

#: What is measured where neither selectors nor a profile are given.
DEFAULT_PROFILE = "quick"


def matrix_of(selectors: Sequence[str], profile: str | None = None) -> Matrix:
    """The matrix of a request: a profile narrowed by selectors, or the selectors alone.

    :param selectors: such as ``"key=rsa-2048,ed25519"``.
    :param profile: the name of one; :data:`DEFAULT_PROFILE` where there are no selectors either.
    :raises RequestError: for an unknown profile, axis or value.
    """
    by = parse(selectors, spellings())
    known = capabilities(by)
    if profile is None and by:
        return expand([by], known)
    name = (profile or DEFAULT_PROFILE).lower()
    if name not in PROFILES:
        raise unknown("profile", name, PROFILES)
    selections = [parse([text], spellings()) for text in PROFILES[name].selections]
    return expand(narrow(selections, by), known)


def selects(wanted: Selection, axes: Mapping[str, str]) -> bool:
    """Whether a cell of these axes is one of those that a selection means."""
    both = axes.get("implementation")
    ends = {"client": both, "server": both} if both else {}
    return all({**ends, **axes}.get(axis) in values for axis, values in wanted.items())
