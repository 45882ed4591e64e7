"""``tlsbench history``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tlsbench.cli.options import Yardsticks
from tlsbench.cli.teaching import teaches
from tlsbench.errors import RequestError


@teaches(
    r"""Show the saved runs, and how cells changed from one to the next.

    Times are relative to the first run, after correction by the yardsticks. A change is named where
    'tlsbench compare' would find one between the runs before and after it.

    \b
    Examples:
      tlsbench history
      tlsbench history workload=handshake version=1.3
      tlsbench history key=ecdsa-secp256r1 -o history.svg
      tlsbench history --report trend.html
    """
)
def command(
    *,
    selectors: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SELECTOR]...",
            help="The cells to follow. [default: only the list of runs; all cells with -o, --report or "
            "--yardstick]",
        ),
    ] = None,
    path: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="PATH", help="Also draw it: .svg, .png or .pdf.", show_default=False
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            metavar="PATH",
            help="Also write an HTML page with the changes, the picture and every cell.",
            show_default=False,
        ),
    ] = None,
    yardsticks: Yardsticks = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> int:
    """Print the saved runs, and the history of the selected cells; return the exit code."""
    import json

    from tlsbench.cli import output
    from tlsbench.cli.measuring import invocation
    from tlsbench.cli.pictures import check_picture, picture_written
    from tlsbench.report.extras import require_plotly
    from tlsbench.report.histories import as_plain, terminal
    from tlsbench.report.page import page_of_history, render
    from tlsbench.report.pictures.compared import history as picture_of
    from tlsbench.session.history import histories, saved_runs

    output.check(path, report)
    if path is not None:
        check_picture(path)
    if report is not None:
        require_plotly()
    saved = saved_runs(yardsticks or ())
    for why in saved.left_out:
        output.note(f"left out: {why}")
    for remark in (remark for run in saved.runs for remark in run.recording.remarks):
        output.note(f"warning: {remark}")
    followed = selectors or yardsticks or path is not None or report is not None
    recordings = [run.recording for run in saved.runs]
    cells = histories(recordings, saved.ids(selectors or ())) if followed else []
    steps = []
    if path is not None:
        picture = picture_of(cells, [run.label for run in saved.runs])
        if picture is None:
            raise RequestError("a history needs two saved runs with a cell in common")
        steps.append(lambda: picture_written(picture, path))
    if report is not None:
        page = render(page_of_history(saved, cells, invocation()))
        steps.append(lambda: output.written(report, page))
    code = output.store(steps)
    with output.beside(path, report):
        if as_json:
            output.write(json.dumps(as_plain(saved.runs, cells), indent=2) + "\n")
        else:
            output.show(terminal(saved.runs, cells))
    return code
