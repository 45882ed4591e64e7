"""``tlsbench constant-time``."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from tlsbench.cli.options import DEFAULT_TIME_BUDGET, FiguresPath, Quiet, Seed, Selectors, TimeBudget
from tlsbench.cli.parsing import format_of
from tlsbench.cli.teaching import teaches
from tlsbench.cli.usage import axes_help, usage

_GATE_FAILED = 1
_PLAIN_WIDTH = 160

more_help = partial(axes_help, "implementation", "algorithm", "size")


@teaches(
    r"""Check whether verification takes the same time whatever its input.

    Times calls with two kinds of input in random order (right and wrong tags, tags that are wrong in their
    first and in their last byte, valid and forged signatures, valid and invalid padding), and compares them
    by Welch's t-test and as a duel does. Reports the size of a difference, or the smallest one that it could
    have found.

    \b
    Examples:
      tlsbench constant-time
      tlsbench constant-time algorithm=hmac-sha-256/verify,bytes/compare \
        size=32B --fail-on-leak
      tlsbench constant-time 'algorithm=rsa-*/decrypt_pkcs1' --time-budget 2m

    Exit codes: 0 done, 1 a leak was found (--fail-on-leak), 2 wrong request, 3 an operation failed,
    130 interrupted.
    """
)
def command(
    *,
    selectors: Selectors = None,
    time_budget: TimeBudget = DEFAULT_TIME_BUDGET,
    seed: Seed,
    fail_on_leak: Annotated[
        bool,
        typer.Option(
            "--fail-on-leak", help="Exit with 1 if inputs with the same answer differ in their times."
        ),
    ] = False,
    output_format: Annotated[str, format_of("timing")] = "table",
    json_path: FiguresPath = None,
    quiet: Quiet = False,
) -> int:
    """Check, say what was found, and return the exit code."""
    from tlsbench.cli import measuring, output
    from tlsbench.interrupts import interruptible
    from tlsbench.report.constant_time import check_to_json, report_of_check
    from tlsbench.report.live import progress_of
    from tlsbench.session.constant_time import check, subjects_of

    with usage():
        subjects = subjects_of(selectors or ())
    output.check(json_path)
    with interruptible() as stop:
        with measuring.screen(quiet=quiet) as screen:
            checked = check(
                subjects, time_budget, seed, lambda progress: screen.show(*progress_of(progress)), stop
            )
        if not checked.results:
            raise stop.interrupted("interrupted before anything was measured")
        document = check_to_json(checked)
        stored = output.store([] if json_path is None else [lambda: output.written(json_path, document)])
        report = report_of_check(checked, fails_on_leaks=fail_on_leak)
        with output.beside(json_path):
            output.report(report, output_format, _PLAIN_WIDTH)
        if checked.interrupted:
            return stop.exit_code
        return _GATE_FAILED if report.failed else stored
