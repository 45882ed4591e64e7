"""Compare two results that were taken at different times, and apply gates to the changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tlsbench.comparison import Answers, Gate, Judgement, Verdict, judge, recording_of, with_yardsticks
from tlsbench.errors import RequestError
from tlsbench.results.stored import Stored


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome of a comparison.

    :param judgement: the verdicts, cell by cell.
    :param answers: each gate's answers for them.
    """

    judgement: Judgement
    answers: Sequence[Answers[Verdict]]


def compare(
    base: Stored, new: Stored, gates: Sequence[Gate] = (), yardsticks: Sequence[str] = ()
) -> Comparison:
    """Compare two results, cell by cell.

    :param base: as :func:`tlsbench.results.reader.read` returns it, like ``new``.
    :param gates: as :func:`tlsbench.comparison.parse_gate` returns them.
    :param yardsticks: names or globs of benchmarks that serve as yardsticks too, see
        :func:`tlsbench.comparison.with_yardsticks`.
    :raises RequestError: if one holds nothing to compare, they have no benchmark in common, or a gate or the
        name of a yardstick matches nothing.
    """
    judgement = judge(*(with_yardsticks(recording_of(one), yardsticks) for one in (base, new)))
    if not judgement.verdicts:
        words = [f"{base.source} and {new.source} have no benchmark in common", *judgement.warnings]
        raise RequestError("; ".join(words))
    return Comparison(judgement, [gate.answers(judgement.verdicts) for gate in gates])
