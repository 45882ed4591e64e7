"""Progress of a measurement for people: rows and a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from tlsbench.report.exporters.table import sheets
from tlsbench.report.runs import sheets_of_run
from tlsbench.report.sparkline import bar
from tlsbench.report.terminal import Harmless, line
from tlsbench.results import Cell, Run
from tlsbench.sampling import Plan, Progress

_REDRAW_SECONDS = 1.0
_LINE_SECONDS = 10.0
_BAR_COLUMNS = 20


class Screen:
    """Shows progress on a console; use it in a ``with`` statement.

    No other thread draws anything; output comes only from :meth:`show`. A terminal is redrawn at most once a
    second; elsewhere, a line is printed now and then.

    :param quiet: whether to show nothing at all.
    :param line_seconds: seconds between lines if there is no terminal; a new stage is shown at once.
    """

    def __init__(self, console: Console, *, quiet: bool = False, line_seconds: float = _LINE_SECONDS) -> None:
        self._console = console
        self._quiet = quiet
        self._live = None
        if console.is_terminal and not quiet:
            self._live = Live(console=console, auto_refresh=False, transient=True)
        self._pause_s = line_seconds if self._live is None else _REDRAW_SECONDS
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

    def show(
        self,
        stage: str,
        words: str,
        share: float | None = None,
        rows: Callable[[int], RenderableType] | None = None,
    ) -> None:
        """Show the progress, unless it was shown just now.

        :param stage: what is being done, such as ``"measuring"``.
        :param words: the rest of the line.
        :param share: the share that is done, from 0 to 1.
        :param rows: makes what a terminal of the given number of columns shows below the line.
        """
        now = time.monotonic()
        if self._quiet or (stage == self._stage and now - self._shown_at < self._pause_s):
            return
        self._shown_at, self._stage = now, stage
        if self._live is None:
            self._console.print(line(f"{stage} {words}"), soft_wrap=True)
            return
        said = line(stage, "bold cyan")
        if share is not None:
            said.append(f" {bar(share, _BAR_COLUMNS)} ", style="cyan").append(f"{share:4.0%}", style="cyan")
        said.append_text(line(f" {words}"))
        shown = [said, *([rows(self._console.width)] if rows is not None else [])]
        self._live.update(Harmless(Group(*shown)), refresh=True)


def progress_of(progress: Progress) -> tuple[str, str, float | None]:
    """The progress of epochs or counts: the stage, words and share that :meth:`Screen.show` takes."""
    share = progress.done / progress.of
    what = " processes" if progress.stage == "counting" else ""
    left_s = progress.left_s
    if left_s is None:
        left_s = progress.elapsed_s / progress.done * (progress.of - progress.done)
    return progress.stage, f"{progress.done} of {progress.of}{what}, about {left_s:.0f} s left", share


class ProgressView:
    """Shows the progress of a run on a :class:`Screen`."""

    def __init__(self, screen: Screen, plan: Plan, is_baseline: Callable[[Cell], bool] | None) -> None:
        self._screen = screen
        self._plan = plan
        self._is_baseline = is_baseline

    def __call__(self, progress: Progress, run_so_far: Callable[[], Run]) -> None:
        """Show the progress."""
        if progress.stage == "counting":
            stage, words, share = progress_of(progress)
            budget_s = self._plan.time_budget_s
            if progress.left_s is not None and progress.elapsed_s + progress.left_s > budget_s:
                words += f", more than the time budget of {budget_s:g} s: not all will be counted"
            self._screen.show(stage, words, share)
            return
        if progress.stage != "measuring":
            self._screen.show(progress.stage, f"{progress.of} cells")
            return
        living = [series for series in progress.series if series.error is None]
        reached = sum(1 for series in living if series.precision <= self._plan.precision)
        left_s = max(0.0, self._plan.time_budget_s - progress.elapsed_s)
        self._screen.show(
            progress.stage,
            f"at most {left_s:.0f} s left, {reached} of {len(living)} cells at "
            f"±{100 * self._plan.precision:g} %, round {progress.done}",
            self._share(progress, reached / max(1, len(living))),
            lambda width: sheets(sheets_of_run(run_so_far(), self._is_baseline), width),
        )

    def _share(self, progress: Progress, reached: float) -> float:
        """The share that is done: a run ends when time is up or all cells are precise, whichever is first.

        :param reached: the share of cells that are precise.
        """
        of_time = progress.elapsed_s / self._plan.time_budget_s if self._plan.time_budget_s else 1.0
        return min(1.0, max(of_time, reached))
