"""A measured cell: the data that is kept from its samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tlsbench.links import NO_LEDGER, Ledger
from tlsbench.results.parts import CellPart, counted_part, parts_of
from tlsbench.sampling import Instrument, Series, instrument_for
from tlsbench.sampling.instructions import Count
from tlsbench.sampling.instruments import CALLGRIND
from tlsbench.scenarios import Scenario
from tlsbench.stats import Summary, summarise
from tlsbench.units import NANOSECONDS
from tlsbench.workloads import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of a run. Figures are per operation, in the unit of the instrument.

    :param id: the scenario's id, the key of its history.
    :param label: the values of the id without the axes, for display.
    :param axes: every axis that applies, by name, as a selector spells it.
    :param instrument: the one that measured it.
    :param figures: a :class:`~tlsbench.stats.Summary` for each part that the instrument distinguishes.
    :param phases: the medians of the components of these parts, by name.
    :param totals: the total of every sample, in order.
    :param round_sizes: the number of these samples in each round, which may be 0.
    :param operations: operations in one sample.
    :param ledger: bytes and flights of one sample (of the last, if they differ).
    :param negotiated: the proof: what the witnesses saw, as plain values.
    :param disturbed: the number of samples set aside because the thread lost its processor meanwhile.
    :param parts: the ledger of both sides, if it was requested (``parts=yes``).
    :param scenario: what was measured; None if a file has axes that this version does not have.
    :param processes: how many processes sampled its rounds in turn; 0 for counts, and if a file does not say.
    """

    id: str
    label: str
    axes: Mapping[str, str]
    instrument: Instrument
    figures: Mapping[str, Summary]
    phases: Mapping[str, float]
    totals: tuple[float, ...]
    round_sizes: tuple[int, ...]
    operations: int
    ledger: Ledger
    negotiated: Mapping[str, object]
    scenario: Scenario | None = None
    disturbed: int = 0
    processes: int = 0
    parts: tuple[CellPart, ...] = ()

    @property
    def main(self) -> Summary:
        """The figure that represents the cell in ranks, ratios and comparisons.

        That is the libraries' time, client plus server, or whatever else the instrument's ``main`` names.
        """
        return self.figures[self.instrument.main]

    @property
    def precision(self) -> float:
        """The relative half-width of the 95 % interval of :attr:`main`; infinite if there is none."""
        return self.main.interval.relative_half_width

    @property
    def operations_per_s(self) -> float:
        """Operations per second of one core, both ends together, without the harness; for times only."""
        return 1e9 / self.main.median

    @property
    def server_operations_per_s(self) -> float:
        """Operations per second of a core busy with the server's side alone; 0 if that takes no time."""
        median = self.figures["server"].median
        return 1e9 / median if median else 0.0

    @property
    def client_bytes(self) -> float:
        """Bytes from client to server for each operation."""
        return self.ledger.client_bytes / self.operations

    @property
    def server_bytes(self) -> float:
        """Bytes from server to client for each operation."""
        return self.ledger.server_bytes / self.operations


def cell_from_series(
    series: Series, meter: Instrument, pace: Sequence[float] = (), processes: int = 1
) -> Cell:
    """Summarise a cell's samples, of which there is at least one.

    :param pace: the pace of its rounds (:func:`tlsbench.sampling.paces_of`); figures are given at its median.
    :param meter: the instrument of the run; a workload may have brought its own.
    :param processes: how many processes sampled the rounds in turn.
    """
    rounds = series.rounds
    instrument = instrument_for(series.scenario.workload, meter)
    processes = processes if instrument.unit is NANOSECONDS else 0
    last = next(visit for visit in reversed(rounds) if visit)[-1]
    return Cell(
        id=series.scenario.id,
        label=series.scenario.label,
        axes=series.scenario.axes(),
        instrument=instrument,
        figures={part: summarise(_of_rounds(rounds, part), pace, processes) for part in instrument.parts},
        phases={
            phase: summarise([[_phase(sample, phase) for sample in visit] for visit in rounds]).median
            for phase in last.phases or ()
        },
        totals=tuple(sample.of("total") for visit in rounds for sample in visit),
        round_sizes=tuple(len(visit) for visit in rounds),
        operations=last.operations,
        ledger=last.ledger,
        negotiated=dict(series.proof),
        scenario=series.scenario,
        disturbed=series.disturbed_count,
        processes=processes,
        parts=parts_of(series, pace),
    )


def cell_from_count(count: Count) -> Cell:
    """The cell of an instruction count."""
    total = Summary(count.interval, max(count.per_operation), max(count.per_operation), count.per_operation)
    return Cell(
        id=count.scenario.id,
        label=count.scenario.label,
        axes=count.scenario.axes(),
        instrument=CALLGRIND,
        figures={"total": total},
        phases={},
        totals=count.per_operation,
        round_sizes=(1,) * len(count.per_operation),
        operations=count.operations,
        ledger=count.ledger or NO_LEDGER,
        negotiated=dict(count.proof),
        scenario=count.scenario,
        parts=tuple(map(counted_part, count.parts)),
    )


def _of_rounds(rounds: Sequence[Sequence[Sample]], part: str) -> list[list[float]]:
    return [[sample.of(part) for sample in visit] for visit in rounds]


def _phase(sample: Sample, phase: str) -> float:
    assert sample.phases is not None
    return sample.phases[phase] / sample.operations
