"""The cores, memory and bandwidth that a load needs, from measured cells.

A run with the cells of a request (:func:`tlsbench.session.capacity_request.cells_for`), just measured or
stored, becomes a :class:`Capacity`. The arithmetic is in :mod:`tlsbench.session.sizing`.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tlsbench.errors import MeasurementError, RequestError
from tlsbench.implementations.registry import spellings
from tlsbench.results import Cell, Run
from tlsbench.scenarios import Excluded, Scenario, Selection, scenario_from_id
from tlsbench.session.capacity_request import CapacityRequest
from tlsbench.session.costs import costs_of, is_full_handshake
from tlsbench.session.selecting import selects
from tlsbench.session.sizing import (
    MOST_TICKET_SECONDS,
    Costs,
    Demand,
    Sizing,
    share_with_lifetime,
    size,
)

_OTHER_SHARES: Final = (0.0, 0.5, 0.8, 0.95)
_OTHER_LIFETIMES_S: Final = (300.0, 3600.0, 7200.0, 86_400.0, MOST_TICKET_SECONDS)
#: What a choice varies: one of these, or an axis by its name.
ASKED, KEY, LIBRARY, SHARE, LIFETIME = "asked", "key", "library", "resumed", "ticket lifetime"


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to meet the demand.

    :param of: what varies, such as :data:`KEY`.
    :param name: its value.
    """

    of: str
    name: str
    demand: Demand
    sizing: Sizing


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """The answer to a capacity request.

    :param axes: those of the requested server.
    :param choices: the requested server, and the alternatives.
    :param costs: those of the requested server.
    :param sources: the id of the cell behind each cost, by the name of the cost.
    :param left_out: alternatives that could not be shown, with the reasons.
    :param from_: the name of the result that has the cells.
    """

    request: CapacityRequest
    axes: Mapping[str, str]
    choices: Sequence[Choice]
    costs: Costs
    sources: Mapping[str, str]
    left_out: Sequence[Excluded] = ()
    engines: Mapping[str, str] = field(default_factory=dict)
    from_: str = ""
    warnings: Sequence[str] = ()

    @property
    def server(self) -> Scenario:
        """The full handshake of the requested server.

        :raises RequestError: if it was measured with a library or a value that is not known here.
        """
        words = [f"{axis}={value}" for axis, value in self.axes.items()]
        return scenario_from_id(" ".join(words), spellings())

    @property
    def asked(self) -> Sizing:
        """The resources that the requested server needs."""
        return self.choices[0].sizing


def capacity_of(
    request: CapacityRequest, run: Run, source: str = "", server: Scenario | None = None
) -> Capacity:
    """The capacity that follows from the cells of a run.

    :param source: the name of the run if it was stored.
    :param server: the full handshake of the requested server, if the run was made for this request: an
        alternative must not answer for it. None takes the first cell that the request describes.
    :raises RequestError: if cells are missing, with the command that measures them.
    :raises MeasurementError: if the run was made for this request, and they are missing because they failed.
    """
    request.check()
    cells = [cell for cell in run.cells if is_full_handshake(cell)]
    wanted = {axis: values for axis, values in request.wanted.items() if axis != "resumption"}
    firsts = {axis: values[:1] for axis, values in wanted.items()}
    described = (cell for cell in cells if selects(firsts, cell.axes))
    asked = next((cell for cell in described if server is None or cell.id == server.id), None)
    if asked is None:
        raise _missing(request, source, server, "full handshake")
    kind = request.resumption(asked.axes.get("version", ""))
    costs, sources = costs_of(run, asked, kind)
    costs = replace(costs, beyond_ns=request.beyond_ns)
    demand = request.demand
    if demand.resumed and costs.resumed_ns is None:
        raise _missing(request, source, server, f"handshake with resumption={kind}")
    if demand.transfer_bytes and costs.byte_ns is None:
        raise _missing(request, source, server, "records (workload=bulk)")
    choices = [Choice(ASKED, "", demand, size(demand, costs))]
    left_out: list[Excluded] = list(run.excluded)
    if not request.alone:
        for cell in cells:
            of = _differs_in(asked, cell)
            if cell is not asked and of and selects(wanted if len(_several(wanted)) else {}, cell.axes):
                theirs, _ = costs_of(run, cell, kind)
                choice = _choice(of, cell, demand, replace(theirs, beyond_ns=request.beyond_ns))
                if choice is None:
                    left_out.append(Excluded(cell.id, "only part of it was measured"))
                else:
                    choices.append(choice)
        choices += _of_shares(request, costs)
    return Capacity(
        request=request,
        axes=dict(asked.axes),
        choices=choices,
        costs=costs,
        sources=sources,
        left_out=left_out,
        engines=run.engines,
        from_=source,
        warnings=run.conditions.warnings,
    )


