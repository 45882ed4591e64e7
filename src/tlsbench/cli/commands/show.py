"""``tlsbench show``."""

from __future__ import annotations

from typing import Annotated

import typer

from tlsbench.cli.options import RESULT, RUN_FORMATS, Baseline, output_format, teaches


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
    result: Annotated[str, typer.Argument(metavar="RESULT", help=RESULT)],
    baseline: Baseline = None,
    form: Annotated[
        str, output_format(RUN_FORMATS, "Print the result as table, markdown, csv or json.")
    ] = "table",
) -> None:
    """Print the result that a reference means (see :func:`tlsbench.results.storage.find`)."""
    from tlsbench.cli import output
    from tlsbench.cli.printing import print_run
    from tlsbench.errors import RequestError
    from tlsbench.report import duels, loads
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
        print_run(found, form, is_baseline, stored.machine.noted)
        return
    if isinstance(found, Run | Foreign):
        raise RequestError(
            f"{stored.source} holds no cell that tlsbench measured: 'tlsbench report' shows what it holds"
        )
    if form != "table":
        what = "duel" if isinstance(found, Duel) else "load"
        raise RequestError(f"{stored.source} is a {what}, which is shown as a table: leave out --format")
    if isinstance(found, Duel):
        output.write(duels.text(found))
    else:
        output.show(loads.terminal(found))
