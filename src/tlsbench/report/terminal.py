"""What rich lays out, on its way to a terminal or into plain text."""

from __future__ import annotations

import io

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.text import Text

from tlsbench.escaping import for_terminal


class Harmless:
    """A renderable whose text passes the terminal's filter after it was laid out; its styles stay.

    A line end in a text is a new row by then: what may hold one passes the filter before, too.
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
    """One line of text, whatever was in it."""
    return Text(for_terminal(text), style=style)


def print_plain(renderable: RenderableType, width: int) -> str:
    """What rich prints, as plain text of at most this many columns."""
    # Jupyter, which rich recognises, would be given a display of its own, and the text be empty.
    console = Console(
        file=io.StringIO(), width=width, color_system=None, force_terminal=False, force_jupyter=False
    )
    console.print(Harmless(renderable))
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"
