"""How often a duel is wrong on this machine: real duels of equals, and of sides 5 % apart.

python benchmarks/error_rates.py [DUELS] [SECONDS]

In the duels of equals both sides are the same scenario; every one that calls a difference is wrong. In the
others the same handshakes are measured, and every time of side b is stretched by 5 %; every one that does
not call b slower is wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from scipy.stats import binomtest

from tlsbench.implementations.registry import capabilities, implementations, spellings
from tlsbench.sampling import Plan, meter_named
from tlsbench.sampling.duel import Match, OpenSide, duel, local_side
from tlsbench.scenarios import Scenario, expand, parse
from tlsbench.stats import PairedComparison, compare_paired
from tlsbench.workloads import Sample, Workload, prepare

_STRETCH = 1.05
_METER = meter_named("wall")


@dataclass
class _Stretched:
    """A workload whose times are 5 % longer than they were."""

    inner: Workload

    @property
    def scenario(self) -> Scenario:
        return self.inner.scenario

    def sample(self) -> Sample:
        return self.visit(0, 1)[0]

    def visit(self, rewarm: int, samples: int) -> list[Sample]:
        return [self._stretched(sample) for sample in self.inner.visit(rewarm, samples)]

    def _stretched(self, sample: Sample) -> Sample:
        return replace(
            sample,
            client=round(sample.client * _STRETCH),
            server=round(sample.server * _STRETCH),
            total=round(sample.total * _STRETCH),
        )

    def proof(self) -> Mapping[str, object]:
        return self.inner.proof()

    def close(self) -> None:
        self.inner.close()


@contextmanager
def _slower_side() -> Iterator[object]:
    yield lambda scenario: _Stretched(prepare(scenario, implementations(), _METER.clock))


def _comparison(scenario: Scenario, open_b: OpenSide, seconds: float, seed: int) -> PairedComparison:
    plan = Plan(time_budget_s=seconds, precision=0, seed=seed)
    outcome = duel(
        [Match(scenario, scenario)], local_side(_METER, [scenario]), open_b, plan, in_workers=False
    )
    return compare_paired(outcome.records[0].epochs["total"])


def main(duels: int, seconds: float) -> None:
    """Run the duels and print both rates with their 95 % intervals (Clopper and Pearson)."""
    selectors = ("implementation=pyopenssl", "implementation=ssl resumption=psk", "workload=bulk")
    scenarios = [expand([parse([one], spellings())], capabilities()).scenarios[0] for one in selectors]
    kinds: Mapping[str, tuple[OpenSide, str]] = {
        "equals called different": (local_side(_METER, scenarios), "~"),
        "5 % not found": (_slower_side, "slower"),  # type: ignore[dict-item]
    }
    for kind, (open_b, right) in kinds.items():
        wrong, floors, widths = 0, [], []
        for at in range(duels):
            found = _comparison(scenarios[at % len(scenarios)], open_b, seconds, at)
            wrong += found.verdict != right
            floors.append(found.floor)
            widths.append(found.ratio.relative_half_width)
        rate = binomtest(wrong, duels).proportion_ci()
        floor, width = sorted(floors)[duels // 2], sorted(widths)[duels // 2]
        print(
            f"{kind}: {wrong} of {duels} duels of {seconds:g} s ({wrong / duels:.1%}, 95 % {rate.low:.1%} to "
            f"{rate.high:.1%}); median noise floor {floor:.2%}, median interval ±{width:.2%}",
            flush=True,
        )


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 40,
        float(sys.argv[2]) if len(sys.argv) > 2 else 40.0,
    )
