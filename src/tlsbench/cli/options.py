"""Arguments and options that several commands share, and how what is given for one becomes a value.

A value is checked when it is parsed; help, and a command that does not need it, import nothing for that.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar

import typer

from tlsbench.cli import completion
from tlsbench.cli.usage import usage
from tlsbench.errors import RequestError, unknown
from tlsbench.report.exporters import check_format, formats
from tlsbench.session.quantities import seconds

if TYPE_CHECKING:
    from tlsbench.comparison import Gate
    from tlsbench.report.sheets import Kind
    from tlsbench.sampling import Instrument

    Assignment = tuple[str, str]
    SocketOption = tuple[str, int | str]
else:  # to import them takes long, and typer has no lists of pairs: it leaves what has a parser to that
    Assignment = Gate = Instrument = SocketOption = object

Parser = Callable[[str], Any]
RESULT = "A JSON file (- for standard input), or the name or number of a saved run."
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


def lazily(path: str) -> Parser:
    """The parser ``module:name``, imported when there is something to parse."""
    module, _, name = path.partition(":")

    def parse(text: str) -> Any:  # noqa: ANN401 - whatever the parser makes
        return attrgetter(name)(import_module(module))(text)

    return parse


def one_of(kind: str, names: Callable[[], Iterable[str]] | Iterable[str]) -> Parser:
    """A parser of names.

    :param kind: what they are names of, for the error.
    :param names: or what gives them, when there is something to parse.
    """

    def parse(text: str) -> str:
        valid = tuple(names() if callable(names) else names)
        if text not in valid:
            raise unknown(kind, text, valid)
        return text

    return parse


class Written(float):
    """A default as it is written, which is how help shows it."""

    text: str

    def __new__(cls, text: str, parse: Callable[[str], float]) -> Self:
        """What a parser makes of a text."""
        written = super().__new__(cls, parse(text))
        written.text = text
        return written

    def __str__(self) -> str:
        return self.text


def parsed(parse: Parser) -> Callable[[Any], Any]:
    """A parser as typer calls it: with defaults as well, which are values already."""

    def parse_given(given: Any) -> Any:  # noqa: ANN401 - whatever the parser makes
        if isinstance(given, str):
            with usage():
                return parse(given)
        return float(given) if isinstance(given, Written) else given

    return parse_given


def option(parse: Parser, *names: str, **settings: Any) -> Any:  # noqa: ANN401 - typer's
    """An option whose values are parsed, and refused by its name.

    :param names: as typer takes them, the long one first; ``settings`` likewise.
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
    """The same, where it may be 0."""
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
            check_format(name, kinds[0])  # which says what is valid
        return name

    return _format_option(names, parse)


def format_among(*names: str) -> Any:  # noqa: ANN401 - as option
    """The option ``--format`` of a command that prints something else, in one of these."""
    return _format_option(names, one_of("format", names))


def _new_seed() -> int:
    import random

    return random.SystemRandom().randrange(2**31)


def assignment(text: str) -> Assignment:
    """A variable and its value, from ``NAME=VALUE``.

    :raises RequestError: if the text is none.
    """
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise RequestError(f"'{text}' sets no variable: write NAME=VALUE")
    return name, value


def _socket_option(text: str) -> SocketOption:
    from tlsbench.sockets import parse_options

    ((name, value),) = parse_options([text]).items()
    return name, value


Selectors = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SELECTOR]...",
        help="axis=value[,value...], see 'tlsbench list axes'.",
        show_default=False,
        autocompletion=completion.selectors,
    ),
]
Profile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="A named set of scenarios, narrowed by the selectors. [default: quick, without selectors]",
        show_default=False,
        autocompletion=completion.profiles,
    ),
]
Baseline = Annotated[
    str | None,
    typer.Option(
        "--baseline",
        metavar="SELECTOR",
        help="The row that the others are compared with. [default: the first]",
        show_default=False,
        autocompletion=completion.selectors,
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
JsonPath = Annotated[
    Path | None,
    typer.Option(
        "--json", metavar="PATH", help="Write the result as pytest-benchmark JSON.", show_default=False
    ),
]
TimeBudget = Annotated[
    float,
    duration(
        "--time-budget", envvar="TLSBENCH_TIME_BUDGET", help="Measure for at most this long: 500ms, 40s, 2m."
    ),
]
DEFAULT_TIME_BUDGET = Written("40s", seconds)
Meter = Annotated[
    Instrument | None,
    typer.Option(
        "--meter",
        metavar="METER",
        parser=parsed(lazily("tlsbench.sampling:meter_named")),
        help="Count elapsed time (wall), processor time (cpu), or instructions. [default: wall]",
        show_default=False,
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        "--seed",
        default_factory=_new_seed,
        help="Seed for the random order of each round. [default: a new one]",
        show_default=False,
    ),
]
Gates = Annotated[
    list[Gate] | None,
    typer.Option(
        "--fail-on",
        metavar="GATE",
        parser=parsed(lazily("tlsbench.comparison:parse_gate")),
        help="Exit with 1 if the new side fails it, with 4 if it is undecided: 'slower>5%'. Repeatable.",
        show_default=False,
    ),
]
Undecided = Annotated[
    str | None,
    typer.Option(
        "--undecided",
        metavar="ANSWER",
        parser=parsed(one_of("answer", ("pass", "fail"))),
        help="Count an undecided gate as pass or fail. [default: neither, exit code 4]",
        show_default=False,
    ),
]
Yardsticks = Annotated[
    list[str] | None,
    typer.Option(
        "--yardstick",
        metavar="PATTERN",
        help="Use the benchmarks with this name or glob, such as '*::test_reference*', as yardsticks. "
        "Repeatable.",
        show_default=False,
    ),
]

SocketOptions = Annotated[
    list[SocketOption] | None,
    option(
        _socket_option,
        "--socket",
        metavar="NAME=VALUE",
        help="A socket option: SO_SNDBUF=64KiB, TCP_CONGESTION=bbr, TCP_FASTOPEN=1. Repeatable.",
        show_default=False,
    ),
]
Password = Annotated[
    str | None,
    typer.Option(
        "--password",
        metavar="TEXT",
        envvar="TLSBENCH_PASSWORD",
        help="Password of an encrypted private key or PKCS #12 file.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
