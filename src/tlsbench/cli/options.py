"""Arguments and options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Selectors = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SELECTOR]...", help="axis=value[,value...], see 'tlsbench list axes'.", show_default=False
    ),
]
Profile = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="A named set of scenarios, narrowed by the selectors. [default: quick, without selectors]",
        show_default=False,
    ),
]
Baseline = Annotated[
    str | None,
    typer.Option(
        metavar="SELECTOR",
        help="The row that the others are held against. [default: the first]",
        show_default=False,
    ),
]
OutputFormat = Annotated[
    str, typer.Option("--format", metavar="FORMAT", help="Print the result as table, markdown, csv or json.")
]
