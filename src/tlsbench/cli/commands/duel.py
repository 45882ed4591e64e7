"""``tlsbench duel``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tlsbench.cli.options import (
    DEFAULT_TIME_BUDGET,
    Assignment,
    Gates,
    Meter,
    Quiet,
    Seed,
    Selectors,
    TimeBudget,
    Undecided,
    assignment,
)
from tlsbench.cli.parsing import format_of, option
from tlsbench.cli.teaching import teaches
from tlsbench.cli.usage import axes_help, usage
from tlsbench.errors import RequestError

if TYPE_CHECKING:
    from tlsbench.processes import Interpreter


more_help = axes_help


@teaches(
    r"""Measure two scenarios, or two Python environments, in turn within one run, and say which is faster.

    \b
    Examples:
      tlsbench duel implementation=ssl,pyopenssl
      tlsbench duel --a 'key=rsa-2048' --b 'key=ecdsa-secp256r1 chain_length=2'
      tlsbench duel key=rsa-2048 --python old/bin/python --python new/bin/python \
        --fail-on 'slower>5%'

    Exit codes: 0 done, 1 a gate failed, 2 wrong request, 3 a side failed, 4 a gate is undecided,
    130 interrupted.
    """
)
def command(
    *,
    selectors: Selectors = None,
    a: Annotated[
        str | None, typer.Option("--a", metavar="SELECTORS", help="A complete scenario.", show_default=False)
    ] = None,
    b: Annotated[
        str | None,
        typer.Option("--b", metavar="SELECTORS", help="The other complete scenario.", show_default=False),
    ] = None,
    python: Annotated[
        list[str] | None,
        typer.Option(
            "--python",
            metavar="PYTHON",
            help="An interpreter with tlsbench installed; give two, a then b.",
            show_default=False,
        ),
    ] = None,
    env_a: Annotated[
        list[Assignment] | None,
        option(
            assignment, "--env-a", metavar="NAME=VALUE", help="A variable for side a.", show_default=False
        ),
    ] = None,
    env_b: Annotated[
        list[Assignment] | None,
        option(
            assignment, "--env-b", metavar="NAME=VALUE", help="A variable for side b.", show_default=False
        ),
    ] = None,
    time_budget: TimeBudget = DEFAULT_TIME_BUDGET,
    meter: Meter = None,
    seed: Seed,
    fail_on: Gates = None,
    undecided: Undecided = None,
    output_format: Annotated[str, format_of("duel")] = "text",
    json_path: Annotated[
        Path | None,
        typer.Option("--json", metavar="PATH", help="Write all figures as JSON.", show_default=False),
    ] = None,
    quiet: Quiet = False,
) -> int:
    """Measure, say who won, and return the exit code."""
    from tlsbench.cli import measuring, output
    from tlsbench.interrupts import interruptible
    from tlsbench.report.duels import report_of_duel
    from tlsbench.report.live import progress_of
    from tlsbench.results.duel_json import duel_to_json
    from tlsbench.sampling import WALL, Plan
    from tlsbench.session.duel import between, between_environments, between_scenarios, duel

    plan = Plan(time_budget_s=time_budget, precision=0, seed=seed)
    how = plan, meter or WALL
    with usage():
        if python or env_a or env_b:
            if a or b:
                raise RequestError(
                    "--a and --b are scenarios in one environment: leave out --python and --env"
                )
            sides = _interpreters(python or (), dict(env_a or ()), dict(env_b or ()))
            request = between_environments(selectors or (), *sides, *how)
        elif a and b:
            if selectors:
                raise RequestError("--a and --b are complete scenarios: leave out the other selectors")
            request = between_scenarios(a, b, *how)
        elif a or b:
            raise RequestError("a duel has two sides: give both --a and --b")
        else:
            request = between(selectors or (), *how)
    gates = fail_on or ()
    request.check(gates)
    output.check(json_path)
    with interruptible() as stop:
        with measuring.screen(quiet=quiet) as screen:
            fought = duel(request, lambda progress: screen.show(*progress_of(progress)), stop)
        if not fought.results:
            raise stop.interrupted("interrupted before anything was measured")
        document = duel_to_json(fought)
        stored = output.store([] if json_path is None else [lambda: output.written(json_path, document)])
        report = replace(report_of_duel(fought, gates), undecided_as=undecided or "")
        with output.beside(json_path):
            output.report(report, output_format)
        for line in report.gates:
            output.note(f"tlsbench: {line}")
        if fought.interrupted:
            return stop.exit_code
        return measuring.code_of_gates(report, undecided) or stored


def _interpreters(
    pythons: Sequence[str], env_a: dict[str, str], env_b: dict[str, str]
) -> tuple[Interpreter, Interpreter]:
    from tlsbench.processes import HERE, Interpreter

    if len(pythons) not in (0, 2):
        raise RequestError(f"a duel has two sides: give --python twice, not {len(pythons)} times")
    a, b = pythons or (HERE.python, HERE.python)
    return Interpreter(a, env_a), Interpreter(b, env_b)
