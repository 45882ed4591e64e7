"""Capacity planning from plain Python."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from tlsbench.api.arguments import AxisValues, Path, Seconds, in_words_of_python, seconds_of, selectors_of
from tlsbench.api.measuring import result_of, run, run_in
from tlsbench.api.result import Result, Rows
from tlsbench.api.rows import Row
from tlsbench.report.capacity import document, report_of_capacity
from tlsbench.report.exporters import export
from tlsbench.sampling import Progress
from tlsbench.scenarios.sizes import parse_size
from tlsbench.session import capacity as planning
from tlsbench.session.beyond import OF_SERVE, SERVE, beyond_tls
from tlsbench.session.capacity_request import CapacityRequest, cells_for
from tlsbench.session.quantities import nanoseconds, rate, share
from tlsbench.session.sizing import Demand
from tlsbench.stats import Estimate

_WIDTH: Final = 160


@dataclass(frozen=True, slots=True, repr=False)
class Capacity(Rows):
    """How many cores and how much memory and bandwidth a load takes; prints as the command line's table.

    :param value: the whole answer, as tlsbench's own type.
    :param run: the run whose cells it is derived from.
    """

    value: planning.Capacity
    run: Result

    @property
    def cores(self) -> float:
        """The cores that the request takes, with headroom."""
        return self.value.asked.cores.value

    def rows(self) -> list[Row]:
        """A dict for the request (``of`` is ``"asked"``) and for each alternative, all with the same keys.

        ``of`` and ``name`` of the choice, the share ``resumed``; ``cores`` and ``memory_bytes``, each with
        the ends of its 95 % interval, ``up_bits_per_s`` and ``down_bits_per_s``, all with headroom.
        What was not measured is None.
        """
        return [_row(choice) for choice in self.value.choices]

    def to_json(self) -> str:
        """All figures, as a JSON document."""
        return document(self.value)

    def __str__(self) -> str:
        return export(report_of_capacity(self.value), "table", _WIDTH).rstrip("\n")

    def __repr__(self) -> str:
        return f"<tlsbench.Capacity: {self.cores:.3g} cores, {len(self.value.choices)} rows>"


def capacity(
    *selectors: str,
    connections: float | str,
    resumed: float | str = 0.0,
    transfer: int | str = 0,
    open_connections: int = 0,
    headroom: float | str = 0.3,
    ticket_lifetime: Seconds = "2h",
    beyond: str | None = None,
    from_: Result | Path | None = None,
    alone: bool = False,
    time_budget: Seconds = 40.0,
    seed: int | None = None,
    observe: Callable[[Progress], None] = lambda _progress: None,
    stop_asked: Callable[[], bool] = lambda: False,
    **axes: AxisValues,
) -> Capacity:
    """Estimate how many cores and how much memory and bandwidth a load takes, from measured cells.

    ``capacity("key=ecdsa-secp256r1", connections="20000/s", resumed="60%", transfer="50KiB")`` is equivalent
    to ``tlsbench capacity --connections 20000/s --resumed 60% --transfer 50KiB key=ecdsa-secp256r1``.

    :param selectors: the server's scenario, as for :func:`tlsbench.run`, like ``axes``. The first value of
        each axis is the request; further values are alternatives.
    :param connections: new connections per second: a number, or text such as ``"20000/s"``.
    :param resumed: the share of them that resume a session: ``0.6`` or ``"60%"``.
    :param transfer: bytes that the server sends on each: ``51200`` or ``"50KiB"``.
    :param open_connections: the number of connections open at once.
    :param headroom: the share of each resource that stays free.
    :param ticket_lifetime: the lifetime of the tickets with which that share resumes.
    :param beyond: processor time of each connection beyond TLS, such as ``"60us"``; ``"serve"`` measures
        that of ``tlsbench serve``; None leaves it out.
    :param from_: take the cells from this result, or from the one that :func:`tlsbench.read` reads; None
        measures them.
    :param alone: when measuring, show no other keys and libraries as alternatives.
    :param time_budget: as for :func:`tlsbench.run`, like ``seed``, ``observe`` and ``stop_asked``.
    :raises RequestError: if the request is wrong, or the result lacks the cells for it.
    :raises MeasurementError: if a server to be measured fails.
    :raises Interrupted: after Ctrl-C.
    """
    with in_words_of_python():
        request = CapacityRequest(
            demand=Demand(
                connections_per_s=rate(str(connections)),
                resumed=share(str(resumed)),
                transfer_bytes=parse_size(str(transfer)) if transfer else 0,
                open_connections=open_connections,
                headroom=share(str(headroom)),
            ),
            selectors=selectors_of(selectors, axes),
            ticket_lifetime_s=seconds_of("ticket_lifetime", ticket_lifetime),
            alone=alone,
        )
        request.check()
        scenarios = cells_for(request).scenarios if from_ is None else ()
    if from_ is None:
        measured = run(
            *scenarios,
            time_budget=time_budget,
            precision=0.01,
            seed=seed,
            observe=observe,
            stop_asked=stop_asked,
        )
    else:
        measured = result_of(from_)
    cells = run_in(measured, "from_")
    server = scenarios[0] if scenarios else None
    source = "" if from_ is None or isinstance(from_, Result) else os.fspath(from_)
    with in_words_of_python():
        answer = planning.capacity_of(request, cells, source, server)
        if beyond is not None:
            found, words = _beyond(beyond, answer)
            request = replace(request, beyond_ns=found, beyond_words=words)
            answer = planning.capacity_of(request, cells, source, server)
    return Capacity(answer, measured)


def _beyond(text: str, answer: planning.Capacity) -> tuple[Estimate, str]:
    if text == SERVE:
        return beyond_tls(answer.server, answer.request.demand.transfer_bytes), OF_SERVE
    return Estimate.exact(nanoseconds(text)), f"{text} for each connection, as given"


def _row(choice: planning.Choice) -> dict[str, Any]:
    sizing = choice.sizing
    return {
        "of": choice.of,
        "name": choice.name,
        "resumed": choice.demand.resumed,
        **_interval("cores", sizing.cores),
        **_interval("memory_bytes", sizing.memory_bytes),
        "up_bits_per_s": sizing.up_bits_per_s,
        "down_bits_per_s": sizing.down_bits_per_s,
    }


def _interval(name: str, estimate: Estimate | None) -> dict[str, Any]:
    stem, _, unit = name.partition("_")
    names = [f"{stem}_{end}{f'_{unit}' if unit else ''}" for end in ("low", "high")]
    if estimate is None:
        return dict.fromkeys((name, *names))
    interval = estimate.interval
    known = interval.low > -float("inf")
    return {
        name: estimate.value,
        names[0]: interval.low if known else None,
        names[1]: interval.high if known else None,
    }
