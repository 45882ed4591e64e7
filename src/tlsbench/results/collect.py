"""Collect the series that were sampled into the run that is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import starmap

from tlsbench.errors import MeasurementError
from tlsbench.implementations.influences import influences
from tlsbench.results.cell import cell_from_count, cell_from_series
from tlsbench.results.environment import Disturbance, engines
from tlsbench.results.machine import (
    FAIR,
    FREE_A_PROCESSOR,
    POOR,
    disturbance_finding,
    governor,
    set_aside_finding,
    standing_findings,
)
from tlsbench.results.run import Conditions, Failure, Run, YardstickRecord
from tlsbench.results.scaling import why_void
from tlsbench.sampling import Instrument, Plan, Series, drift_of, noise_floors, paces_of
from tlsbench.sampling.instructions import Count
from tlsbench.sampling.instruments import CALLGRIND
from tlsbench.sampling.yardsticks import Yardstick
from tlsbench.scenarios import Excluded, Scenario


def collect(
    series: Sequence[Series],
    excluded: Sequence[Excluded],
    plan: Plan,
    *,
    meter: Instrument,
    command: str,
    elapsed_s: float,
    stopped_by: str,
    before: Disturbance | None = None,
    processes: int = 1,
    twins: Sequence[Series] = (),
    yardsticks: Sequence[tuple[Yardstick, Series]] = (),
    yardsticks_s: float = 0.0,
    variables: Mapping[str, str] | None = None,
) -> Run:
    """The run made from these series: cells with samples, failures, and the conditions.

    :param meter: the instrument, unless a workload brought its own.
    :param twins: the A/A cells of the run (:func:`tlsbench.sampling.aa_cells_of`).
    :param yardsticks: each with its series; they took ``yardsticks_s`` of ``elapsed_s``.
    :param before: the state of the machine when sampling began; None during sampling.
    :param processes: how many processes sampled the rounds in turn.
    :param variables: the environment variables that change figures and were in force.
    """
    now = Disturbance.now() if before is not None else None
    steal_percent = now.steal_percent_since(before) if now and before else None
    switches = now.involuntary_switches - before.involuntary_switches if now and before else None
    disturbed_percent = _disturbed_percent((*series, *twins))
    healthy = [(one, measured) for one, measured in yardsticks if measured.error is None]
    records = [_record(one, measured, meter) for one, measured in healthy if measured.sample_count]
    paces = paces_of((*series, *twins, *(measured for _, measured in healthy)))
    cells = [
        cell_from_series(one, meter, pace, processes)
        for one, pace in zip(series, paces, strict=False)
        if one.sample_count
    ]
    void = {cell.id: why for cell in cells if (why := why_void(cell))}
    return Run(
        cells=[cell for cell in cells if cell.id not in void],
        excluded=tuple(excluded),
        failures=[
            *(Failure(one.scenario.id, str(one.error)) for one in series if one.error is not None),
            *starmap(Failure, void.items()),
        ],
        conditions=Conditions(
            meter=meter.name,
            seed=plan.seed,
            precision=plan.precision,
            time_budget_s=plan.time_budget_s,
            elapsed_s=elapsed_s,
            stopped_by=stopped_by,
            command=command,
            steal_percent=steal_percent,
            involuntary_switches=switches,
            warnings=(
                *(_warnings(steal_percent, switches, elapsed_s) if now else ()),
                *_words_on_disturbed(series, disturbed_percent),
                *_words_on_variables(variables),
                *(
                    f"the yardstick '{one.name}' failed: {measured.error}"
                    for one, measured in yardsticks
                    if measured.error is not None
                ),
            ),
            governor=governor(),
            drift=drift_of((*series, *twins)),
            disturbed_percent=disturbed_percent,
            yardstick_share=yardsticks_s / elapsed_s if records and elapsed_s else None,
            processes=processes,
            variables=variables,
        ),
        noise_floor=noise_floors(series, twins),
        yardsticks=records,
        engines=engines(_implementations_of(one.scenario for one in series)),
        taken_at=datetime.now(UTC),
    )


def _record(yardstick: Yardstick, measured: Series, meter: Instrument) -> YardstickRecord:
    return YardstickRecord(
        name=yardstick.name,
        nature=yardstick.nature,
        engines=dict(yardstick.engines),
        identity=yardstick.identity(meter),
        round_medians=tuple(measured.medians_of("libraries")),
    )


def _warnings(steal_percent: float | None, switches: int | None, elapsed_s: float) -> tuple[str, ...]:
    """The reasons not to trust the times, each with its remedy."""
    switches_per_s = (switches or 0) / elapsed_s if elapsed_s else 0.0
    findings = [*standing_findings(), *disturbance_finding(steal_percent, switches_per_s)]
    return tuple(str(finding) for finding in findings if finding.grade in (FAIR, POOR))


def _disturbed_percent(series: Sequence[Series]) -> float | None:
    taken = sum(one.sample_count + one.disturbed_count for one in series)
    return 100 * sum(one.disturbed_count for one in series) / taken if taken else None


def _words_on_disturbed(series: Sequence[Series], percent: float | None) -> Iterator[str]:
    """Remarks on samples that were set aside, or should have been."""
    if percent is not None and (finding := set_aside_finding(percent)).grade in (FAIR, POOR):
        yield str(finding)
    kept = [one for one in series if any(sample.disturbed for visit in one.rounds for sample in visit)]
    if kept:
        first = kept[0].scenario.label
        which = first if len(kept) == 1 else f"{first} and {len(kept) - 1} more cells"
        yield f"{which}: every sample was disturbed, so none was discarded; {FREE_A_PROCESSOR}"


def _words_on_variables(in_force: Mapping[str, str] | None) -> Iterator[str]:
    """A remark on variables that are set but were not passed on."""
    if in_force is None:
        return
    kept_out = [name for name in influences() if name not in in_force]
    if kept_out:
        names = ", ".join(kept_out)
        yield f"set here, but not in the measuring processes, whose axes say otherwise: {names}"


def collect_counts(
    counts: Sequence[tuple[Scenario, Count | MeasurementError | None]],
    excluded: Sequence[Excluded],
    plan: Plan,
    *,
    command: str,
    elapsed_s: float,
    stopped_by: str,
    variables: Mapping[str, str] | None = None,
) -> Run:
    """The run made from instruction counts. Its noise floor for each workload is the largest spread."""
    found = [count for _, count in counts if isinstance(count, Count)]
    floors: dict[str, float] = {}
    for count in found:
        workload = count.scenario.workload
        floors[workload] = max(floors.get(workload, 0.0), count.spread)
    return Run(
        cells=[cell_from_count(count) for count in found],
        excluded=tuple(excluded),
        failures=[
            Failure(scenario.id, str(count))
            for scenario, count in counts
            if isinstance(count, MeasurementError)
        ],
        conditions=Conditions(
            meter=CALLGRIND.name,
            seed=plan.seed,
            precision=0.0,
            time_budget_s=plan.time_budget_s,
            elapsed_s=elapsed_s,
            stopped_by=stopped_by,
            command=command,
            governor=governor(),
            variables=variables,
            warnings=tuple(_words_on_variables(variables)),
        ),
        engines=engines(_implementations_of(scenario for scenario, _ in counts)),
        taken_at=datetime.now(UTC),
        noise_floor=floors,
    )


def _implementations_of(scenarios: Iterable[Scenario]) -> list[str]:
    return list(dict.fromkeys(end for scenario in scenarios for end in (scenario.client, scenario.server)))
