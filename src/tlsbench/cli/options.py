"""Arguments and options that several commands share."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from tlsbench.report.exporters import formats

if TYPE_CHECKING:
    from tlsbench.report.sheets import Kind

_Command = TypeVar("_Command", bound=Callable[..., object])
_TEXTS: dict[Callable[..., object], str] = {}


def teaching(text: str | Callable[..., object]) -> str:
    r"""A help text, or a command's, whose paragraphs after a line ``\b`` keep their lines."""
    plain = text if isinstance(text, str) else _TEXTS[text]
    return inspect.cleandoc(plain).replace(r"\b", "\b")


def teaches(text: str) -> Callable[[_Command], _Command]:
    """Give a command its help text, which a docstring could not keep: ``python -OO`` strips those."""

    def keep(command: _Command) -> _Command:
        _TEXTS[command] = text
        return command

    return keep


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


def format_option(kind: Kind) -> Any:  # noqa: ANN401 - typer does not export the class of its options
    """The option ``--format`` of a command whose result is of that kind."""
    *names, last = formats(kind)
    return typer.Option("--format", metavar="FORMAT", help=f"Print as {', '.join(names)} or {last}.")


OutputFormat = Annotated[str, format_option("run")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
JsonPath = Annotated[
    Path | None,
    typer.Option(
        "--json", metavar="PATH", help="Write the result as pytest-benchmark JSON.", show_default=False
    ),
]
