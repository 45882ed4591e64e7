"""The output of rich, filtered on its way to a terminal or into plain text."""

from __future__ import annotations

import io

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.text import Text

from tlsbench.escaping import for_terminal


class Harmless:
    """A renderable whose text is filtered for the terminal after layout; its styles are kept.

    By then, a line end in a text is a new row: text that may contain one must be filtered beforehand as well.
    """

    def __init__(self, renderable: RenderableType) -> None:
        self._renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self._renderable, options):
            if segment.control:
                yield segment
                continue
            # rich puts the line ends of a text that it wraps into one segment with the text
            for at, row in enumerate(segment.text.split("\n")):
                if at:
                    yield Segment.line()
                yield Segment(for_terminal(row), segment.style)


def line(text: str, style: str = "") -> Text:
    """One line of text, whatever it contained."""
    return Text(for_terminal(text), style=style)


def print_plain(renderable: RenderableType, width: int) -> str:
    """What rich prints, as plain text of at most ``width`` columns."""
    # In Jupyter, which rich recognises, it would use its own display, and the text would be empty.
    console = Console(
        file=io.StringIO(), width=width, color_system=None, force_terminal=False, force_jupyter=False
    )
    console.print(Harmless(renderable))
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"
