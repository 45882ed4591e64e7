"""How cells fared from one saved run to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tlsbench.comparison import Recording, Verdict, judge, recording_of
from tlsbench.errors import RequestError
from tlsbench.implementations.registry import spellings
from tlsbench.results import storage
from tlsbench.results.reader import read_file
from tlsbench.scenarios import parse
from tlsbench.session.selecting import selects
from tlsbench.stats import median_interval
from tlsbench.units import Unit

#: More cells than that are no answer: selectors name fewer.
_MOST_CELLS = 200


@dataclass(frozen=True, slots=True)
class SavedRun:
    """A saved run: its number and name, when it was taken, and its times."""

    number: int
    name: str
    taken_at: str
    recording: Recording


@dataclass(frozen=True, slots=True)
class CellHistory:
    """A cell over runs.

    :param unit: of its figures.
    :param medians: for each run its median, None where it has not the cell.
    :param changes: by the place of a run, what changed since the last that has the cell.
    """

    id: str
    axes: Mapping[str, str]
    unit: Unit
    medians: Sequence[float | None]
    changes: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class SavedRuns:
    """The saved runs.

    :param runs: oldest number first.
    :param left_out: why, for each saved file that holds no run to compare.
    """

    runs: Sequence[SavedRun]
    left_out: Sequence[str]

    def ids(self, selectors: Sequence[str]) -> list[str]:
        """The ids of the cells that the selectors mean; of all without.

        :raises RequestError: if they mean none, or more than anybody reads.
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
            raise RequestError(f"{len(ids)} saved cells are meant: name fewer, such as workload=handshake")
        return list(ids)


def saved_runs() -> SavedRuns:
    """The runs that are saved below the working directory.

    :raises RequestError: if there are none.
    """
    runs, left_out = [], []
    for number, name, path in storage.saved():
        try:
            stored = read_file(path)
            recording = recording_of(stored)
        except RequestError as error:
            left_out.append(str(error))
            continue
        taken_at = stored.taken_at.strftime("%Y-%m-%d %H:%M") if stored.taken_at else ""
        runs.append(SavedRun(number, name, taken_at, recording))
    if not runs:
        raise RequestError(
            "; ".join(
                (f"{storage.STORAGE} holds no saved run: save one with 'tlsbench run --save NAME'", *left_out)
            )
        )
    return SavedRuns(runs, left_out)


def histories(runs: Sequence[SavedRun], ids: Sequence[str]) -> list[CellHistory]:
    """The history of each of some cells."""
    named = [(run.name, run.recording) for run in runs]
    found = []
    called = changes(ids, named)
    for name in ids:
        times = [run.recording.figures.get(name) for run in runs]
        axes = next(run.recording.parameters[name] for run in reversed(runs) if name in run.recording.figures)
        medians = [median_interval(one).median if one else None for one in times]
        unit = next(run.recording.instruments[name].unit for run in runs if name in run.recording.figures)
        found.append(CellHistory(name, axes, unit, medians, called[name]))
    return found


def changes(cells: Sequence[str], recordings: Sequence[tuple[str, Recording]]) -> dict[str, dict[int, str]]:
    """Where each cell became faster or slower than in the last run that had it: its place, and words."""
    judged: dict[tuple[int, int], dict[str, Verdict]] = {}  # a pair of runs is judged once for all its cells
    found: dict[str, dict[int, str]] = {name: {} for name in cells}
    for name, called in found.items():
        having = [at for at, (_, recording) in enumerate(recordings) if name in recording.figures]
        for pair in pairwise(having):
            if pair not in judged:
                base, new = (recordings[at][1] for at in pair)
                judged[pair] = {one.id: one for one in judge(base, new).verdicts}
            verdict = judged[pair][name]
            if verdict.verdict != "~":
                called[pair[1]] = f"{verdict.verdict} {100 * (verdict.ratio.median - 1):+.0f} %"
    return found
