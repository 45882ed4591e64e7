"""``tlsbench report``, ``plot`` and ``history``: their options and help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tlsbench.cli.options import teaches

_RESULT = "A JSON file, or the name or number of a saved run."


@teaches(
    r"""Write one page of HTML that says what a result means: findings, pictures, the table, the environment.

    The page is one file that opens without a network. It takes what run and load store, and any
    pytest-benchmark stored.

    \b
    Examples:
      tlsbench report baseline
      tlsbench report before.json after.json -o change.html
      tlsbench run --profile post-quantum --report post-quantum.html
    """
)
def report_command(
    results: Annotated[
        list[str],
        typer.Argument(
            metavar="RESULT...", help=f"{_RESULT} The last is shown, and held against the others."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="Write the page there, and replace what is. [default: report.html, unless there is one]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """The command ``tlsbench report``."""
    from tlsbench.cli.report import report

    report(results, output)


@teaches(
    r"""Draw one picture of a result as a file, for a paper or a pull request.

    \b
    Examples:
      tlsbench plot baseline -o cost.svg
      tlsbench plot result.json --kind wire -o bytes.png
      tlsbench plot after.json --base before.json -o change.svg
    """
)
def plot_command(
    result: Annotated[str, typer.Argument(metavar="RESULT", help=_RESULT)],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="PATH", help="A file that ends with .svg, .png or .pdf.")
    ],
    kind: Annotated[
        str | None,
        typer.Option(
            help="cost, distribution, throughput, primitives, wire, resumption, implementations, memory or "
            "latency. [default: the first that there is]",
            show_default=False,
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(metavar="RESULT", help="Draw what has changed since.", show_default=False),
    ] = None,
) -> None:
    """The command ``tlsbench plot``."""
    from tlsbench.cli.report import plot

    plot(result, kind, base, output)


@teaches(
    r"""Show the saved runs, and how cells fared from one to the next.

    A change is named where the comparison with the run before calls it: see 'tlsbench compare'.

    \b
    Examples:
      tlsbench history
      tlsbench history workload=handshake version=1.3
      tlsbench history key=ecdsa-secp256r1 -o history.svg
    """
)
def history_command(
    selectors: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SELECTOR]...", help="The cells to follow; without, the runs alone."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="PATH", help="Draw it too: .svg, .png or .pdf.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """The command ``tlsbench history``."""
    from tlsbench.cli.history import history

    code = history(tuple(selectors or ()), output, as_json=as_json)
    if code:
        raise typer.Exit(code)