def _several(wanted: Selection) -> list[str]:
    return [axis for axis, values in wanted.items() if len(values) > 1]


def _differs_in(asked: Cell, cell: Cell) -> str:
    """The one choice in which two servers differ; ``""`` if there is none, or more than one."""
    ours, theirs = asked.axes, cell.axes
    differing = {axis for axis in {**ours, **theirs} if ours.get(axis) != theirs.get(axis)}
    if ours.get("version") == "1.2":
        differing.discard("cipher")
    if differing == {"key"}:
        return KEY
    if differing and differing <= {"implementation", "client", "server"}:
        return LIBRARY
    return " ".join(sorted(differing)) if len(differing) == 1 else ""


def _choice(of: str, cell: Cell, demand: Demand, costs: Costs) -> Choice | None:
    axis = {KEY: "key", LIBRARY: "implementation"}.get(of, of)
    name = cell.axes.get(axis) or f"{cell.axes.get('client')} to {cell.axes.get('server')}"
    if (demand.resumed and costs.resumed_ns is None) or (demand.transfer_bytes and costs.byte_ns is None):
        return None
    return Choice(of, name, demand, size(demand, costs))


def _of_shares(request: CapacityRequest, costs: Costs) -> Iterator[Choice]:
    """Other shares of resumed handshakes, and the shares that other ticket lifetimes would give."""
    demand, lifetime_s = request.demand, request.ticket_lifetime_s
    if costs.resumed_ns is None:
        return
    for share in _OTHER_SHARES:
        if share != demand.resumed:
            other = replace(demand, resumed=share)
            yield Choice(SHARE, f"{100 * share:g} %", other, size(other, costs))
    if 0 < demand.resumed < 1:
        for other_s in _OTHER_LIFETIMES_S:
            if other_s != lifetime_s:
                share = share_with_lifetime(demand.resumed, lifetime_s, other_s)
                other = replace(demand, resumed=share)
                yield Choice(LIFETIME, f"{duration(other_s)}: {_percent(share)}", other, size(other, costs))


def _percent(share: float) -> str:
    """A share in percent; one below 1 never reads as 100 %."""
    return "over 99 %" if 0.995 <= share < 1 else f"{100 * share:.0f} %"


def duration(seconds: float) -> str:
    """A duration as text, such as ``2 h``."""
    for unit, length_s in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length_s and seconds % length_s == 0:
            return f"{seconds / length_s:g} {unit}"
    return f"{seconds:g} s"


def _missing(
    request: CapacityRequest, source: str, server: Scenario | None, what: str
) -> RequestError | MeasurementError:
    """The error for a result that lacks a cell; for a stored one with the command that measures it."""
    if server is not None:
        return MeasurementError("the requested server could not be measured, so there is no answer")
    words, version = request.server_words, request.wanted.get("version", ("1.3",))[0]
    workloads = ["workload=handshake,bulk,memory", f"resumption=none,{request.resumption(version)}"]
    return RequestError(
        f"{source or 'the run'} has no {what} {'of ' * bool(words)}{' '.join(words)}".rstrip()
        + f": measure it with '{shlex.join(['tlsbench', 'run', *workloads, *words])}'"
    )
