"""Defaults of options from ``[tool.tlsbench]`` in the pyproject.toml of a project.

``[tool.tlsbench.run]`` has those of ``tlsbench run``: keys are options without their dashes, values are as on
the command line. The command line takes precedence over an environment variable, and that over the file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType, NoneType
from typing import TYPE_CHECKING, Any, Final, get_args, get_origin, get_type_hints

import typer

from tlsbench.cli.overview import COMMANDS
from tlsbench.errors import RequestError, TlsbenchError, unknown

if TYPE_CHECKING:
    from tlsbench.results.machine import MachineCheck

_COMMANDS: Final = "tlsbench.cli.commands"
_FILE: Final = "pyproject.toml"
_TOOL: Final = "tlsbench"
#: The options that a project's file, which may be a stranger's, cannot set, and why. Nor can it set those
#: that name a file or take no value.
_BY_HAND: Final[Mapping[str, str]] = {
    "python": "it names a program to run",
    "env-a": "it changes what a program does",
    "env-b": "it changes what a program does",
    "bind": "it opens a port",
    "password": "it is a secret",
}
_applied: ContextVar[Sequence[str]] = ContextVar("_applied", default=())


@dataclass(frozen=True, slots=True)
class Settable:
    """An option that the file may set.

    :param name: its name without dashes, which is its key.
    :param parameter: its parameter of the command's function.
    :param check: raises an error if a text is not a valid value.
    :param many: whether it takes a list.
    """

    name: str
    parameter: str
    check: Callable[[str], object]
    many: bool


@dataclass(frozen=True, slots=True)
class Settings:
    """The file with the table, and the table."""

    path: Path
    table: Mapping[str, Any]


def found() -> Settings | None:
    """The nearest pyproject.toml with the table, in this folder or one above; None if there is none.

    :raises RequestError: if one of the files on the way to it cannot be read.
    """
    import tomllib

    try:
        here = Path.cwd()
    except OSError:  # the folder was removed
        return None
    for folder in (here, *here.parents):
        path = folder / _FILE
        try:  # a folder that we may not search counts as having none
            text = path.read_text(encoding="utf-8") if os.path.isfile(path) else ""  # noqa: PTH113
            table = tomllib.loads(text).get("tool", {}).get(_TOOL) if _TOOL in text else None
        except (OSError, ValueError, AttributeError, RecursionError) as error:
            raise RequestError(f"cannot read {path}: {error}") from None
        if table is not None:
            return Settings(path, _table(table, f"{path}: [tool.{_TOOL}]"))
    return None


def defaults_of(words: Sequence[str]) -> dict[str, str | list[str]]:
    """What the file sets for a command, by the names of its parameters.

    :param words: the words that call it, such as ``("certs", "init")``.
    :raises RequestError: if the file has an unknown command or option, or an invalid value.
    """
    settings = found()
    if settings is None:
        return {}
    table, where, valid = settings.table, f"tool.{_TOOL}", [*COMMANDS]
    for depth, word in enumerate(words, 1):
        place = f"{settings.path}: [{where}]"
        for name in table:
            if name not in valid:
                raise RequestError(f"{place}: {unknown('command', name, valid)}")
        where += f".{word}"
        table = _table(table.get(word, {}), f"{settings.path}: [{where}]")
        valid = _subcommands(*words[:depth])
    return _values(table, settable(words), f"{settings.path}: [{where}]", " ".join(words))


def settable(words: Sequence[str]) -> dict[str, Settable | str]:
    """The options of a command by name: what the file may set, or the reason why it may not."""
    command = _module_of(words).command
    options: dict[str, Settable | str] = {}
    for parameter, hint in get_type_hints(command, include_extras=True).items():
        for info in get_args(hint):
            if isinstance(info, typer.models.OptionInfo):
                declared = map(str, (info.default, *(info.param_decls or ())))  # typer puts the first there
                name = next(one for one in declared if one.startswith("--")).removeprefix("--")
                options[name] = _settable(name, parameter, get_args(hint)[0], info)
    return options


def findings() -> Iterator[MachineCheck]:
    """What the file sets, and what is wrong with it, one line for each command."""
    from tlsbench.results.machine import GOOD, POOR, MachineCheck

    settings = found()
    for words in _tables(settings.table) if settings else ():
        assert settings is not None
        name = f"settings of {' '.join(words)}"
        try:
            values = defaults_of(words)
        except TlsbenchError as error:
            yield MachineCheck(name, POOR, str(error), f"correct {settings.path}")
        else:
            known = {one.parameter: one.name for one in settable(words).values() if isinstance(one, Settable)}
            said = [f"{known[parameter]} = {value!r}" for parameter, value in values.items()]
            yield MachineCheck(name, GOOD, f"{', '.join(said)} ({settings.path})")


def apply(words: Sequence[str]) -> None:
    """Keep the command-line words that are equivalent to what the file set in this command."""
    _applied.set(tuple(words))


def applied() -> Sequence[str]:
    """These words, with which the command does the same without the file."""
    return _applied.get()


def _table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise RequestError(f"{where} is not a table: write the defaults of each command in a separate table")
    return value


def _subcommands(*words: str) -> list[str]:
    return [*getattr(_module_of(words), "COMMANDS", ())]


def _tables(table: Mapping[str, Any], before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of each existing command that has a table."""
    for name, inner in table.items():
        if name in (_subcommands(before[0]) if before else COMMANDS) and isinstance(inner, dict):
            words = (*before, name)
            yield from [words] if before or not _subcommands(name) else _tables(inner, words)


def _settable(name: str, parameter: str, hint: object, info: typer.models.OptionInfo) -> Settable | str:
    kind: Any = next(
        (one for one in get_args(hint) if NoneType in get_args(hint) and one is not NoneType), hint
    )
    many = get_origin(kind) is list
    kind = get_args(kind)[0] if many else kind
    if name in _BY_HAND:
        return _BY_HAND[name]
    if kind is bool:
        return "it takes no value"
    if kind is Path:
        return "it names a file"

    def check(text: str) -> object:
        if info.parser is not None:
            return info.parser(text)
        try:
            value = kind(text)
        except ValueError:
            raise RequestError(f"{text!r} is not a {'whole ' * (kind is int)}number") from None
        if (info.min is not None and value < info.min) or (info.max is not None and value > info.max):
            raise RequestError(f"{text} is not from {info.min} to {info.max}")
        return value

    return Settable(name, parameter, check, many)


def _values(
    table: Mapping[str, Any], options: Mapping[str, Settable | str], place: str, command: str
) -> dict[str, str | list[str]]:
    values: dict[str, str | list[str]] = {}
    for key, given in table.items():
        if key not in options:
            raise RequestError(f"{place}: {unknown(f'option of {command}', key, options)}")
        option = options[key]
        if isinstance(option, str):
            raise RequestError(
                f"{place}: '{key}' cannot be set here, as {option}: give it on the command line"
            )
        texts = [_text(one, f"{place}: {key}") for one in (given if isinstance(given, list) else [given])]
        if isinstance(given, list) and not option.many:
            raise RequestError(f"{place}: {key} takes one value, not a list")
        for text in texts:
            try:
                option.check(text)
            except RequestError as error:
                raise RequestError(f"{place}: {key}: {str(error).removeprefix(f'--{key}: ')}") from None
        values[option.parameter] = texts if option.many else texts[0]
    return values


def _text(value: object, where: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RequestError(f"{where}: write a string or a number")
    return str(value)


def _module_of(words: Sequence[str]) -> ModuleType:
    return import_module(".".join((_COMMANDS, *words)).replace("-", "_"))
