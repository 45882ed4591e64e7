"""A comparison: two results that were taken at different times, and the gates on what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tlsbench.comparison import Answers, Gate, Judgement, Verdict, judge, recording_of
from tlsbench.errors import RequestError
from tlsbench.results.stored import Stored


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison came to.

    :param judgement: the verdicts, cell by cell.
    :param answers: what each gate says of them.
    """

    judgement: Judgement
    answers: Sequence[Answers[Verdict]]


def compare(base: Stored, new: Stored, gates: Sequence[Gate] = ()) -> Comparison:
    """Compare two results, cell by cell.

    :param base: as :func:`tlsbench.results.reader.read` gives it; likewise ``new``.
    :param gates: as :func:`tlsbench.comparison.parse_gate` gives them.
    :raises RequestError: if one holds nothing to compare, they have no benchmark in common, or a
        gate means none.
    """
    judgement = judge(recording_of(base), recording_of(new))
    if not judgement.verdicts:
        words = [f"{base.source} and {new.source} have no benchmark in common", *judgement.warnings]
        raise RequestError("; ".join(words))
    return Comparison(judgement, [gate.answers(judgement.verdicts) for gate in gates])
