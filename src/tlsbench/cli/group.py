"""The application: its commands, each imported when it is called."""

from __future__ import annotations

import signal
from collections.abc import Callable, Collection, Iterator, MutableMapping, Sequence
from contextlib import nullcontext
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from tlsbench.cli import output, settings
from tlsbench.cli.overview import COMMANDS
from tlsbench.cli.teaching import teaching
from tlsbench.interrupts import Interrupted

_SETTINGS: Final[dict[str, Any]] = {
    "add_completion": False,
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}


def _load(package: str, name: str) -> Any:  # noqa: ANN401 - typer does not export the class of its commands
    module = import_module(f"{package}.{name.replace('-', '_')}")
    alone = typer.Typer(**_SETTINGS)
    if hasattr(module, "COMMANDS"):
        alone.add_typer(_subgroup(module), name=name)
        return vars(typer.main.get_command(alone))["commands"][name]
    more = staticmethod(getattr(module, "more_help", None) or (lambda: ("", ())))
    with_more = type("_Command", (_Command,), {"more_help": more})
    alone.command(name=name, help=teaching(module.command), cls=with_more)(module.command)
    return typer.main.get_command(alone)


class _Command(TyperCommand):
    """A command whose module may add to its help, which is made on demand."""

    #: Returns the title of a list, and its rows of a name and a text.
    more_help: Callable[[], tuple[str, Sequence[tuple[str, str]]]]

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: Any = None,  # noqa: ANN401 - click's
        **extra: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Parse the arguments, with the defaults that the project's file sets, except for help."""
        words = (*parent.command_path.split()[1:], info_name) if parent is not None else (info_name,)
        if not extra.get("resilient_parsing") and not {"-h", "--help"} & set(args):
            extra["default_map"] = settings.defaults_of([word for word in words if word])
        return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - click's
        """Run the command, and keep what the file set in it, to be stored with its result."""
        by_file = [one for one in self.params if _source(ctx, one.name) == "DEFAULT_MAP"]
        settings.apply(
            [
                word
                for one in by_file
                for value in _listed(ctx.default_map[one.name])
                for word in (one.opts[0], value)
            ]
        )
        return super().invoke(ctx)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - click's
        """What follows the command in its usage; the metavars of arguments have their brackets themselves."""
        arguments = [one.metavar or "" for one in self.params if one.param_type_name == "argument"]
        return [*([self.options_metavar] if self.options_metavar else []), *arguments]

    def records(self, ctx: Any, kind: str) -> list[tuple[str, str]]:  # noqa: ANN401 - click's
        """The name and the help of each parameter; typer would add Python's type to those of arguments.

        :param kind: ``"argument"`` or ``"option"``.
        """
        found = [
            (one, one.get_help_record(ctx)) for one in self.get_params(ctx) if one.param_type_name == kind
        ]
        return [
            (one.metavar or record[0] if kind == "argument" else record[0], record[1])
            for one, record in found
            if record is not None
        ]

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - click's
        """Write the lists of arguments and of options."""
        for title, kind in (("Arguments", "argument"), ("Options", "option")):
            if rows := self.records(ctx, kind):
                with formatter.section(title):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002 - click's
        """Write the list of :attr:`more_help` below the options."""
        title, rows = self.more_help()
        names = max((len(name) for name, _ in rows), default=0)
        with formatter.section(title) if rows else nullcontext():
            for name, text in rows:
                whole = f"{'':{formatter.current_indent}}{name:<{names}}  {text}"
                indent = " " * (formatter.current_indent + names + 2)
                formatter.write("\n".join(output.wrapped(whole, indent, formatter.width)) + "\n")


def _source(ctx: Any, name: str | None) -> str:  # noqa: ANN401 - click's
    """Where the value of a parameter comes from, by click's name for it."""
    return getattr(ctx.get_parameter_source(name or ""), "name", "")


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


class _OnDemand(MutableMapping[str, Any]):
    """The commands of a package, each made when it is looked up."""

    def __init__(self, package: str, names: Collection[str]) -> None:
        self._package, self._names = package, names
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - as _load
        if name not in self._made:
            if name not in self._names:
                raise KeyError(name)
            self._made[name] = _load(self._package, name)
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:  # noqa: ANN401 - as _load
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class _LazyGroup(TyperGroup):
    package = "tlsbench.cli.commands"
    names: Collection[str] = COMMANDS

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - typer's
        super().__init__(**settings)
        self.commands = _OnDemand(self.package, self.names)


class _Application(_LazyGroup):
    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - as _load
        """Run the named command; a signal ends it with its own exit code, whereas typer has one for all."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            end = stop if isinstance(stop, Interrupted) else Interrupted(signal.SIGINT)
            output.note(f"tlsbench: {end}")
            raise typer.Exit(end.exit_code) from None


def _subgroup(module: Any) -> typer.Typer:  # noqa: ANN401 - modules have no types
    """The group of a module's commands; it prints its help if none of them is named."""
    group = type(
        "_Subgroup",
        (_LazyGroup,),
        {"package": module.__name__, "names": module.COMMANDS, "__doc__": module.__doc__},
    )

    def callback(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            output.write(f"{context.get_help()}\n")

    found = typer.Typer(help=teaching(module.HELP), invoke_without_command=True, cls=group, **_SETTINGS)
    found.callback()(callback)
    return found


app = typer.Typer(name="tlsbench", cls=_Application, **{**_SETTINGS, "add_completion": True})


def _version(wanted: bool) -> None:
    if wanted:
        from tlsbench.implementations.registry import implementations
        from tlsbench.version import __version__

        output.line(f"tlsbench {__version__}")
        for name, member in implementations().items():
            output.line(f"  {name:<13}{member.engine()}")
        raise typer.Exit


@app.callback()
def callback(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """The options that may precede a command; :mod:`tlsbench.cli.overview` has the help."""
