"""What a person sees while a run goes on: rows and a progress line, or plain lines."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from tlsbench.report.formats import terminal
from tlsbench.results import Cell, Run
from tlsbench.sampling import Plan, Progress

_REDRAW_SECONDS = 1.0
_LINE_SECONDS = 10.0


class ProgressView:
    """Shows progress on ``console``: redrawn on a terminal, a line now and then elsewhere.

    Nothing is drawn by another thread, and nothing within a round: only when it is told of progress.
    """

    def __init__(
        self,
        console: Console,
        plan: Plan,
        run_so_far: Callable[[Progress], Run],
        is_baseline: Callable[[Cell], bool] | None,
    ) -> None:
        self._console = console
        self._plan = plan
        self._run_so_far = run_so_far
        self._is_baseline = is_baseline
        self._live = (
            Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        )
        self._shown_at = -math.inf
        self._stage = ""

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.update(Text(), refresh=True)
            self._live.stop()

    def __call__(self, progress: Progress) -> None:
        """Show it, unless the last was shown just now."""
        now = time.monotonic()
        pause = _LINE_SECONDS if self._live is None else _REDRAW_SECONDS
        if progress.stage == self._stage and now - self._shown_at < pause:
            return
        self._shown_at, self._stage = now, progress.stage
        line = self._line(progress)
        if self._live is None:
            self._console.print(line, highlight=False, soft_wrap=True)
            return
        text = Text(line, style="cyan")
        if progress.stage != "measuring":
            self._live.update(text, refresh=True)
            return
        table = terminal(self._run_so_far(progress), self._is_baseline, self._console.width)
        self._live.update(Group(text, table), refresh=True)

    def _line(self, progress: Progress) -> str:
        if progress.stage != "measuring":
            return f"{progress.stage} {progress.of} cells"
        reached = sum(1 for series in progress.series if series.precision <= self._plan.precision)
        left_s = max(0.0, self._plan.time_budget_s - progress.elapsed_s)
        return (
            f"measuring: round {progress.done}, {progress.elapsed_s:.0f} s, at most {left_s:.0f} s left, "
            f"{reached} of {len(progress.series)} cells at ±{100 * self._plan.precision:g} %"
        )
