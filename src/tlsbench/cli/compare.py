"""``tlsbench compare``."""

from __future__ import annotations

from collections.abc import Sequence

from tlsbench.cli import output
from tlsbench.comparison import judge, load_recording, parse_gate
from tlsbench.errors import RequestError
from tlsbench.report.comparisons import report_of_comparison
from tlsbench.report.exporters import check_format

_GATE_FAILED = 1
_PLAIN_WIDTH = 160


def compare(base: str, new: str, fail_on: Sequence[str], output_format: str) -> int:
    """Compare two results, print the judgement, and return 1 if a gate failed, else 0.

    :raises RequestError: if a result, gate or format is not what it should be.
    """
    check_format(output_format, "comparison")
    gates = [parse_gate(text) for text in fail_on]
    judgement = judge(load_recording(base), load_recording(new))
    if not judgement.verdicts:
        raise RequestError(f"{judgement.base.source} and {judgement.new.source} have no benchmark in common")
    failed = [(gate, failures) for gate in gates if (failures := gate.failures(judgement))]
    output.report(report_of_comparison(judgement, failed), output_format, _PLAIN_WIDTH)
    return _GATE_FAILED if failed else 0
