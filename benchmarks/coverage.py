"""How often the printed 95 % intervals contain the truth on this machine: several runs of equal cells.

python benchmarks/coverage.py [RUNS] [SECONDS] [EQUALS]

Each run measures a few scenarios, each as several equal cells. The ratio of two equals is 1, and the true
median of each is that of all its equals: the median of the others' medians is taken for it. Both are counted
twice: for the cells as they are, with the intervals that are printed, and with the equals exchanged at
random in each round, which leaves only the noise of the machine, with intervals that omit the effect of
addresses.
A pair is called different as in a table: above the noise floor of three of its equals, which are not
among the pairs.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from tlsbench.implementations.registry import capabilities, spellings
from tlsbench.sampling import Plan, Series, measure, meter_named
from tlsbench.sampling.placement import placement, processes_for
from tlsbench.scenarios import expand, parse
from tlsbench.stats import is_difference, middle_of, noise_floor, paces, paired_ratio, with_addresses

_SELECTORS = (
    "workload=handshake implementation=pyopenssl version=1.3 key=ecdsa-secp256r1",
    "workload=handshake implementation=ssl version=1.3 key=ecdsa-secp256r1 resumption=psk",
    "workload=bulk implementation=pyopenssl version=1.3",
)
#: The number of equals that make up the noise floor, as in a run.
_OF_FLOOR = 3


def main(runs: int, seconds: float, equals: int) -> None:
    """Measure the runs, and print each rate with its minimum and maximum over the runs."""
    rates: dict[str, list[float]] = defaultdict(list)
    for seed in range(runs):
        found: dict[str, list[bool]] = defaultdict(list)
        widths = []
        for groups, how, processes in _groups(seconds, equals, seed):
            for name, held in _looked_at(groups, processes, widths):
                found[f"{name}, {how}"].append(held)
        for name, held in found.items():
            rates[name].append(float(np.mean(held)))
        print(
            f"run {seed + 1}: median ± {np.median(widths):.2%} of {len(widths)}", file=sys.stderr, flush=True
        )
    for name, rate in rates.items():
        span = f"from {min(rate):.1%} to {max(rate):.1%}"
        print(f"{name}: {np.mean(rate):.1%} in {runs} runs of {seconds:g} s ({span})")


def _groups(seconds: float, equals: int, seed: int) -> Iterator[tuple[np.ndarray, str, int]]:
    """The rounds of a run, scenarios by equals by rounds, as measured and exchanged, and their processes."""
    scenarios = [expand([parse([one], spellings())], capabilities()).scenarios[0] for one in _SELECTORS]
    plan = Plan(time_budget_s=seconds, precision=0, seed=seed)
    with placement(scenarios, meter_named("wall"), processes_for(seconds)) as place:
        cells = [one for one in scenarios for _ in range(equals)]
        outcome = measure(cells, place.make, plan, turns=place)
    rounds = np.array([_medians(one) for one in outcome.series]).reshape(len(scenarios), equals, -1)
    yield rounds, "cells as they are", place.processes
    yield np.random.default_rng(seed).permuted(rounds, axis=1), "equals exchanged in each round", 0


def _medians(series: Series) -> Sequence[float]:
    if series.error is not None:
        raise series.error
    return series.round_medians


def _looked_at(groups: np.ndarray, processes: int, widths: list[float]) -> Iterator[tuple[str, bool]]:
    """The findings for each pair and each cell of a run, by name."""
    cells = groups.reshape(-1, groups.shape[-1])
    intervals = [middle_of(*one, processes) for one in zip(cells, paces(cells), strict=True)]
    medians = np.array([one.median for one in intervals]).reshape(groups.shape[:2])
    for at, interval in enumerate(intervals):
        widths.append(interval.relative_half_width)
        truth = np.median(np.delete(medians[at // groups.shape[1]], at % groups.shape[1]))
        yield "the interval of a median holds that of its equals", interval.low <= truth <= interval.high
    for of_one in groups:
        floor = noise_floor(of_one[:_OF_FLOOR])
        for one, other in combinations(of_one[_OF_FLOOR:], 2):
            ratio = with_addresses(paired_ratio(one, other), one / other, processes, cells=2)
            yield "the interval of a ratio of equals holds 1", ratio.low <= 1 <= ratio.high
            yield "a pair of equals is called different", is_difference(ratio, floor)


if __name__ == "__main__":
    given = [float(one) for one in sys.argv[1:]]
    main(
        *(
            kind(one)
            for kind, one in zip((int, float, int), [*given, *(10, 20.0, 8)[len(given) :]], strict=True)
        )
    )
