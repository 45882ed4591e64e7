"""The command line as a function of its arguments, and how it ends."""

from __future__ import annotations

from collections.abc import Sequence

from tlsbench.cli import completion, output
from tlsbench.cli.overview import asks_for_overview, overview
from tlsbench.cli.usage import UsageError, command_of
from tlsbench.errors import TlsbenchError


def run(arguments: Sequence[str]) -> int:
    """Run the command line with these arguments; return the exit code. Errors go to stderr in one line."""
    if asks_for_overview(arguments) and not completion.is_asked_for():
        output.write(overview() + "\n")
        return 0
    import typer  # takes longer than all of the above

    from tlsbench.cli.group import app

    #: What typer raises for wrong usage; it does not export the class itself.
    usage_error = typer.BadParameter.__mro__[1]
    try:
        code = app(args=list(arguments), prog_name="tlsbench", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except TlsbenchError as error:
        hint = f" (see '{command_of(arguments)} --help')" if isinstance(error, UsageError) else ""
        output.note(f"tlsbench: {error}{hint}")
        return error.exit_code
    except typer.Exit as stop:
        return stop.exit_code
    except Exception as error:  # only typer's errors are handled: every other is raised again
        format_message = getattr(error, "format_message", None)
        if not isinstance(error, usage_error) or format_message is None:
            raise
        message = " ".join(format_message().split())
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "tlsbench"
        output.note(f"tlsbench: {message} (see '{command} --help')")
        return 2
