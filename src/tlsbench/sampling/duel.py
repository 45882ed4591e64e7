"""Duels: two sides measured in epochs, each side twice, with everything created anew for each epoch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from tlsbench.interrupts import may_be_cut
from tlsbench.links import Ledger
from tlsbench.processes import Interpreter
from tlsbench.sampling.instruments import Instrument
from tlsbench.sampling.placement import placement
from tlsbench.sampling.remote import RemoteWorkload, Worker
from tlsbench.sampling.runner import Plan, measure
from tlsbench.sampling.series import Series
from tlsbench.scenarios import Scenario
from tlsbench.scenarios.axes import ONE_SIDED_WORKLOADS
from tlsbench.stats import Epoch
from tlsbench.workloads import Workload

#: What a duel compares: each side, and both together; for one-sided workloads only the latter.
SIDES: Final = ("client", "server", "libraries")
#: The number of epochs in a budget; fewer if each must start processes.
_EPOCHS = 20
_EPOCHS_OF_WORKERS = 12
_SHORTEST_EPOCH_SECONDS = 0.1

#: Opens one side for an epoch: yields the function that makes its workloads.
OpenSide = Callable[[], AbstractContextManager[Callable[[Scenario], Workload]]]


@dataclass(frozen=True, slots=True)
class Match:
    """Two scenarios to compare; the same one twice if the environments differ."""

    a: Scenario
    b: Scenario


@dataclass(slots=True)
class MatchRecord:
    """The epochs of a match, for each of :data:`SIDES`, and the proof and ledger of each side's last samples.

    ``samples`` counts the samples taken, ``disturbed`` those of them that were set aside.
    """

    match: Match
    epochs: dict[str, list[Epoch]] = field(default_factory=dict)
    proofs: tuple[Mapping[str, object], Mapping[str, object]] = ({}, {})
    ledgers: tuple[Ledger | None, Ledger | None] = (None, None)
    samples: int = 0
    disturbed: int = 0


@dataclass(frozen=True, slots=True)
class DuelOutcome:
    """The result of a duel; ``interrupted`` if it ended early, without records if in its first epoch."""

    records: Sequence[MatchRecord]
    elapsed_s: float
    interrupted: bool

    @property
    def disturbed_percent(self) -> float:
        """The percentage of samples that were disturbed and set aside."""
        taken = sum(record.samples for record in self.records)
        return 100 * sum(record.disturbed for record in self.records) / taken if taken else 0.0


def local_side(meter: Instrument, scenarios: Sequence[Scenario]) -> OpenSide:
    """A side that runs in this Python.

    :param scenarios: those of both sides, so that both are measured in this process or both in workers.
    """

    @contextmanager
    def open_side() -> Iterator[Callable[[Scenario], Workload]]:
        with placement(scenarios, meter) as place:
            yield place.make

    return open_side


def remote_side(interpreter: Interpreter, meter: Instrument) -> OpenSide:
    """A side that runs in a worker process of its own, a new one for each epoch."""

    @contextmanager
    def open_side() -> Iterator[Callable[[Scenario], Workload]]:
        with Worker(interpreter) as worker:
            worker.greeting()
            yield lambda scenario: RemoteWorkload.prepare([worker], scenario, meter.name)[0]

    return open_side


def duel(
    matches: Sequence[Match],
    open_a: OpenSide,
    open_b: OpenSide,
    plan: Plan,
    *,
    in_workers: bool,
    observe: Callable[[int, int], None] = lambda _done, _of: None,
    stop_asked: Callable[[], bool] = lambda: False,
) -> DuelOutcome:
    """Measure the matches until the plan's time budget is spent.

    The number of epochs is fixed in advance and does not depend on their results, so that looking at them
    does not bias the outcome.

    :param in_workers: whether each epoch starts processes.
    :param observe: called after each epoch with the number of completed epochs and the total.
    :param stop_asked: called after each epoch; True ends the duel with the epochs so far.
    :raises MeasurementError: if a cell of either side fails: half a duel is worthless.
    """
    began = time.monotonic()
    epochs = _EPOCHS_OF_WORKERS if in_workers else _EPOCHS
    epoch_s = max(_SHORTEST_EPOCH_SECONDS, plan.time_budget_s / epochs)
    records = [MatchRecord(match) for match in matches]
    for done in range(epochs):
        epoch_plan = replace(plan, time_budget_s=epoch_s, precision=0, seed=plan.seed + done)
        try:
            with may_be_cut():
                series = _epoch(matches, open_a, open_b, epoch_plan, time.monotonic())
        except KeyboardInterrupt:  # nothing of this epoch is kept
            return DuelOutcome(records if done else (), time.monotonic() - began, interrupted=True)
        for record, four in zip(records, zip(*[iter(series)] * 4, strict=True), strict=True):
            _note(record, four)
        observe(done + 1, epochs)
        if stop_asked() and done + 1 < epochs:
            return DuelOutcome(records, time.monotonic() - began, interrupted=True)
    return DuelOutcome(records, time.monotonic() - began, interrupted=False)


def _epoch(
    matches: Sequence[Match], open_a: OpenSide, open_b: OpenSide, plan: Plan, began: float
) -> Sequence[Series]:
    """Measure every match for one epoch: four series each, a twice and b twice.

    :raises KeyboardInterrupt: if it was cut short.
    """
    with ExitStack() as stack:
        make_a, make_b = stack.enter_context(open_a()), stack.enter_context(open_b())
        scenarios = [one for match in matches for one in (match.a, match.a, match.b, match.b)]
        makers = iter([make_a, make_a, make_b, make_b] * len(matches))

        def make(scenario: Scenario) -> Workload:
            return next(makers)(scenario)  # measure() makes its cells in the order of its scenarios

        left_s = max(_SHORTEST_EPOCH_SECONDS, plan.time_budget_s - (time.monotonic() - began))
        outcome = measure(scenarios, make, replace(plan, time_budget_s=left_s))
    if outcome.stopped_by == "interrupt":
        raise KeyboardInterrupt
    for series in outcome.series:
        if series.error is not None:
            raise series.error
    return outcome.series


def _note(record: MatchRecord, four: Sequence[Series]) -> None:
    sides = SIDES[-1:] if record.match.a.workload in ONE_SIDED_WORKLOADS else SIDES
    for side in sides:
        medians = [series.medians_of(side) for series in four]
        record.epochs.setdefault(side, []).append(Epoch(*medians))
    record.disturbed += sum(series.disturbed_count for series in four)
    record.samples += sum(series.sample_count + series.disturbed_count for series in four)
    record.proofs = (four[0].proof, four[2].proof)
    record.ledgers = (four[0].ledger, four[2].ledger)
