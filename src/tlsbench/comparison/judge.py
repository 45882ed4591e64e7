"""The judgement, cell by cell: faster, slower, or inconclusive."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tlsbench.comparison.recording import Recording
from tlsbench.comparison.references import Judged, Yardsticks
from tlsbench.results.likeness import likeness
from tlsbench.sampling import Instrument
from tlsbench.sampling.instruments import CALLGRIND
from tlsbench.stats import (
    LARGE_FLOOR,
    Interval,
    adjusted,
    compare,
    compare_counts,
    deviation,
    geometric_mean,
    is_difference,
)
from tlsbench.units import NANOSECONDS

#: The difference for which the footnote gives the number of further samples.
_WANTED_DIFFERENCE = 0.02
#: The false discovery rate that is allowed (Benjamini and Hochberg).
_FALSE_DISCOVERIES = 0.05


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one cell.

    :param instrument: what measured it, and in which unit.
    :param base: the median in the base, with its interval.
    :param new: the same in the new result.
    :param ratio: the basis of the verdict: the figure in the new result over that in the base, so that 1.05
        is five percent more; if yardsticks judge, corrected for their change.
    :param absolute: the uncorrected ratio.
    :param p_value: of the hypothesis of no change, corrected for the number of cells; without yardsticks that
        of the rank test.
    :param floor: the difference below which none is reported, as a fraction: what the yardsticks leave
        unexplained, or the noise floor and drift of the runs.
    :param yardsticks: the names of those that judge; empty if none can.
    :param verdict: ``"faster"``, ``"slower"`` or ``"~"``.
    :param more_samples: how many more samples would show a difference of 2 %; 0 if there are enough.
    """

    id: str
    parameters: Mapping[str, str]
    instrument: Instrument
    base: Interval
    new: Interval
    ratio: Interval
    absolute: Interval
    p_value: float
    floor: float
    yardsticks: tuple[str, ...]
    verdict: str
    more_samples: int

    @property
    def word(self) -> str:
        """The verdict in the words of its instrument: bytes are more or less, not slower or faster."""
        return {"slower": self.instrument.more, "faster": self.instrument.less}.get(
            self.verdict, self.verdict
        )


@dataclass(frozen=True, slots=True)
class Judgement:
    """All verdicts, the cells in one result only, and what makes the two hard to compare."""

    base: Recording
    new: Recording
    verdicts: Sequence[Verdict]
    only_base: Sequence[str]
    only_new: Sequence[str]
    warnings: Sequence[str]

    @property
    def geometric_mean(self) -> float:
        """The geometric mean of the ratios of all cells."""
        return geometric_mean([verdict.ratio.median for verdict in self.verdicts])


def judge(base: Recording, new: Recording) -> Judgement:
    """Compare two results that were taken at different times, cells matched by id.

    A cell is reported as faster or slower if the interval of its ratio excludes one, the ratio exceeds the
    floor, and a test agrees whose p-value is corrected for the number of cells (Benjamini and Hochberg).

    If both runs have yardsticks that may judge a cell, the ratio is corrected for the change of the
    yardsticks, and the interval includes how far unchanged cells move relative to each other between the runs
    (:mod:`tlsbench.stats.between`). Otherwise the ratio is uncorrected, the test is the rank test, and the
    floor is the larger noise floor of the two runs plus the larger drift: a machine wanders at least as far
    between two runs as within one.
    """
    in_both = [name for name in base.figures if name in new.figures]
    shared = [name for name in in_both if base.instruments[name].unit == new.instruments[name].unit]
    absolute = _absolute(base, new, shared)
    yardsticks = Yardsticks(base, new)
    judged = {name: found for name in shared if (found := yardsticks.judge(name)) is not None}
    verdicts = absolute | _by_yardsticks(absolute, judged)
    return Judgement(
        base=base,
        new=new,
        verdicts=list(verdicts.values()),
        only_base=[name for name in base.figures if name not in new.figures],
        only_new=[name for name in new.figures if name not in base.figures],
        warnings=[
            *_warnings(base, new, shared),
            *_unlike(base, new, in_both),
            *_not_alike(base, new, shared),
            *_without_yardsticks(base, new, [absolute[name] for name in shared if name not in judged]),
        ],
    )


def _absolute(base: Recording, new: Recording, names: Sequence[str]) -> dict[str, Verdict]:
    """The verdicts by uncorrected figures."""
    comparisons = [
        (compare_counts if new.instruments[name] is CALLGRIND else compare)(
            base.figures[name], new.figures[name]
        )
        for name in names
    ]
    p_values = adjusted([comparison.p_value for comparison in comparisons])
    drift = max(base.drift, new.drift)
    verdicts = {}
    for name, comparison, p_value in zip(names, comparisons, p_values, strict=True):
        floor = max(base.floor(name), new.floor(name)) + drift
        verdicts[name] = Verdict(
            id=name,
            parameters=new.parameters[name],
            instrument=new.instruments[name],
            base=base.median(name),
            new=new.median(name),
            ratio=comparison.ratio,
            absolute=comparison.ratio,
            p_value=p_value,
            floor=floor,
            yardsticks=(),
            verdict=_verdict(comparison.ratio, p_value, floor),
            more_samples=_more_samples(comparison.ratio, len(new.figures[name])),
        )
    return verdicts


