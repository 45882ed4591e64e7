"""Results for people, as the command line prints them: as text, and in notebooks."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console, RenderableType
from rich.text import Text

from tlsbench.comparison import Gate, Judgement, Verdict
from tlsbench.escaping import for_html, lines_for_terminal
from tlsbench.load import Load
from tlsbench.report import comparisons, duels, formats, loads
from tlsbench.results import Run
from tlsbench.results.duel import Duel
from tlsbench.results.stored import Stored

_WIDTH = 200


def text_of_stored(stored: Stored) -> str:
    """The table of a result; of one that is not of tlsbench a line for each benchmark."""
    result = stored.result
    if isinstance(result, Run):
        return _text(formats.terminal(result, None, _WIDTH))
    if isinstance(result, Duel):
        return _text(Text(duels.text(result)))
    if isinstance(result, Load):
        return _text(loads.terminal(result))
    return _text(Text("\n".join([stored.source, *(benchmark.name for benchmark in stored.benchmarks)])))


def text_of_comparison(judgement: Judgement, failed: Sequence[tuple[Gate, Sequence[Verdict]]]) -> str:
    """The table of a comparison, and the gates that failed."""
    return _text(comparisons.terminal(judgement, failed, _WIDTH))


def html(text: str) -> str:
    """Lines of text as HTML, in columns as they are."""
    lines = "\n".join(map(for_html, text.split("\n")))
    return f'<pre style="white-space: pre; overflow-x: auto">{lines}</pre>'


def _text(renderable: RenderableType) -> str:
    text = io.StringIO()
    # Jupyter, which rich recognises, would be given a display of its own, and the text be empty.
    console = Console(file=text, width=_WIDTH, color_system=None, force_terminal=False, force_jupyter=False)
    console.print(renderable)
    lines = text.getvalue().rstrip("\n").split("\n")
    return lines_for_terminal("\n".join(line.rstrip() for line in lines))
