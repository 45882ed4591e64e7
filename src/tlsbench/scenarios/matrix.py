"""From selections to scenarios: those that can be, and those that cannot, each with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product

from tlsbench.errors import RequestError
from tlsbench.scenarios import algorithms
from tlsbench.scenarios.axes import AXES, ONE_SIDED_WORKLOADS, WORKLOAD_AXES
from tlsbench.scenarios.protocol import PROTOCOL
from tlsbench.scenarios.scenario import Capabilities, Scenario
from tlsbench.scenarios.selectors import Selection, parse
from tlsbench.scenarios.sizes import parse_size

_ISSUER_KEYS = ("intermediate_key", "root_key")


@dataclass(frozen=True, slots=True)
class Excluded:
    """A cell that was asked for and cannot be: its selectors and the reason."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """What a request comes to. Nothing asked for is in neither of the two."""

    scenarios: tuple[Scenario, ...]
    excluded: tuple[Excluded, ...]


def expand(selections: Iterable[Selection], capabilities: Mapping[str, Capabilities]) -> Matrix:
    """Every combination that the selections ask for, sorted into what can be and what cannot.

    :param selections: products of axis values, as :func:`tlsbench.scenarios.selectors.parse` gives.
    :param capabilities: what each implementation can do, by its id.
    """
    scenarios: dict[Scenario, None] = {}
    excluded: dict[Excluded, None] = {}
    for selection in selections:
        for workload in selection.get("workload", AXES["workload"].default):
            for misplaced in _misplaced(workload, selection):
                excluded[misplaced] = None
            for scenario in _product(workload, selection, partial(_why_not, capabilities=capabilities)):
                reason = _why_not(scenario, capabilities)
                if reason is None:
                    scenarios[scenario] = None
                else:
                    excluded[Excluded(scenario.id, reason)] = None
    return Matrix(tuple(scenarios), tuple(excluded))


def scenario_from_id(scenario_id: str, implementations: Iterable[str]) -> Scenario:
    """The scenario that an id names; the inverse of :attr:`Scenario.id`.

    :raises RequestError: if the text is no selector or names several scenarios.
    """
    selection = parse([scenario_id], tuple(implementations))
    workloads = selection.get("workload", AXES["workload"].default)
    named = [
        scenario for workload in workloads for scenario in _product(workload, selection, PROTOCOL.why_not)
    ]
    if len(named) != 1:
        raise RequestError(f"'{scenario_id}' names {len(named)} scenarios, not one")
    return named[0]


def _why_not(scenario: Scenario, capabilities: Mapping[str, Capabilities]) -> str | None:
    reason = PROTOCOL.why_not(scenario)
    for implementation in dict.fromkeys((scenario.client, scenario.server)):
        if reason is None and (objection := capabilities[implementation].why_not(scenario)):
            reason = f"{implementation}: {objection}"
    return reason or _why_no_process(scenario, capabilities)


def _why_no_process(scenario: Scenario, capabilities: Mapping[str, Capabilities]) -> str | None:
    """Why no process can hold both libraries."""
    ours, theirs = (capabilities[end].libcrypto for end in (scenario.client, scenario.server))
    if ours and theirs and ours != theirs:
        needs = f"{scenario.client} needs {ours}, {scenario.server} {theirs}"
        return f"a process holds one libcrypto of a name: {needs}"
    return None


def _misplaced(workload: str, selection: Selection) -> Iterator[Excluded]:
    """Values that mean something special on an axis which the workload does not have."""
    for axis, values in selection.items():
        if axis in WORKLOAD_AXES[workload] or not AXES[axis].neutral:
            continue
        for value in values:
            if value != AXES[axis].neutral:
                yield Excluded(f"workload={workload} {axis}={value}", f"a {workload} has no {axis}")


def _product(
    workload: str, selection: Selection, why_not: Callable[[Scenario], str | None]
) -> Iterator[Scenario]:
    given = {
        axis: values
        for axis, values in selection.items()
        if axis in WORKLOAD_AXES[workload] or axis == "implementation"
    }
    given["workload"] = (workload,)
    for axis, values in selection.items():
        if axis not in WORKLOAD_AXES[workload] and AXES[axis].neutral not in ("", *values):
            return  # only special values on an axis that this workload does not have
    for combination in product(*given.values()):
        yield _fill(dict(zip(given, combination, strict=True)), why_not)


def _fill(chosen: Mapping[str, str], why_not: Callable[[Scenario], str | None]) -> Scenario:
    """The scenario with the chosen values, and for the open axes the first that can be.

    If none can be, the first that TLS itself allows: then the reason is that of the libraries.
    """
    chosen = {
        # the leaf's key type by its name, or "same": two spellings of one scenario
        axis: AXES[axis].neutral if axis in _ISSUER_KEYS and value == chosen.get("key") else value
        for axis, value in chosen.items()
    }
    open_axes = {
        axis: _default(axis, chosen) for axis in WORKLOAD_AXES[chosen["workload"]] if axis not in chosen
    }
    first = allowed = None
    for values in product(*open_axes.values()):
        candidate = _scenario({**chosen, **dict(zip(open_axes, values, strict=True))})
        if why_not(candidate) is None:
            return candidate
        first = first or candidate
        if allowed is None and PROTOCOL.why_not(candidate) is None:
            allowed = candidate
    assert first is not None
    return allowed or first


def _default(axis: str, chosen: Mapping[str, str]) -> tuple[str, ...]:
    if axis in ("client", "server"):
        tls, primitives = AXES["implementation"].default
        usual = primitives if chosen["workload"] in ONE_SIDED_WORKLOADS else tls
        return (chosen.get("implementation", usual),)
    return AXES[axis].default


def _scenario(values: Mapping[str, str]) -> Scenario:
    texts = {axis: value for axis, value in values.items() if axis != "implementation"}
    size = texts.pop("size", "")
    chain_length = texts.pop("chain_length", "")
    algorithm = texts.get("algorithm", "")
    sized = not algorithm or algorithms.BY_NAME[algorithm].sized
    return Scenario(
        **texts,
        size=parse_size(size) if size and sized else 0,
        chain_length=int(chain_length or 0),
    )
