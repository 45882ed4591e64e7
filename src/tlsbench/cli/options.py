"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tlsbench.cli import completion
from tlsbench.cli.parsing import Written, duration, lazily, one_of, option, parsed
from tlsbench.errors import RequestError
from tlsbench.session.quantities import fraction, seconds

if TYPE_CHECKING:
    from tlsbench.comparison import Gate
    from tlsbench.sampling import Instrument

    Assignment = tuple[str, str]
    SocketOption = tuple[str, int | str]
else:  # importing them is slow, and typer has no lists of pairs: it leaves the type to the parser
    Assignment = Gate = Instrument = SocketOption = object

RESULT = "A JSON file (- for standard input), or the name or number of a saved run."


def _new_seed() -> int:
    import random

    return random.SystemRandom().randrange(2**31)


def assignment(text: str) -> Assignment:
    """A variable and its value, from ``NAME=VALUE``.

    :raises RequestError: if the text is not of this form.
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
FiguresPath = Annotated[
    Path | None,
    typer.Option("--json", metavar="PATH", help="Write every figure as JSON.", show_default=False),
]
TimeBudget = Annotated[
    float,
    duration(
        "--time-budget", envvar="TLSBENCH_TIME_BUDGET", help="Measure for at most this long: 500ms, 40s, 2m."
    ),
]
DEFAULT_TIME_BUDGET = Written("40s", seconds)
Precision = Annotated[
    float,
    option(
        fraction,
        "--precision",
        metavar="PERCENT",
        help="Stop once every median is this precise; 0 uses the whole budget.",
    ),
]
DEFAULT_PRECISION = Written("2%", fraction)
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
        metavar="N",
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
