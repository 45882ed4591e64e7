"""``tlsbench compare``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tlsbench.cli import output
from tlsbench.comparison import Judgement, judge, load_recording, parse_gate
from tlsbench.errors import RequestError, unknown
from tlsbench.report import comparisons
from tlsbench.report.comparisons import Failed

_GATE_FAILED = 1
_PLAIN_WIDTH = 160

_FORMATS: dict[str, Callable[[Judgement, Failed], str]] = {
    "table": lambda judgement, failed: comparisons.plain(judgement, failed, _PLAIN_WIDTH),
    "markdown": comparisons.markdown,
    "json": comparisons.as_json,
    "github": comparisons.github,
}


def compare(base: str, new: str, fail_on: Sequence[str], output_format: str) -> int:
    """Compare two results, print the judgement, and return 1 if a gate failed, else 0.

    :raises RequestError: if a result, gate or format is not what it should be.
    """
    if output_format not in _FORMATS:
        raise unknown("format", output_format, _FORMATS)
    gates = [parse_gate(text) for text in fail_on]
    judgement = judge(load_recording(base), load_recording(new))
    if not judgement.verdicts:
        for warning in judgement.warnings:
            output.note(f"warning: {warning}")
        raise RequestError(f"{judgement.base.source} and {judgement.new.source} have no benchmark in common")
    failed = [(gate, failures) for gate in gates if (failures := gate.failures(judgement))]
    width = output.width()
    if output_format == "table" and width is not None:
        output.show(comparisons.terminal(judgement, failed, width))
    else:
        output.write(_FORMATS[output_format](judgement, failed))
    return _GATE_FAILED if failed else 0
