"""``tlsbench plot``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tlsbench.cli import completion
from tlsbench.cli.options import RESULT
from tlsbench.cli.teaching import teaches
from tlsbench.errors import RequestError, unknown


@teaches(
    r"""Draw one picture of a result as a file, for a paper or a pull request.

    \b
    Examples:
      tlsbench plot baseline -o cost.svg
      tlsbench plot result.json --kind wire -o bytes.png
      tlsbench plot after.json --base before.json -o change.svg
      tlsbench plot threads-1.json threads-2.json --kind serving -o threads.svg
    """
)
def command(
    *,
    results: Annotated[
        list[str],
        typer.Argument(
            metavar="RESULT...",
            help=f"{RESULT} Given several, the last is drawn, or all if the picture compares them.",
            autocompletion=completion.results,
        ),
    ],
    path: Annotated[
        Path, typer.Option("--output", "-o", metavar="PATH", help="A file that ends with .svg, .png or .pdf.")
    ],
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="cost, distribution, throughput, primitives, wire, network, transports, resumption, "
            "implementations, versions, memory, parts, scaling, comparison, history, latency, serving, "
            "course, course-by-backend or waiting. [default: the first that the result has]",
            show_default=False,
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            "--base", metavar="RESULT", help="Draw the changes since this result.", show_default=False
        ),
    ] = None,
) -> None:
    """Draw a picture of a result."""
    from tlsbench.cli import output
    from tlsbench.cli.pictures import check_picture, picture_written
    from tlsbench.report.page import page_of, read_source

    check_picture(path)
    sources = [read_source(one) for one in (*((base,) if base else ()), *results)]
    pictures = {picture.kind: picture for picture in page_of(sources).pictures}
    if not pictures:
        raise RequestError(f"{results[-1]} has nothing to draw: no handshakes, no sizes, no load")
    if kind is not None and kind not in pictures:
        raise unknown("picture of this result", kind, tuple(pictures))
    output.note(picture_written(pictures[kind] if kind else next(iter(pictures.values())), path))
