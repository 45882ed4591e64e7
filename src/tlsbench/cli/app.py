"""The application: its commands by name, and how it ends."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tlsbench.cli import certs, judging, loading, measuring, output, reporting
from tlsbench.cli.options import teaching
from tlsbench.errors import TlsbenchError
from tlsbench.interrupts import Interrupted

_HELP = r"""What TLS and its cryptography cost on this machine, with proof of what was measured.

\b
Three to start with:
  tlsbench run
  tlsbench run key=rsa-2048,ecdsa-secp256r1 resumption=none,psk
  tlsbench run --profile post-quantum --save baseline

\b
And to see certificates work, or fail:
  tlsbench certs demo chain
"""

#: What typer raises for wrong words; it does not export the class itself.
_UsageError = typer.BadParameter.__mro__[1]


class _Commands(TyperGroup):
    """All commands: a signal ends each with its own exit code, where typer has one for all signals."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer does not export its context's class
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            end = stop if isinstance(stop, Interrupted) else Interrupted(signal.SIGINT)
            output.note(f"tlsbench: {end}")
            raise typer.Exit(end.exit_code) from None


app = typer.Typer(
    name="tlsbench",
    cls=_Commands,
    add_completion=False,
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from tlsbench.cli.listing import print_version

        print_version()
        raise typer.Exit


@app.callback(help=teaching(_HELP))
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
    """What the command line does before any command."""
    if context.invoked_subcommand is None:
        output.write(f"{context.get_help()}\n")


for _name, _command in (
    ("run", measuring.run_command),
    ("list", measuring.list_command),
    ("show", measuring.show_command),
    ("duel", judging.duel_command),
    ("compare", judging.compare_command),
    ("report", reporting.report_command),
    ("plot", reporting.plot_command),
    ("history", reporting.history_command),
    ("load", loading.load_command),
    ("serve", loading.serve_command),
    ("doctor", judging.doctor_command),
):
    app.command(name=_name, help=teaching(_command))(_command)
app.add_typer(certs.app, name="certs")


def run(arguments: Sequence[str]) -> int:
    """Run the command line with these arguments; the exit code. Errors go to stderr in one line."""
    try:
        code = app(args=list(arguments), prog_name="tlsbench", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except TlsbenchError as error:
        output.note(f"tlsbench: {error}")
        return error.exit_code
    except typer.Exit as stop:
        return stop.exit_code
    except Exception as error:  # of typer's errors alone: every other is raised again
        format_message = getattr(error, "format_message", None)
        if not isinstance(error, _UsageError) or format_message is None:
            raise
        message = " ".join(format_message().split())
        output.note(f"tlsbench: {message} (see 'tlsbench --help')")
        return 2
