"""Printing for people: as wide as the terminal, or plain text in a pipe."""

from __future__ import annotations

import sys

from rich.console import Console, RenderableType

from tlsbench.report.formats import print_plain


def show(renderable: RenderableType, plain_width: int = 120) -> None:
    """Print to standard output.

    :param plain_width: the columns where that is no terminal.
    """
    console = Console()
    if console.is_terminal:
        console.print(renderable)
        return
    sys.stdout.write(print_plain(renderable, plain_width))
    sys.stdout.flush()
