"""The history of cells over the saved runs: their ratios to the first run, corrected by the yardsticks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from tlsbench.comparison import Recording, Verdict, judge, recording_of, with_yardsticks
from tlsbench.errors import RequestError
from tlsbench.implementations.registry import spellings
from tlsbench.results import storage
from tlsbench.results.reader import read_file
from tlsbench.results.stored import Commit, Machine
from tlsbench.scenarios import parse
from tlsbench.session.selecting import selects
from tlsbench.stats import Interval, steps
from tlsbench.units import NANOSECONDS, Unit

#: The most cells in an answer; selectors can narrow them down.
_MOST_CELLS = 200
UNKNOWN_MACHINE: Final = Machine()
#: The ratio of a run to itself.
_SAME: Final = Interval(1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class SavedRun:
    """A saved run.

    :param taken_at: for display, in UTC; ``""`` if unknown.
    :param commit: that of the measured code; None if unknown.
    :param machine: where it was measured.
    """

    number: int
    name: str
    taken_at: str
    recording: Recording
    commit: Commit | None = None
    machine: Machine = UNKNOWN_MACHINE

    @property
    def label(self) -> str:
        """Its label on an axis: the commit, or the number if that is unknown, and the day."""
        return f"{self.commit.short if self.commit else f'{self.number:04}'} {self.taken_at[:10]}".strip()

    @property
    def heading(self) -> str:
        """Its name in a sentence: the number, and the commit if known."""
        return f"{self.number:04}{f' ({self.commit.short})' if self.commit else ''}"


@dataclass(frozen=True, slots=True)
class Point:
    """A cell in one run.

    :param median: its figure as measured.
    :param ratio: to the first run, corrected for the change of the yardsticks if they can judge; its bounds
        allow for both the interval and the floor of the comparison.
    :param yardsticks: how many judge; 0 if the figures are compared as they are, with those of the run
        before, and 0 for the first run.
    """

    median: float
    ratio: Interval
    yardsticks: int


@dataclass(frozen=True, slots=True)
class Change:
    """A step in the history of a cell.

    :param word: such as ``"slower"``.
    :param ratio: after over before; if yardsticks judge, all runs until the next step over all runs since the
        previous one.
    :param is_weak: whether it is a step in times without yardsticks: the machine may have changed.
    """

    word: str
    ratio: Interval
    is_weak: bool

    def __str__(self) -> str:
        """Text such as ``slower +10 %``, with an asterisk if it is weak."""
        return f"{self.word} {100 * (self.ratio.median - 1):+.0f} %{'*' * self.is_weak}"


@dataclass(frozen=True, slots=True)
class CellHistory:
    """A cell over runs.

    :param unit: the unit of its figures in the latest run that has it; runs in another unit are ignored.
    :param points: for each run; None if it lacks the cell.
    :param changes: its steps, by the index of the first run after each.
    """

    id: str
    axes: Mapping[str, str]
    unit: Unit
    points: Sequence[Point | None]
    changes: Mapping[int, Change]

    @property
    def ratios(self) -> list[float | None]:
        """The ratio of each run to the first; None for runs that lack the cell."""
        return [None if point is None else point.ratio.median for point in self.points]

    @property
    def weak(self) -> int:
        """The number of timed runs that were compared with the run before, as no yardstick judges them."""
        _, *others = (point for point in self.points if point is not None)
        return sum(not point.yardsticks for point in others) if self.unit is NANOSECONDS else 0


@dataclass(frozen=True, slots=True)
class SavedRuns:
    """The saved runs.

    :param runs: in the order of their numbers.
    :param left_out: the reason for each saved file that holds no run to compare.
    """

    runs: Sequence[SavedRun]
    left_out: Sequence[str]

    def ids(self, selectors: Sequence[str]) -> list[str]:
        """The ids of the cells that the selectors match; all ids if there are no selectors.

        :raises RequestError: if they match no cell, or more than anybody reads.
        """
        wanted = parse(selectors, spellings())
        ids = dict.fromkeys(
            name
            for run in self.runs
            for name, parameters in run.recording.parameters.items()
            if selects(wanted, dict(parameters))
        )
        if not ids:
            raise RequestError(f"no saved run has a cell of {' '.join(selectors)}")
        if len(ids) > _MOST_CELLS:
            raise RequestError(
                f"the selectors match {len(ids)} saved cells: name fewer, such as workload=handshake"
            )
        return list(ids)


def saved_runs(yardsticks: Sequence[str] = ()) -> SavedRuns:
    """The runs saved below the working directory.

    :param yardsticks: names or globs of benchmarks that serve as yardsticks too, see
        :func:`tlsbench.comparison.with_yardsticks`; a run in which one matches nothing is left out.
    :raises RequestError: if there are no runs.
    """
    runs, left_out = [], []
    for number, name, path in storage.saved():
        try:
            stored = read_file(path)
            recording = with_yardsticks(recording_of(stored), yardsticks)
        except RequestError as error:
            left_out.append(str(error))
            continue
        taken_at = stored.taken_at.strftime("%Y-%m-%d %H:%M") if stored.taken_at else ""
        runs.append(SavedRun(number, name, taken_at, recording, stored.commit, stored.machine))
    if not runs:
        raise RequestError(
            "; ".join(
                (f"{storage.STORAGE} holds no saved run: save one with 'tlsbench run --save NAME'", *left_out)
            )
        )
    return SavedRuns(runs, left_out)


def histories(recordings: Sequence[Recording], ids: Sequence[str]) -> list[CellHistory]:
    """The history of each of the given cells, over runs in the order in which they were taken.

    A run is compared with the first run with which yardsticks can compare it; that is the very first as long
    as only the code changes. Its level is the level of that run times the ratio. All runs that are compared
    with the same one form a stretch, whose steps are those of :func:`tlsbench.stats.steps`. A run that
    yardsticks can compare with none begins a new stretch: it is compared with the run before it, and there is
    a step between them if that comparison finds one.

    :param ids: each in at least one of the recordings.
    """

    @cache
    def verdicts(base: int, new: int) -> Mapping[str, Verdict]:  # of all cells, once per pair of runs
        return {one.id: one for one in judge(recordings[base], recordings[new]).verdicts}

    compared = [_stretches(name, recordings, verdicts) for name in ids]
    looks = sum(len(stretch) - 1 for cell in compared for stretch in cell)
    return [_history(name, recordings, cell, looks) for name, cell in zip(ids, compared, strict=True)]


@dataclass(frozen=True, slots=True)
class _Compared:
    """A run, and the run with which it is compared.

    :param at: its index.
    :param base: the index of the other; its own for the very first run, which has no verdict.
    """

    at: int
    base: int
    verdict: Verdict | None = None


def _stretches(
    name: str, recordings: Sequence[Recording], verdicts: Callable[[int, int], Mapping[str, Verdict]]
) -> list[list[_Compared]]:
    """The runs of a cell by stretch: the first of each is the one with which the others are compared."""
    stretches: list[list[_Compared]] = []
    before = None
    for at in _having(name, recordings):
        for stretch in stretches:
            base = stretch[0].at
            common = recordings[base].yardsticks.keys() & recordings[at].yardsticks.keys()
            if common and (found := verdicts(base, at)[name]).yardsticks:
                stretch.append(_Compared(at, base, found))
                break
        else:
            link = _Compared(at, at) if before is None else _Compared(at, before, verdicts(before, at)[name])
            stretches.append([link])
        before = at
    return stretches


def _having(name: str, recordings: Sequence[Recording]) -> list[int]:
    """The indices of the runs that have a cell, in the same unit as the latest of them."""
    having = [at for at, one in enumerate(recordings) if name in one.figures]
    unit = recordings[having[-1]].instruments[name].unit
    return [at for at in having if recordings[at].instruments[name].unit is unit]


def _history(
    name: str, recordings: Sequence[Recording], stretches: Sequence[Sequence[_Compared]], looks: int
) -> CellHistory:
    latest = recordings[_having(name, recordings)[-1]]
    unit = latest.instruments[name].unit
    points: dict[int, Point] = {}
    for one in (one for stretch in stretches for one in stretch):
        points[one.at] = Point(
            recordings[one.at].median(name).median,
            _possible(one.verdict, points[one.base].ratio.median) if one.verdict else _SAME,
            len(one.verdict.yardsticks) if one.verdict else 0,
        )
    changes = dict(change for stretch in stretches for change in _changes(stretch, unit, looks))
    return CellHistory(
        id=name,
        axes=latest.parameters[name],
        unit=unit,
        points=[points.get(at) for at in range(len(recordings))],
        changes=dict(sorted(changes.items())),
    )


def _changes(stretch: Sequence[_Compared], unit: Unit, looks: int) -> Iterator[tuple[int, Change]]:
    """The step at the first run of a stretch, and the steps within it."""
    first, *others = stretch
    if first.verdict and first.verdict.verdict != "~":
        yield first.at, Change(first.verdict.word, first.verdict.ratio, unit is NANOSECONDS)
    judged = [one.verdict for one in others if one.verdict]
    found = steps([_SAME, *(one.ratio for one in judged)], [0.0, *(one.floor for one in judged)], looks)
    for step in found:
        instrument = judged[0].instrument
        word = instrument.more if step.ratio.median > 1 else instrument.less
        yield stretch[step.at].at, Change(word, step.ratio, is_weak=False)


def _possible(verdict: Verdict, level: float) -> Interval:
    """The level of a run, from that of its base, with the range that interval and floor leave open."""
    ratio, within = verdict.ratio, 1 + verdict.floor
    return Interval(
        level * min(ratio.low, ratio.median / within),
        level * ratio.median,
        level * max(ratio.high, ratio.median * within),
    )