def _by_yardsticks(absolute: Mapping[str, Verdict], judged: Mapping[str, Judged]) -> dict[str, Verdict]:
    """The verdicts of the cells that yardsticks judge."""
    p_values = adjusted([one.change.p_value for one in judged.values()])
    return {
        name: replace(
            absolute[name],
            ratio=one.change.ratio,
            p_value=p_value,
            floor=one.change.unexplained,
            yardsticks=one.by,
            verdict=_verdict(one.change.ratio, p_value, one.change.unexplained),
            more_samples=0,
        )
        for (name, one), p_value in zip(judged.items(), p_values, strict=True)
    }


def _verdict(ratio: Interval, p_value: float, floor: float) -> str:
    if p_value > _FALSE_DISCOVERIES or not is_difference(ratio, floor):
        return "~"
    return "slower" if ratio.median > 1 else "faster"


def _without_yardsticks(base: Recording, new: Recording, verdicts: Sequence[Verdict]) -> Iterator[str]:
    """The remarks on the cells that no yardstick judges."""
    timed = [one for one in verdicts if one.instrument.unit is NANOSECONDS]
    if timed:
        yield (
            f"{len(timed)} cells compared without yardsticks ({_why_without(base, new)}): such figures "
            "differ by 10 to 40 % between runs on one machine even if nothing changed"
        )
    hidden = Counter(
        _why_hidden(base, new, one.id)
        for one in verdicts
        if one.verdict == "~" and one.p_value <= _FALSE_DISCOVERIES and is_difference(one.ratio, 0.0)
    )
    for why, count in hidden.items():
        if why:
            yield f"{why}: it hides {count} of {len(verdicts)} differences"


def _why_without(base: Recording, new: Recording) -> str:
    if not (base.yardsticks and new.yardsticks):
        missing = [one.source for one in (base, new) if not one.yardsticks]
        return f"{' and '.join(missing)} {'has' if len(missing) == 1 else 'have'} none"
    if base.environment.get("processor") != new.environment.get("processor"):
        return "the processors differ"
    return "none is the same in both runs and on an implementation other than the cell's"


def _unlike(base: Recording, new: Recording, names: Sequence[str]) -> Iterator[str]:
    """Remarks on cells that cannot be compared, as the two results count different things."""
    units = Counter((base.instruments[name].unit.symbol, new.instruments[name].unit.symbol) for name in names)
    for (ours, theirs), count in units.items():
        if ours != theirs:
            yield f"{count} cells not compared: in {ours} in the base, in {theirs} in the new"


def _not_alike(base: Recording, new: Recording, names: Sequence[str]) -> Iterator[str]:
    """Remarks on cells of one scenario that behaved differently, such as in the number of tickets."""
    found = [
        likeness(base.cells[name], new.cells[name])
        for name in names
        if name in base.cells and name in new.cells
    ]
    differing = Counter(
        f"{one.what} {one.one} in the base, {one.other} in the new"
        for each in found
        for one in each.differences
    )
    for words, count in differing.items():
        yield f"{count} cells behaved differently: {words}"


def _why_hidden(base: Recording, new: Recording, name: str) -> str:
    """The noise floor or drift that hides a benchmark's difference; ``""`` if neither is large."""
    noisy = max((base, new), key=lambda one: one.floor(name))
    wandering = max((base, new), key=lambda one: one.drift)
    if max(noisy.floor(name), wandering.drift) <= LARGE_FLOOR:
        return ""
    if wandering.drift > noisy.floor(name):
        return f"the machine drifted by {100 * wandering.drift:.1f} % during {wandering.source}"
    workload = noisy.parameters[name].get("workload", "")
    floor = noisy.floor(name)
    is_known = f"is {100 * floor:.1f} %" if math.isfinite(floor) else "is unknown: too few rounds"
    where = f"the noise floor of {workload} in {noisy.source}"
    return f"{where} {is_known} (A/A cells of '{noisy.first_of(workload)}')"


def _more_samples(ratio: Interval, samples: int) -> int:
    """The number of further samples, as an interval narrows with their square root; 0 if none are needed."""
    if not math.isfinite(deviation(ratio)):
        return 0
    half_width = math.log(ratio.high / ratio.low) / 2
    needed = samples * (half_width / math.log1p(_WANTED_DIFFERENCE)) ** 2
    return max(0, math.ceil(needed) - samples)


def _set_to(variables: Mapping[str, str], name: str) -> str:
    return f"'{variables[name]}'" if name in variables else "not set"


def _warnings(base: Recording, new: Recording, shared: Sequence[str]) -> Sequence[str]:
    warnings = [*base.remarks, *(one for one in new.remarks if one not in base.remarks)]
    warnings += [
        f"different {name}: {base.environment[name]} in the base, {new.environment[name]} in the new"
        for name in base.environment
        if name in new.environment and base.environment[name] != new.environment[name]
    ]
    if base.variables is not None and new.variables is not None:
        warnings += [
            f"different {name}: {_set_to(base.variables, name)} in the base, "
            f"{_set_to(new.variables, name)} in the new"
            for name in sorted(base.variables.keys() | new.variables.keys())
            if base.variables.get(name) != new.variables.get(name)
        ]
    warnings += [
        f"different parameters of '{name}'"
        for name in shared
        if base.parameters[name] != new.parameters[name]
    ]
    return warnings
