"""``tlsbench show``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from tlsbench.cli import completion
from tlsbench.cli.options import RESULT, Baseline
from tlsbench.cli.parsing import format_of
from tlsbench.cli.teaching import teaches

if TYPE_CHECKING:
    from tlsbench.results.stored import Stored

#: The width of a table that goes to a file or a pipe.
_WIDTH = 200
_LOAD_WIDTH = 120


@teaches(
    r"""Print a stored result.

    \b
    Examples:
      tlsbench show baseline
      tlsbench show 0002 --baseline key=rsa-2048
      tlsbench show result.json --format csv
    """
)
def command(
    *,
    result: Annotated[str, typer.Argument(metavar="RESULT", help=RESULT, autocompletion=completion.results)],
    baseline: Baseline = None,
    output_format: Annotated[str, format_of("run", "duel", "load")] = "table",
) -> None:
    """Print the result that a reference names (see :func:`tlsbench.results.storage.find`)."""
    from tlsbench.cli import output
    from tlsbench.errors import RequestError
    from tlsbench.report.duels import report_of_duel
    from tlsbench.report.loads import report_of_load
    from tlsbench.report.runs import report_of_run
    from tlsbench.results import Run
    from tlsbench.results.duel import Duel
    from tlsbench.results.reader import read, remarks_of
    from tlsbench.results.stored import Foreign
    from tlsbench.session.selecting import baseline_of

    stored = read(result)
    found = stored.result
    for remark in remarks_of(stored):
        output.note(f"warning: {remark}")
    if isinstance(found, Run) and found.cells:
        is_baseline = baseline_of(baseline, [dict(cell.axes) for cell in found.cells])
        report, width = report_of_run(found, is_baseline, stored.machine.noted), _WIDTH
        report = replace(report, origin=list(_origin(stored)))
    elif isinstance(found, Run | Foreign):
        elsewhere = ": 'tlsbench report' shows what it holds" if stored.benchmarks else ""
        raise RequestError(f"{stored.source} holds no cell that tlsbench measured{elsewhere}")
    elif isinstance(found, Duel):
        report, width = report_of_duel(found), _WIDTH
    else:
        report, width = report_of_load(found, stored.machine.noted, stored.command), _LOAD_WIDTH
    output.report(report, output_format, width)


def _origin(stored: Stored) -> Iterator[str]:
    """What to quote with a number: when, where, from which code, and by which command it was measured."""
    when = f"{stored.taken_at:%Y-%m-%d %H:%M} UTC" if stored.taken_at else ""
    commit = f"commit {stored.commit.short}" if stored.commit else ""
    if facts := [fact for fact in (when, *stored.machine.facts, commit) if fact]:
        yield f"measured: {', '.join(facts)}"
    if stored.command:
        yield f"command: {stored.command}"
