"""From what was sampled to what is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from tlsbench.results.cell import cell_from_series
from tlsbench.results.environment import Disturbance, engines, governor
from tlsbench.results.run import Conditions, Failure, Run
from tlsbench.sampling import Plan, Series, drift_of, noise_floors
from tlsbench.scenarios import Excluded, Scenario


def collect(
    series: Sequence[Series],
    excluded: Sequence[Excluded],
    plan: Plan,
    *,
    meter: str,
    command: str,
    elapsed_s: float,
    stopped_by: str,
    before: Disturbance | None = None,
    twins: Sequence[Series] = (),
) -> Run:
    """The run that these series make: cells with samples, failures, and the conditions.

    :param twins: the A/A cells of the run (:func:`tlsbench.sampling.twins_of`).

    :param before: the state of the machine when sampling began; None while it still goes on.
    """
    now = Disturbance.now() if before is not None else None
    return Run(
        cells=[cell_from_series(one) for one in series if one.rounds],
        excluded=tuple(excluded),
        failures=[Failure(one.scenario.id, str(one.error)) for one in series if one.error is not None],
        conditions=Conditions(
            meter=meter,
            seed=plan.seed,
            precision=plan.precision,
            time_budget_s=plan.time_budget_s,
            elapsed_s=elapsed_s,
            stopped_by=stopped_by,
            command=command,
            steal_percent=now.steal_percent_since(before) if now and before else None,
            involuntary_switches=now.involuntary_switches - before.involuntary_switches
            if now and before
            else None,
            governor=governor(),
            drift=drift_of((*series, *twins)),
        ),
        noise_floor=noise_floors(series, twins),
        engines=engines(_implementations_of(one.scenario for one in series)),
        taken_at=datetime.now(UTC),
    )


def _implementations_of(scenarios: Iterable[Scenario]) -> list[str]:
    return list(dict.fromkeys(end for scenario in scenarios for end in (scenario.client, scenario.server)))
