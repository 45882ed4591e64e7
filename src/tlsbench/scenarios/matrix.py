"""From selections to scenarios: those that are possible, and those that are not, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from tlsbench.errors import RequestError
from tlsbench.scenarios import algorithms
from tlsbench.scenarios.axes import AXES, ONE_SIDED_WORKLOADS, WORKLOAD_AXES
from tlsbench.scenarios.axis import ENDS
from tlsbench.scenarios.capabilities import Capabilities
from tlsbench.scenarios.obstacles import Obstacles, obstacles
from tlsbench.scenarios.scenario import Scenario
from tlsbench.scenarios.selectors import Selection, parse

#: The maximum number of combinations to expand; a request for more is refused with the count.
MOST_COMBINATIONS = 50_000
_WIDEST_TOLD = 4
_SAME_AS = {axis.name: axis.same_as for axis in AXES.values() if axis.same_as}
#: The axes whose values a scenario does not hold as text.
_READ = {axis.name: axis.read for axis in AXES.values() if axis.read is not str}


@dataclass(frozen=True, slots=True)
class Excluded:
    """A requested but impossible cell: its selectors and the reason."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """The result of a request. Everything requested is in one of the two."""

    scenarios: tuple[Scenario, ...]
    excluded: tuple[Excluded, ...]


def expand(selections: Iterable[Selection], capabilities: Mapping[str, Capabilities]) -> Matrix:
    """Every combination that the selections ask for, sorted into possible and impossible ones.

    :param selections: products of axis values, as returned by :func:`tlsbench.scenarios.selectors.parse`.
    :param capabilities: what each implementation can do, by id.
    :raises RequestError: if there are more than :data:`MOST_COMBINATIONS`, before any is generated.
    """
    requests = [
        (workload, selection)
        for selection in selections
        for workload in selection.get("workload", AXES["workload"].default)
    ]
    _check_count(requests)
    scenarios: dict[Scenario, None] = {}
    excluded: dict[Excluded, None] = {}
    for workload, selection in requests:
        for misplaced in _misplaced(workload, selection):
            excluded[misplaced] = None
        for scenario, reason in _product(workload, selection, capabilities):
            if reason is None:
                scenarios[scenario] = None
            else:
                excluded[Excluded(scenario.id, reason)] = None
    return Matrix(tuple(scenarios), tuple(excluded))


def union(matrices: Iterable[Matrix]) -> Matrix:
    """Combine several matrices, in their order, without duplicates."""
    scenarios: dict[Scenario, None] = {}
    excluded: dict[Excluded, None] = {}
    for one in matrices:
        scenarios.update(dict.fromkeys(one.scenarios))
        excluded.update(dict.fromkeys(one.excluded))
    return Matrix(tuple(scenarios), tuple(excluded))


def scenario_from_id(scenario_id: str, implementations: Iterable[str]) -> Scenario:
    """The scenario that an id names; the inverse of :attr:`Scenario.id`.

    :raises RequestError: if the text is not a selector or names several scenarios.
    """
    selection = parse([scenario_id], tuple(implementations))
    workloads = selection.get("workload", AXES["workload"].default)
    count = sum(_count(workload, selection) for workload in workloads)
    if count != 1:
        raise RequestError(f"'{scenario_id}' names {count} scenarios, not one")
    return next(scenario for workload in workloads for scenario, _ in _product(workload, selection, None))


def _check_count(requests: Sequence[tuple[str, Selection]]) -> None:
    counts = [_count(workload, selection) for workload, selection in requests]
    if sum(counts) <= MOST_COMBINATIONS:
        return
    workload, selection = requests[counts.index(max(counts))]
    lengths = {axis: len(values) for axis, values in _given(workload, selection).items() if len(values) > 1}
    widest = sorted(lengths, key=lambda axis: -lengths[axis])[:_WIDEST_TOLD]
    raise RequestError(
        f"the selectors ask for {sum(counts):,} combinations, more than the {MOST_COMBINATIONS:,} that are "
        f"expanded: name fewer values of {', '.join(f'{axis} ({lengths[axis]})' for axis in widest)}"
    )


def _given(workload: str, selection: Selection) -> dict[str, tuple[str, ...]]:
    """The values requested of a workload; none if the request has special values on axes that it lacks."""
    if any(
        AXES[axis].neutral not in ("", *values)
        for axis, values in selection.items()
        if axis not in WORKLOAD_AXES[workload]
    ):
        return {}
    given = {
        axis: values
        for axis, values in selection.items()
        if axis in WORKLOAD_AXES[workload] or axis == "implementation"
    }
    return {**given, "workload": (workload,)}


def _count(workload: str, selection: Selection) -> int:
    """How many combinations of a workload a selection asks for, without generating them."""
    given = _given(workload, selection)
    return prod(map(len, given.values())) if given else 0


def _misplaced(workload: str, selection: Selection) -> Iterator[Excluded]:
    """Special values on axes that the workload does not have."""
    for axis, values in selection.items():
        if axis in WORKLOAD_AXES[workload] or not AXES[axis].neutral:
            continue
        for value in values:
            if value != AXES[axis].neutral:
                yield Excluded(f"workload={workload} {axis}={value}", f"a {workload} has no {axis}")


def _product(
    workload: str, selection: Selection, capabilities: Mapping[str, Capabilities] | None
) -> Iterator[tuple[Scenario, str | None]]:
    """Each combination of the given values, with open axes filled in, and why it is impossible; None if not.

    :param capabilities: None to apply only the protocol's rules.
    """
    given = _given(workload, selection)
    known: dict[tuple[str, str], Obstacles] = {}
    for combination in product(*given.values()) if given else ():
        values = dict(zip(given, combination, strict=True))
        both = values.pop("implementation", AXES["implementation"].default[workload in ONE_SIDED_WORKLOADS])
        for end in ENDS:
            values.setdefault(end, both)
        chosen = _one_spelling(values)
        pair = chosen["client"], chosen["server"]
        if pair not in known:
            known[pair] = obstacles(workload, *pair, tuple(chosen), capabilities)
        filled, reason = known[pair].fill(chosen)
        yield _scenario(_one_spelling(filled)), reason


def _one_spelling(values: Mapping[str, str]) -> Mapping[str, str]:
    """The values with "same" in place of a repeated leaf key type: the neutral one of two equal spellings."""
    for axis, leaf in _SAME_AS.items():
        if axis in values and values[axis] == values.get(leaf):
            values = {**values, axis: AXES[axis].neutral}
    return values


def _scenario(values: Mapping[str, str]) -> Scenario:
    fields: dict[str, Any] = dict(values)
    for axis, read in _READ.items():
        if axis in fields:
            fields[axis] = read(fields[axis])
    if not _is_sized(fields):
        fields.pop("size", None)
    return Scenario(**fields)


def _is_sized(fields: Mapping[str, Any]) -> bool:
    """Whether a size applies to the operation that these values describe."""
    if "algorithm" in fields:
        return algorithms.BY_NAME[fields["algorithm"]].sized
    return fields.get("task") != "handshake"
