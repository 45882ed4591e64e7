"""How many cores, how much memory and line a load takes, from measured cells.

Which cells a request needs is :func:`cells_for`; a run that has them, measured now or stored, becomes a
:class:`Capacity` by :func:`capacity_of`. The arithmetic is in :mod:`tlsbench.session.sizing`.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tlsbench.errors import RequestError
from tlsbench.implementations.missing import Missing
from tlsbench.implementations.registry import implementation, spellings
from tlsbench.results import Cell, Run
from tlsbench.scenarios import Excluded, Matrix, Scenario, Selection, parse, scenario_from_id
from tlsbench.scenarios.axes import WORKLOAD_AXES
from tlsbench.session.costs import costs_of, is_full_handshake
from tlsbench.session.selecting import matrix_of, selects
from tlsbench.session.sizing import (
    MOST_TICKET_SECONDS,
    Costs,
    Demand,
    Sizing,
    share_with_lifetime,
    size,
)
from tlsbench.stats import Estimate

#: How a session is resumed, by version, where the request does not say.
RESUMED: Final = {"1.2": "ticket", "1.3": "psk"}
#: What stands beside what was asked for, where it can be measured here.
_OTHER_KEYS: Final = ("ecdsa-secp256r1", "rsa-2048")
_OTHER_LIBRARIES: Final = ("ssl", "pyopenssl", "libssl", "utls", "rtls")
_OTHER_SHARES: Final = (0.0, 0.5, 0.8, 0.95)
_OTHER_LIFETIMES_S: Final = (300.0, 3600.0, 7200.0, 86_400.0, MOST_TICKET_SECONDS)
#: OpenSSL's default.
USUAL_LIFETIME_S: Final = 7200.0
#: What a choice may be of.
ASKED, KEY, LIBRARY, SHARE, LIFETIME = "asked", "key", "library", "resumed", "ticket lifetime"
_RECORDS: Final = "size=16KiB"
#: What carries the bytes of what is measured now: the kernel's work between two steps evicts what the
#: library has in the caches, as it does in a server.
_LINK: Final = "link=tcp"


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityRequest:
    """What is asked.

    :param selectors: of the server, such as ``"key=ecdsa-secp256r1"``; the first value of each axis is what
        is asked for, and others stand beside it.
    :param beyond_ns: processor time of each connection beyond the TLS library; None leaves it out, and says
        so.
    :param beyond_words: where that is from.
    :param ticket_lifetime_s: with which the share that resumes was seen.
    :param alone: whether nothing else is to stand beside what is asked.
    """

    demand: Demand
    selectors: Sequence[str] = ()
    beyond_ns: Estimate | None = None
    beyond_words: str = ""
    ticket_lifetime_s: float = USUAL_LIFETIME_S
    alone: bool = False

    def check(self) -> None:
        """Refuse now what would fail later.

        :raises RequestError: if the demand is none, or the selectors are of something else than a server.
        """
        demand = self.demand
        if not 0 <= demand.headroom < 1:
            raise RequestError(f"--headroom {demand.headroom:g}: it must be from 0% to below 100%")
        if demand.open_connections < 0:
            raise RequestError(f"--open {demand.open_connections}: it must be 0 or more")
        wanted = self.wanted
        if wanted.get("workload", ("handshake",)) != ("handshake",):
            raise RequestError("capacity knows which workloads it needs: leave out workload=")
        if wanted.get("link", ("memory",))[0] == "network":
            raise RequestError("capacity is of processor time: link= must be memory, tcp or unix")
        resumption = wanted.get("resumption", ("psk",))
        if len(resumption) > 1 or resumption == ("none",):
            raise RequestError("resumption= says how sessions are resumed: give psk, ticket or session-id")

    @property
    def wanted(self) -> Selection:
        """What the selectors spell."""
        return parse(self.selectors, spellings())


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to meet the demand.

    :param of: what is chosen, such as :data:`KEY`.
    :param name: its value.
    """

    of: str
    name: str
    demand: Demand
    sizing: Sizing


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """The answer.

    :param axes: of the server that is asked for.
    :param choices: what is asked, and what stands beside it.
    :param costs: of what is asked.
    :param sources: the ids of the cells that these are from, by what they are the cost of.
    :param left_out: what could not stand beside it, with the reasons.
    :param from_: the result that the cells are from.
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
        """The full handshake of the server that is asked for.

        :raises RequestError: if it was measured in a library or with a value that is not known here.
        """
        words = [f"{axis}={value}" for axis, value in self.axes.items()]
        return scenario_from_id(" ".join(words), spellings())

    @property
    def asked(self) -> Sizing:
        """What is asked for needs."""
        return self.choices[0].sizing


def cells_for(request: CapacityRequest) -> Matrix:
    """What is to be measured for a request: handshakes, full and resumed, records, open connections.

    :raises RequestError: if the server that is asked for cannot be measured here.
    """
    request.check()
    asked, others = _servers(request)
    scenarios: dict[Scenario, None] = {}
    excluded: dict[Excluded, None] = {}
    for number, server in enumerate((asked, *others)):
        found = _cells_of(server, request)
        if not number and found.excluded:
            reasons = dict.fromkeys(one.reason for one in found.excluded)
            raise RequestError(f"that cannot be measured: {'; '.join(reasons)}")
        scenarios |= dict.fromkeys(found.scenarios)
        excluded |= dict.fromkeys(found.excluded)
    return Matrix(tuple(scenarios), tuple(excluded))


def _servers(request: CapacityRequest) -> tuple[Scenario, Sequence[Scenario]]:
    """The full handshake of the server that is asked for, and of those that stand beside it."""
    words = [word for word in _words(request.selectors) if not word.startswith("resumption=")]
    link = [] if "link" in request.wanted else [_LINK]
    matrix = matrix_of([*words, *link, "workload=handshake"])
    if not matrix.scenarios:
        reasons = dict.fromkeys(one.reason for one in matrix.excluded)
        raise RequestError(f"that cannot be measured: {'; '.join(reasons)}")
    asked, *others = matrix.scenarios
    if others or request.alone:
        return asked, others
    beside = [
        *(_changed(asked, "key", key) for key in _OTHER_KEYS if key != asked.key),
        *(
            _changed(asked, "implementation", name)
            for name in _OTHER_LIBRARIES
            if name != asked.client == asked.server and not isinstance(implementation(name), Missing)
        ),
    ]
    return asked, [scenario for matrix in beside for scenario in matrix.scenarios]


def _words(selectors: Sequence[str]) -> list[str]:
    return [word for text in selectors for word in text.split()]


def _changed(asked: Scenario, axis: str, value: str) -> Matrix:
    """The same but for one axis; in TLS 1.2 the suite follows from the key."""
    axes = {**asked.axes(), axis: value}
    if asked.version == "1.2":
        axes.pop("cipher")
    return matrix_of([f"{name}={one}" for name, one in axes.items()])


def _cells_of(server: Scenario, request: CapacityRequest) -> Matrix:
    demand, axes = request.demand, server.axes()
    kind = request.wanted.get("resumption", (RESUMED[server.version],))[0]
    lines = [("handshake", f"resumption=none,{kind}" if demand.resumed else "resumption=none")]
    if demand.transfer_bytes:
        lines.append(("bulk", _RECORDS))
    if demand.open_connections:
        lines.append(("memory", ""))
    found = []
    for workload, special in lines:
        known = {"implementation", *WORKLOAD_AXES[workload]}
        words = [f"{axis}={value}" for axis, value in axes.items() if axis in known]
        words = [word for word in words if not word.startswith(("workload=", "resumption="))]
        found.append(matrix_of([*words, f"workload={workload}", *filter(None, [special])]))
    return Matrix(
        tuple(scenario for one in found for scenario in one.scenarios),
        tuple(excluded for one in found for excluded in one.excluded),
    )


def capacity_of(request: CapacityRequest, run: Run, source: str = "") -> Capacity:
    """The answer that the cells of a run give.

    :param source: what the run is called, where it was stored.
    :raises RequestError: if cells are missing, with the command that measures them.
    """
    request.check()
    cells = [cell for cell in run.cells if is_full_handshake(cell)]
    wanted = {axis: values for axis, values in request.wanted.items() if axis != "resumption"}
    firsts = {axis: values[:1] for axis, values in wanted.items()}
    asked = next((cell for cell in cells if selects(firsts, cell.axes)), None)
    if asked is None:
        raise _missing(request, source, "a full handshake")
    kind = request.wanted.get("resumption", (RESUMED[asked.axes["version"]],))[0]
    costs, sources = costs_of(run, asked, kind)
    costs = replace(costs, beyond_ns=request.beyond_ns)
    demand = request.demand
    if demand.resumed and costs.resumed_ns is None:
        raise _missing(request, source, f"a handshake with resumption={kind}")
    if demand.transfer_bytes and costs.byte_ns is None:
        raise _missing(request, source, "records (workload=bulk)")
    choices = [Choice(ASKED, "", demand, size(demand, costs))]
    left_out: list[Excluded] = list(run.excluded)
    if not request.alone:
        for cell in cells:
            of = _differs_in(asked, cell)
            if cell is not asked and of and selects(wanted if len(_several(wanted)) else {}, cell.axes):
                theirs, _ = costs_of(run, cell, kind)
                choice = _choice(of, cell, demand, replace(theirs, beyond_ns=request.beyond_ns))
                if choice is None:
                    left_out.append(Excluded(cell.id, "it was measured in part"))
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
    """The one choice in which a server differs from another; ``""`` if it is another or more than one."""
    ours, theirs = asked.axes, cell.axes
    differing = {axis for axis in {**ours, **theirs} if ours.get(axis) != theirs.get(axis)}
    if ours["version"] == "1.2":
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
    """Other shares that resume, and what other lifetimes of tickets would make of the present one."""
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
                yield Choice(LIFETIME, f"{duration(other_s)}: {100 * share:.0f} %", other, size(other, costs))


def duration(seconds: float) -> str:
    """Such as ``2 h``."""
    for unit, length_s in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length_s and seconds % length_s == 0:
            return f"{seconds / length_s:g} {unit}"
    return f"{seconds:g} s"


def _missing(request: CapacityRequest, source: str, what: str) -> RequestError:
    """The error for a result without a cell, with what measures it."""
    words = [word for word in _words(request.selectors) if not word.startswith("resumption=")]
    kind = request.wanted.get("resumption", (RESUMED[request.wanted.get("version", ("1.3",))[0]],))[0]
    workloads = ["workload=handshake,bulk,memory", f"resumption=none,{kind}"]
    return RequestError(
        f"{source or 'the run'} has no {what} {'of ' * bool(words)}{' '.join(words)}".rstrip()
        + f": measure it with '{shlex.join(['tlsbench', 'run', *workloads, *words])}'"
    )
