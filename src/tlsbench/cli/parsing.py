"""How the text given for an option becomes a value, and how such an option is declared.

A value is checked when it is parsed; neither help nor a command that does not need it imports the parser.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Self

import typer

from tlsbench.cli.usage import usage
from tlsbench.errors import RequestError, unknown
from tlsbench.report.exporters import check_format, formats
from tlsbench.session.quantities import seconds

if TYPE_CHECKING:
    from tlsbench.report.sheets import Kind

Parser = Callable[[str], Any]


def lazily(path: str) -> Parser:
    """The parser ``module:name``, imported only when there is something to parse."""
    module, _, name = path.partition(":")

    def parse(text: str) -> Any:  # noqa: ANN401 - whatever the parser makes
        return attrgetter(name)(import_module(module))(text)

    return parse


def one_of(kind: str, names: Callable[[], Iterable[str]] | Iterable[str]) -> Parser:
    """A parser that accepts certain names.

    :param kind: what they are names of, for the error.
    :param names: the names, or a function that returns them when there is something to parse.
    """

    def parse(text: str) -> str:
        valid = tuple(names() if callable(names) else names)
        if text not in valid:
            raise unknown(kind, text, valid)
        return text

    return parse


class Written(float):
    """A default value that keeps its text, which is what help shows."""

    text: str

    def __new__(cls, text: str, parse: Callable[[str], float]) -> Self:
        """Parse a text, and keep it."""
        written = super().__new__(cls, parse(text))
        written.text = text
        return written

    def __str__(self) -> str:
        return self.text


def parsed(parse: Parser) -> Callable[[Any], Any]:
    """A parser for typer, which also calls it with defaults, which are values already."""

    def parse_given(given: Any) -> Any:  # noqa: ANN401 - whatever the parser makes
        if isinstance(given, str):
            with usage():
                return parse(given)
        return float(given) if isinstance(given, Written) else given

    return parse_given


def option(parse: Parser, *names: str, **settings: Any) -> Any:  # noqa: ANN401 - typer's
    """An option whose values are parsed; an error names the option.

    :param names: as typer takes them, the long one first; ``settings`` are as typer takes them, too.
    """

    def parse_named(text: str) -> Any:  # noqa: ANN401 - whatever the parser makes
        try:
            return parse(text)
        except RequestError as error:
            raise RequestError(f"{names[0]}: {error}") from None

    return typer.Option(*names, parser=parsed(parse_named), **settings)


def duration(*names: str, **settings: Any) -> Any:  # noqa: ANN401 - as option
    """An option that is a time above zero, in seconds."""
    return option(seconds, *names, metavar="TIME", **settings)


def seconds_or_zero(text: str) -> float:
    """Seconds as :func:`tlsbench.session.quantities.seconds` reads them, or 0.

    :raises RequestError: if the text is neither.
    """
    if text.strip() in ("0", "0s"):
        return 0.0
    try:
        return seconds(text)
    except RequestError:
        raise RequestError(
            f"'{text}' is not a time: write a number and a unit, such as 500ms, 10s or 2m, or 0"
        ) from None


def duration_or_zero(*names: str, **settings: Any) -> Any:  # noqa: ANN401 - as option
    """An option that is a time in seconds, or 0."""
    return option(seconds_or_zero, *names, metavar="TIME", **settings)


def _format_option(names: Sequence[str], parse: Parser) -> Any:  # noqa: ANN401 - as option
    *others, last = names
    help_text = f"Print as {', '.join(others)} or {last}."
    return typer.Option("--format", metavar="FORMAT", parser=parsed(parse), help=help_text)


def format_of(*kinds: Kind) -> Any:  # noqa: ANN401 - as option
    """The option ``--format`` of a command that prints a result of one of these kinds."""
    names = list(dict.fromkeys(name for kind in kinds for name in formats(kind)))

    def parse(name: str) -> str:
        if name not in names:
            check_format(name, kinds[0])  # whose error lists what is valid
        return name

    return _format_option(names, parse)


def format_among(*names: str) -> Any:  # noqa: ANN401 - as option
    """The option ``--format`` of a command that prints something else, in one of these formats."""
    return _format_option(names, one_of("format", names))
