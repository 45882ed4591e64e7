"""The commands, their options and what ``--help`` says of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from tlsbench.errors import TlsbenchError

#: What typer raises for wrong words; it does not export the class itself.
_UsageError = typer.BadParameter.__mro__[1]

app = typer.Typer(
    name="tlsbench",
    add_completion=False,
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


Selectors = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SELECTOR]...", help="axis=value[,value...], see 'tlsbench list axes'.", show_default=False
    ),
]
Profile = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="A named set of scenarios, narrowed by the selectors. [default: quick, without selectors]",
        show_default=False,
    ),
]
Baseline = Annotated[
    str | None,
    typer.Option(
        metavar="SELECTOR",
        help="The row that the others are held against. [default: the first]",
        show_default=False,
    ),
]
OutputFormat = Annotated[
    str, typer.Option("--format", metavar="FORMAT", help="Print the result as table, markdown, csv or json.")
]


def _version(wanted: bool) -> None:
    if wanted:
        from tlsbench.cli.listing import print_version

        print_version()
        raise typer.Exit


@app.callback()
def tlsbench(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool,
        typer.Option(
            "--version",
            callback=_version,
            is_eager=True,
            help="Print the versions of tlsbench and of each engine.",
        ),
    ] = False,
) -> None:
    r"""What TLS and its cryptography cost on this machine, with proof of what was measured.

    \b
    Three to start with:
      tlsbench run
      tlsbench run key=rsa-2048,ecdsa-secp256r1 resumption=none,psk
      tlsbench run --profile post-quantum --save baseline
    """
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command(name="run")
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
    json_path: Annotated[
        Path | None,
        typer.Option(
            "--json", metavar="PATH", help="Write the result as pytest-benchmark JSON.", show_default=False
        ),
    ] = None,
    save: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Keep the result in .benchmarks/, as pytest-benchmark does.",
            show_default=False,
        ),
    ] = None,
) -> None:
    r"""Measure scenarios together, prove every sample, and print the table.

    \b
    Examples:
      tlsbench run                                        the quick profile
      tlsbench run group=x25519,X25519MLKEM768            one axis, the rest by default
      tlsbench run workload=bulk 'cipher=*' size=1KiB,16KiB --format markdown

    Ctrl-C ends the run after the round and keeps what was measured.
    Exit codes: 0 done, 2 wrong request, 3 a cell failed, 130 interrupted.
    """
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
        )
    )
    if code:
        raise typer.Exit(code)


@app.command(name="list")
def list_command(
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="scenarios, implementations, axes or profiles.")
    ] = "scenarios",
    selectors: Selectors = None,
    profile: Profile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    r"""List scenarios, implementations, axes or profiles, and what cannot be, with the reason.

    \b
    Examples:
      tlsbench list axes
      tlsbench list scenarios implementation=ssl 'group=*'
      tlsbench list scenarios --profile full
    """
    from tlsbench.cli.listing import print_listing

    print_listing(what, tuple(selectors or ()), profile, as_json=as_json)


@app.command(name="show")
def show_command(
    result: Annotated[
        str, typer.Argument(metavar="RESULT", help="A JSON file, or the name or number of a saved run.")
    ],
    baseline: Baseline = None,
    output_format: OutputFormat = "table",
) -> None:
    r"""Print a stored result.

    \b
    Examples:
      tlsbench show baseline
      tlsbench show 0002 --baseline key=rsa-2048
      tlsbench show result.json --format csv
    """
    from tlsbench.cli.run import show

    show(result, baseline, output_format)


@app.command(name="duel")
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
    output_format: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="Print text, markdown or json.")
    ] = "text",
    json_path: Annotated[
        Path | None, typer.Option("--json", metavar="PATH", help="Write every figure.", show_default=False)
    ] = None,
) -> None:
    r"""Two scenarios, or two Python environments, measured against each other in one interleaved run.

    \b
    Examples:
      tlsbench duel implementation=ssl,pyopenssl
      tlsbench duel --a 'key=rsa-2048' --b 'key=ecdsa-secp256r1 chain_length=2'
      tlsbench duel key=rsa-2048 --python old/bin/python --python new/bin/python --fail-on 'slower>5%'

    Exit codes: 0 done, 1 a gate failed, 2 wrong request, 3 a side failed, 130 interrupted.
    """
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
        )
    )
    if code:
        raise typer.Exit(code)


@app.command(name="compare")
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
    output_format: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="Print as table, markdown, json or github.")
    ] = "table",
) -> None:
    r"""Compare two stored results: faster, slower, or not to be told.

    \b
    Examples:
      tlsbench compare before after
      tlsbench compare 0001 0002 --fail-on 'slower>5%'
      tlsbench compare old.json new.json --fail-on 'slower>3% where workload=handshake' --format github

    Any pytest-benchmark JSON with raw data will do. Exit codes: 0 done, 1 a gate failed, 2 wrong request.
    """
    from tlsbench.cli.compare import compare

    code = compare(base, new, fail_on or (), output_format)
    if code:
        raise typer.Exit(code)


@app.command(name="doctor")
def doctor_command(
    output_format: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="Print a table or json.")
    ] = "table",
) -> None:
    r"""Grade this machine as a benchmark host, each point with its remedy.

    \b
    Examples:
      tlsbench doctor
      tlsbench doctor --format json
      taskset -c 1 tlsbench doctor
    """
    from tlsbench.cli.doctor import doctor

    doctor(output_format)


def run(arguments: Sequence[str]) -> int:
    """Run the command line with these arguments; the exit code. Errors go to stderr in one line."""
    try:
        code = app(args=list(arguments), prog_name="tlsbench", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except TlsbenchError as error:
        print(f"tlsbench: {error}", file=sys.stderr)
        return error.exit_code
    except typer.Exit as stop:
        return stop.exit_code
    except (KeyboardInterrupt, typer.Abort):
        print("tlsbench: interrupted before anything was measured", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has left; say nothing more
        return 0
    except Exception as error:
        format_message = getattr(error, "format_message", None)
        if not isinstance(error, _UsageError) or format_message is None:
            raise
        message = " ".join(format_message().split())
        print(f"tlsbench: {message} (see 'tlsbench --help')", file=sys.stderr)
        return 2
