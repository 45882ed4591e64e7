"""The commands that judge: ``duel``, ``compare``, ``doctor``; their options and help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tlsbench.cli.options import Quiet, Selectors, format_option, teaches


@teaches(
    r"""Two scenarios, or two Python environments, measured against each other in one interleaved run.

    \b
    Examples:
      tlsbench duel implementation=ssl,pyopenssl
      tlsbench duel --a 'key=rsa-2048' --b 'key=ecdsa-secp256r1 chain_length=2'
      tlsbench duel key=rsa-2048 --python old/bin/python --python new/bin/python --fail-on 'slower>5%'

    Exit codes: 0 done, 1 a gate failed, 2 wrong request, 3 a side failed, 130 interrupted.
    """
)
def duel_command(  # noqa: PLR0917 - the options of a command are its parameters
    selectors: Selectors = None,
    a: Annotated[
        str | None, typer.Option("--a", metavar="SELECTORS", help="One whole scenario.", show_default=False)
    ] = None,
    b: Annotated[
        str | None, typer.Option("--b", metavar="SELECTORS", help="The other.", show_default=False)
    ] = None,
    python: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PYTHON",
            help="An interpreter that has tlsbench; give it twice, a then b.",
            show_default=False,
        ),
    ] = None,
    env_a: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A variable for side a.", show_default=False),
    ] = None,
    env_b: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A variable for side b.", show_default=False),
    ] = None,
    time_budget: Annotated[
        str, typer.Option(metavar="TIME", envvar="TLSBENCH_TIME_BUDGET", help="Measure for so long.")
    ] = "40s",
    meter: Annotated[
        str,
        typer.Option(
            metavar="METER", help="Count elapsed time (wall), processor time (cpu), or instructions."
        ),
    ] = "wall",
    seed: Annotated[int | None, typer.Option(help="Of the random order.", show_default=False)] = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GATE",
            help="End with 1 if b fails it against a: 'slower>5%'. Repeatable.",
            show_default=False,
        ),
    ] = None,
    output_format: Annotated[str, format_option("duel")] = "text",
    json_path: Annotated[
        Path | None, typer.Option("--json", metavar="PATH", help="Write every figure.", show_default=False)
    ] = None,
    quiet: Quiet = False,
) -> None:
    """The command ``tlsbench duel``."""
    from tlsbench.cli.duel import DuelRequest, run_duel
    from tlsbench.cli.sides import Words

    words = Words(
        selectors=tuple(selectors or ()),
        a=a,
        b=b,
        pythons=tuple(python or ()),
        env_a=tuple(env_a or ()),
        env_b=tuple(env_b or ()),
    )
    code = run_duel(
        DuelRequest(
            words=words,
            time_budget=time_budget,
            meter=meter,
            seed=seed,
            fail_on=tuple(fail_on or ()),
            output_format=output_format,
            json_path=json_path,
            quiet=quiet,
        )
    )
    if code:
        raise typer.Exit(code)


@teaches(
    r"""Compare two stored results: faster, slower, or not to be told.

    \b
    Examples:
      tlsbench compare before after
      tlsbench compare 0001 0002 --fail-on 'slower>5%'
      tlsbench compare old.json new.json --fail-on 'slower>3% where workload=handshake' --format github

    Any pytest-benchmark JSON with raw data will do. Exit codes: 0 done, 1 a gate failed, 2 wrong request.
    """
)
def compare_command(
    base: Annotated[
        str, typer.Argument(metavar="BASE", help="A JSON file, or the name or number of a saved run.")
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The same: what is held against the base.")],
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GATE", help="End with 1 if a cell fails it: 'slower>5%'. Repeatable.", show_default=False
        ),
    ] = None,
    output_format: Annotated[str, format_option("comparison")] = "table",
) -> None:
    """The command ``tlsbench compare``."""
    from tlsbench.cli.compare import compare

    code = compare(base, new, fail_on or (), output_format)
    if code:
        raise typer.Exit(code)


@teaches(
    r"""Grade this machine as a benchmark host, each point with its remedy.

    \b
    Examples:
      tlsbench doctor
      tlsbench doctor --format json
      taskset -c 1 tlsbench doctor
    """
)
def doctor_command(
    output_format: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="Print a table or json.")
    ] = "table",
) -> None:
    """The command ``tlsbench doctor``."""
    from tlsbench.cli.doctor import doctor

    doctor(output_format)
