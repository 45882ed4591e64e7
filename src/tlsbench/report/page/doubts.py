"""Reasons to doubt the numbers of a page, each with its remedy."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from tlsbench.comparison import Judgement, Recording
from tlsbench.loading import Load
from tlsbench.report import loads
from tlsbench.report.beside import table_notes
from tlsbench.report.findings.hidden import hidden_differences
from tlsbench.report.naming import labels_of
from tlsbench.report.pictures.compared import verdict_names
from tlsbench.report.table import tables
from tlsbench.results import Run

#: How many cells are named if there are many.
MOST_NAMED = 3
#: A smaller drift would be shown as zero.
_LEAST_DRIFT = 0.0005


def undecided(bases: Sequence[str], judgements: Sequence[Judgement]) -> Iterator[str]:
    """The cells for which comparisons cannot say whether they changed.

    :param bases: the names of the bases.
    """
    for base, judgement in zip(bases, judgements, strict=False):
        left = [verdict for verdict in judgement.verdicts if verdict.verdict == "~"]
        if left:
            yield (
                f"{len(left)} of {len(judgement.verdicts)} cells are inconclusive against {base}: "
                f"{_some(verdict_names(left))}; measure both for longer, or in one run with tlsbench duel"
            )


def _some(named: Sequence[str]) -> str:
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return f"{', '.join(named[:MOST_NAMED])}{more}"


def doubts_of(recording: Recording, run: Run | None, load: Load | None) -> list[str]:
    """The doubts about a result itself."""
    doubts = list(recording.remarks)
    if load is not None:
        return doubts + loads.cautions(load)
    if run is None:
        return [
            *doubts,
            "not measured by tlsbench: nothing proves what was negotiated, and there is no noise floor",
        ]
    doubts += run.conditions.warnings
    wanted = run.conditions.precision
    rough = [
        name
        for name, cell in zip(labels_of(run.cells), run.cells, strict=True)
        if wanted and cell.precision > wanted
    ]
    if rough:
        doubts.append(
            f"{len(rough)} of {len(run.cells)} cells did not reach ±{100 * wanted:g} %: {_some(rough)}; "
            "give more time with --time-budget"
        )
    if run.conditions.drift and run.conditions.drift >= _LEAST_DRIFT:
        doubts.append(
            f"drift: the machine's pace varied by ±{100 * run.conditions.drift:.1f} % during the run; its "
            "cells share that, but another run may differ by as much"
        )
    for workload, floor in run.noise_floor.items():
        known = f"{100 * floor:.1f} %" if math.isfinite(floor) else "unknown: too few rounds"
        doubts.append(f"noise floor of {workload}: {known}; smaller differences are inconclusive")
    doubts += hidden_differences(run)
    doubts += table_notes(tables(run))
    doubts += [f"failed: {failure.id}: {failure.error}" for failure in run.failures]
    if run.excluded:
        doubts.append(f"{len(run.excluded)} cells were excluded, each with its reason: see tlsbench list")
    return doubts
