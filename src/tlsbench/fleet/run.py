"""The same matrix on every machine of a fleet, with the results side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from tlsbench.errors import MeasurementError, RequestError
from tlsbench.fleet.agreeing import agree, agree_on_clocks
from tlsbench.fleet.cluster import Cluster, Errand, Errands
from tlsbench.fleet.combining import combined
from tlsbench.interrupts import may_be_cut
from tlsbench.results import Run
from tlsbench.results.reader import parse
from tlsbench.results.stored import Stored
from tlsbench.session.run import RunRequest

_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetRunRequest:
    """What every machine measures.

    :param run: as it would be measured here; each machine uses the libraries that it has.
    :param selectors: the selectors from which, with the ``profile``, each machine builds its matrix.
    :param allowed: how the machines may differ, see :data:`tlsbench.fleet.agreeing.ALLOWED`.
    """

    run: RunRequest
    selectors: Sequence[str]
    profile: str | None
    allowed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FleetRun:
    """The results of all machines.

    :param run: all machines' runs as one, with the axis ``machine``.
    :param documents: the results document of each machine, by its name.
    :param lost: by name, why a machine was lost.
    """

    run: Run
    documents: Mapping[str, str]
    lost: Mapping[str, str] = field(default_factory=dict)
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Watcher:
    """Callbacks that follow a run while it goes on.

    :param observe: called with a machine's name and its progress.
    :param note: called with a line about an event on a machine.
    :param stop_asked: ends the run after the current rounds when it returns True, with the results so far.
    :param keep: called with a machine's name and its results document, as soon as that arrives.
    """

    observe: Callable[[str, Mapping[str, object]], None] = lambda _name, _message: None
    note: Callable[[str], None] = lambda _line: None
    stop_asked: Callable[[], bool] = lambda: False
    keep: Callable[[str, str], None] = lambda _name, _document: None


def fleet_run(cluster: Cluster, request: FleetRunRequest, watcher: Watcher) -> FleetRun:
    """Measure the matrix of a request on all machines of a cluster, one task at a time on each.

    :raises RequestError: before anything is measured, if the machines do not agree, or all refuse it.
    :raises MeasurementError: if a machine's clock cannot be read, or no machine brought a result.
    """
    request.run.check()
    implementations = sorted(
        {end for one in request.run.matrix.scenarios for end in (one.client, one.server) if end}
    )
    hosts, differing = agree(cluster, implementations, request.allowed, watcher.note)
    differing += agree_on_clocks(cluster, hosts, request.allowed)
    order = json.dumps(
        {
            "kind": "run",
            "selectors": list(request.selectors),
            "profile": request.profile,
            "plan": asdict(request.run.plan),
            "instrument": request.run.instrument.name,
            "command": request.run.command,
            "processes": request.run.processes,
        }
    )
    documents: dict[str, str] = {}
    lost: dict[str, str] = {}

    def settle(each: Sequence[Errand]) -> None:
        for one in each:
            name = one.host.name
            if not one.is_over or name in documents or name in lost:
                continue
            if one.error:
                lost[name] = one.error
                watcher.note(f"{name} is lost: {one.error}")
            else:
                documents[name] = (one.answer or {})["document"]
                watcher.keep(name, documents[name])
                watcher.note(f"{name} is done: {len(documents)} of {len(hosts)}")

    with cluster.errands({host.name: order for host in hosts}, hosts) as errands:
        each = list(errands.each)
        interrupted = _follow(errands, watcher, lambda: settle(each))
        settle(each)
    if not documents:
        kind = (
            RequestError
            if all((one.answer or {}).get("exit_code") == 2 for one in each)
            else MeasurementError
        )
        name, why = next(iter(lost.items()), ("", "it was cut short"))
        raise kind(f"no machine returned a result: {name}: {why}")
    stored = {name: parse(documents[name], name) for name in sorted(documents)}
    return FleetRun(
        combined(_runs(stored), request.run.command, differing, lost), documents, lost, interrupted
    )


def _runs(stored: Mapping[str, Stored]) -> Mapping[str, Stored]:
    return {name: one for name, one in stored.items() if isinstance(one.result, Run)}


def _follow(errands: Errands, watcher: Watcher, settle: Callable[[], None]) -> bool:
    """Wait for all machines; return whether the run was ended early."""
    interrupted = False
    try:
        with may_be_cut():
            while errands.under_way:
                for one, message in errands.follow(_LOOK_SECONDS):
                    if "stage" in message:
                        watcher.observe(one.host.name, message)
                settle()
                if watcher.stop_asked() and not interrupted:
                    interrupted = True
                    errands.ask_to_stop()
    except KeyboardInterrupt:
        interrupted = True
        for one in errands.under_way:
            one.lost = "it was cut short"
    return interrupted
