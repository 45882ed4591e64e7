"""The commands that measure and show: ``run``, ``list``, ``show``; their options and help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tlsbench.cli.options import Baseline, JsonPath, OutputFormat, Profile, Quiet, Selectors, teaches


@teaches(
    r"""Measure scenarios together, prove every sample, and print the table.

    \b
    Examples:
      tlsbench run                                        the quick profile
      tlsbench run group=x25519,X25519MLKEM768            one axis, the rest by default
      tlsbench run workload=bulk 'cipher=*' size=1KiB,16KiB --format markdown

    Ctrl-C ends the run after the round and keeps what was measured.
    Exit codes: 0 done, 2 wrong request, 3 a cell failed, 130 interrupted.
    """
)
def run_command(  # noqa: PLR0917 - the options of a command are its parameters
    selectors: Selectors = None,
    profile: Profile = None,
    time_budget: Annotated[
        str,
        typer.Option(
            metavar="TIME", envvar="TLSBENCH_TIME_BUDGET", help="Sample for at most so long: 500ms, 40s, 2m."
        ),
    ] = "40s",
    precision: Annotated[
        str,
        typer.Option(
            metavar="PERCENT", help="Stop once every median is this precise; 0 uses the whole budget."
        ),
    ] = "2%",
    meter: Annotated[
        str,
        typer.Option(
            metavar="METER", help="Count elapsed time (wall), processor time (cpu), or instructions."
        ),
    ] = "wall",
    seed: Annotated[
        int | None,
        typer.Option(help="Of the random order in each round. [default: a new one]", show_default=False),
    ] = None,
    pin: Annotated[
        int | None, typer.Option(metavar="CPU", help="Stay on this processor (Linux).", show_default=False)
    ] = None,
    baseline: Baseline = None,
    output_format: OutputFormat = "table",
    json_path: JsonPath = None,
    save: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Keep the result in .benchmarks/, as pytest-benchmark does.",
            show_default=False,
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Write a page of HTML, see 'tlsbench report'.", show_default=False),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """The command ``tlsbench run``."""
    from tlsbench.cli.run import Request, run_request

    code = run_request(
        Request(
            selectors=tuple(selectors or ()),
            profile=profile,
            time_budget=time_budget,
            precision=precision,
            meter=meter,
            seed=seed,
            pin=pin,
            baseline=baseline,
            output_format=output_format,
            json_path=json_path,
            save=save,
            report=report,
            quiet=quiet,
        )
    )
    if code:
        raise typer.Exit(code)


@teaches(
    r"""List scenarios, implementations, axes, profiles or which library talks to which, with reasons.

    \b
    Examples:
      tlsbench list axes
      tlsbench list interop
      tlsbench list scenarios implementation=ssl 'group=*'
      tlsbench list scenarios --profile full
    """
)
def list_command(
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="scenarios, implementations, axes, profiles or interop.")
    ] = "scenarios",
    selectors: Selectors = None,
    profile: Profile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """The command ``tlsbench list``."""
    from tlsbench.cli.listing import print_listing

    print_listing(what, tuple(selectors or ()), profile, as_json=as_json)


@teaches(
    r"""Print a stored result.

    \b
    Examples:
      tlsbench show baseline
      tlsbench show 0002 --baseline key=rsa-2048
      tlsbench show result.json --format csv
    """
)
def show_command(
    result: Annotated[
        str, typer.Argument(metavar="RESULT", help="A JSON file, or the name or number of a saved run.")
    ],
    baseline: Baseline = None,
    output_format: OutputFormat = "table",
) -> None:
    """The command ``tlsbench show``."""
    from tlsbench.cli.run import show

    show(result, baseline, output_format)
