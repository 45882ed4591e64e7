"""A run, printed to standard output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from tlsbench.cli import output
from tlsbench.report import formats
from tlsbench.results import Cell, Run
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.environment import machine_info

#: The width of a table that goes to a file or a pipe.
PLAIN_WIDTH: Final = 200

_FORMATS: Final[dict[str, Callable[[Run, Callable[[Cell], bool] | None, Mapping[str, Any] | None], str]]] = {
    "table": lambda run, is_baseline, _machine: formats.plain(run, is_baseline, PLAIN_WIDTH),
    "markdown": lambda run, is_baseline, _machine: formats.markdown(run, is_baseline),
    "csv": lambda run, is_baseline, _machine: formats.comma_separated(run, is_baseline),
    "json": lambda run, _is_baseline, machine: to_json(run, machine or machine_info()) + "\n",
}


def print_run(
    run: Run,
    output_format: str,
    is_baseline: Callable[[Cell], bool] | None,
    machine: Mapping[str, Any] | None = None,
) -> None:
    """Print a run.

    :param output_format: table, markdown, csv or json.
    :param machine: where it was measured, as pytest-benchmark notes it; this one without.
    """
    width = output.width()
    if output_format == "table" and width is not None:
        output.show(formats.terminal(run, is_baseline, width))
    else:
        output.write(_FORMATS[output_format](run, is_baseline, machine))
