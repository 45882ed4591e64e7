"""A/A cells: scenarios measured more than once, to see what differences this machine shows between equals."""

from __future__ import annotations

from collections.abc import Sequence

from tlsbench.sampling.series import Series
from tlsbench.scenarios import Scenario
from tlsbench.stats import drift, noise_floor

#: How many more times a workload's first scenario is measured: three cells make three pairs.
_TWINS = 2


def aa_cells_of(scenarios: Sequence[Scenario]) -> list[Scenario]:
    """The scenarios to measure again: the first of each workload, twice."""
    firsts = {scenario.workload: scenario for scenario in reversed(scenarios)}
    return [scenario for scenario in firsts.values() for _ in range(_TWINS)]


def noise_floors(series: Sequence[Series], twins: Sequence[Series]) -> dict[str, float]:
    """The noise floor of each workload, see :func:`tlsbench.stats.noise_floor`.

    :param series: the cells of the run.
    :param twins: the cells of the scenarios from :func:`aa_cells_of`, measured in the same rounds.
    """
    floors = {}
    for workload in dict.fromkeys(twin.scenario.workload for twin in twins):
        scenario = next(twin.scenario for twin in twins if twin.scenario.workload == workload)
        equals = [one for one in (*series, *twins) if one.scenario == scenario and one.sample_count]
        if len(equals) > _TWINS:
            floors[workload] = noise_floor([one.round_medians for one in equals])
    return floors


def drift_of(series: Sequence[Series]) -> float | None:
    """How far the machine's pace drifted, see :func:`tlsbench.stats.drift`; None before the second round."""
    rounds = [one.round_medians for one in series if one.sample_count and len(one.rounds) > 1]
    return drift(rounds) if rounds else None
