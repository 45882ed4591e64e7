"""The application: its commands, each imported when it is called."""

from __future__ import annotations

import signal
from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from tlsbench.cli import output
from tlsbench.cli.options import teaching
from tlsbench.cli.overview import COMMANDS
from tlsbench.interrupts import Interrupted

_SETTINGS: Final[dict[str, Any]] = {
    "add_completion": False,
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}


def _load(name: str) -> Any:  # noqa: ANN401 - typer does not export the class of its commands
    module, _, attribute = COMMANDS[name][0].partition(":")
    found = getattr(import_module(f"tlsbench.cli.{module}"), attribute)
    alone = typer.Typer(**_SETTINGS)
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name)
        return vars(typer.main.get_command(alone))["commands"][name]
    alone.command(name=name, help=teaching(found))(found)
    return typer.main.get_command(alone)


class _OnDemand(MutableMapping[str, Any]):
    """The commands, each made when it is looked up."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - as _load
        if name not in self._made:
            if name not in COMMANDS:
                raise KeyError(name)
            self._made[name] = _load(name)
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:  # noqa: ANN401 - as _load
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _LazyGroup(TyperGroup):
    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - typer's
        super().__init__(**settings)
        self.commands = _OnDemand()

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - as _load
        """Run the command that was named; a signal ends it with its own code, where typer has one for all."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            end = stop if isinstance(stop, Interrupted) else Interrupted(signal.SIGINT)
            output.note(f"tlsbench: {end}")
            raise typer.Exit(end.exit_code) from None


app = typer.Typer(name="tlsbench", cls=_LazyGroup, **_SETTINGS)


def _version(wanted: bool) -> None:
    if wanted:
        from tlsbench.cli.listing import print_version

        print_version()
        raise typer.Exit


@app.callback()
def tlsbench(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """What may stand before a command; :mod:`tlsbench.cli.overview` has the help."""
