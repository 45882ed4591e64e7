"""``tlsbench compare``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from tlsbench.cli import completion
from tlsbench.cli.options import RESULT, Gates, Undecided, Yardsticks
from tlsbench.cli.parsing import format_of
from tlsbench.cli.teaching import teaches

if TYPE_CHECKING:
    from tlsbench.results.stored import Stored

_PLAIN_WIDTH = 160


@teaches(
    r"""Compare two stored results: faster, slower or inconclusive.

    \b
    Examples:
      tlsbench compare before after
      tlsbench compare 0001 0002 --fail-on 'slower>5%'
      tlsbench compare old.json new.json --format github \
        --fail-on 'slower>3% where workload=handshake'
      tlsbench compare --against last-release   the latest saved run with a tag's
      tlsbench compare old.json new.json --yardstick '*::test_reference*'

    Both can be any pytest-benchmark JSON with raw data.
    Exit codes: 0 done, 1 a gate failed, 2 wrong request, 4 a gate is undecided.
    """
)
def command(
    *,
    results: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[BASE] [NEW]",
            help=f"{RESULT} With --against, only NEW. [default: the latest saved run]",
            show_default=False,
            autocompletion=completion.results,
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="REVISION",
            help="The base is the saved run of a git tag, branch or commit, or of 'last-release'.",
            show_default=False,
        ),
    ] = None,
    yardsticks: Yardsticks = None,
    fail_on: Gates = None,
    undecided: Undecided = None,
    output_format: Annotated[str, format_of("comparison")] = "table",
) -> int:
    """Compare, print the judgement, and return the exit code."""
    from tlsbench.cli import measuring, output
    from tlsbench.report.comparisons import report_of_comparison
    from tlsbench.session.compare import compare

    base, new = _results(results or (), against)
    found = compare(base, new, fail_on or (), yardsticks or ())
    report = report_of_comparison(found.judgement, found.answers)
    report = replace(report, undecided_as=undecided or "")
    output.report(report, output_format, _PLAIN_WIDTH)
    return measuring.code_of_gates(report, undecided)


def _results(references: Sequence[str], revision: str | None) -> tuple[Stored, Stored]:
    """The base and the new result."""
    from tlsbench.cli import output
    from tlsbench.errors import RequestError
    from tlsbench.results.reader import read
    from tlsbench.session.revisions import against

    if revision is None:
        if len(references) != 2:
            raise RequestError(
                f"give two results to compare, BASE and NEW, or --against REVISION: not {len(references)}"
            )
        return read(references[0]), read(references[1])
    if len(references) > 1:
        raise RequestError("--against finds the base: give one result at most, NEW")
    chosen = against(revision, *references)
    for note in chosen.notes:
        output.note(f"tlsbench: {note}")
    return chosen.base, chosen.new
