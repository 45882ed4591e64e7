"""``tlsbench compare``."""

from __future__ import annotations

from typing import Annotated

import typer

from tlsbench.cli.options import RESULT, Gates, format_of, teaches

_GATE_FAILED = 1
_PLAIN_WIDTH = 160


@teaches(
    r"""Compare two stored results: faster, slower, or not to be told.

    \b
    Examples:
      tlsbench compare before after
      tlsbench compare 0001 0002 --fail-on 'slower>5%'
      tlsbench compare old.json new.json --fail-on 'slower>3% where workload=handshake' --format github

    Any pytest-benchmark JSON with raw data will do. Exit codes: 0 done, 1 a gate failed, 2 wrong request.
    """
)
def command(
    *,
    base: Annotated[str, typer.Argument(metavar="BASE", help=RESULT)],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The same: what is compared with the base.")],
    fail_on: Gates = None,
    output_format: Annotated[str, format_of("comparison")] = "table",
) -> int:
    """Compare, print the judgement, and return 1 if a gate failed, else 0."""
    from tlsbench.cli import output
    from tlsbench.report.comparisons import report_of_comparison
    from tlsbench.results.reader import read
    from tlsbench.session.compare import compare

    found = compare(read(base), read(new), fail_on or ())
    output.report(report_of_comparison(found.judgement, found.failed), output_format, _PLAIN_WIDTH)
    return _GATE_FAILED if found.failed else 0
