"""``tlsbench report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tlsbench.cli import completion
from tlsbench.cli.options import RESULT
from tlsbench.cli.teaching import teaches
from tlsbench.errors import RequestError

#: The page's name if no other is given.
PAGE = Path("report.html")


@teaches(
    r"""Write one page of HTML that says what a result means: findings, pictures, the table, the environment.

    The page is one file that opens without a network. It takes what run and load store, any
    pytest-benchmark stored, and the JSON of 'tlsbench trace', whose ladder it shows.

    \b
    Examples:
      tlsbench report baseline
      tlsbench report before.json after.json -o change.html
      tlsbench report run.json trace.json
      tlsbench run --profile post-quantum --report post-quantum.html
    """
)
def command(
    *,
    results: Annotated[
        list[str],
        typer.Argument(
            metavar="RESULT...",
            help=f"{RESULT} The last is shown and compared with the others; traces are added.",
            autocompletion=completion.results,
        ),
    ],
    path: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="Write the page to this file, replacing it. [default: report.html, if it does not exist]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write the page of some results."""
    import os

    from tlsbench.cli import output
    from tlsbench.report.page import Source, page_of, read_any, render
    from tlsbench.report.page.render import MOST_BYTES

    if path is None and os.path.lexists(PAGE):
        raise RequestError(f"{PAGE} exists already: -o {PAGE} replaces it, another name keeps it")
    path = path or PAGE
    output.check(path, room_bytes=MOST_BYTES)
    found = [read_any(reference) for reference in results]
    sources = [one for one in found if isinstance(one, Source)]
    page = render(page_of(sources, [one for one in found if not isinstance(one, Source)]))
    output.note(output.written(path, page, f" ({len(page.encode()) / 1e6:.1f} MB)"))
