"""``tlsbench list``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tlsbench.cli import completion, output
from tlsbench.cli.options import AsJson, Profile, Selectors
from tlsbench.cli.teaching import teaches
from tlsbench.cli.usage import usage
from tlsbench.errors import RequestError, unknown

if TYPE_CHECKING:
    from tlsbench.scenarios.axis import Axis

_NAME_WIDTH = 24


@teaches(
    r"""List scenarios, libraries, axes, profiles, ciphers, primitives, interop, with reasons.

    \b
    Examples:
      tlsbench list axes
      tlsbench list primitives
      tlsbench list interop
      tlsbench list ciphers 'cipher=*CHACHA20*'
      tlsbench list scenarios implementation=ssl 'group=*'
      tlsbench list scenarios --profile full
    """
)
def command(
    *,
    what: Annotated[
        str,
        typer.Argument(
            metavar="[WHAT]",
            help="scenarios, implementations, axes, profiles, ciphers, primitives or interop.",
            autocompletion=completion.lists,
        ),
    ] = "scenarios",
    selectors: Selectors = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Print one of the lists."""
    lists = {
        "implementations": _implementations,
        "axes": _axes,
        "profiles": _profiles,
        "primitives": _primitives,
        "interop": _interop,
    }
    given = selectors or []
    if "=" in what:  # "list key=*" is short for "list scenarios key=*"
        given, what = [what, *given], "scenarios"
    if what not in ("scenarios", "ciphers", *lists):
        raise unknown("list", what, ("scenarios", "ciphers", *lists))
    if what == "ciphers":
        _print_ciphers(given, as_json=as_json, profile=profile)
        return
    if what != "scenarios" and (given or profile):
        raise RequestError(f"'list {what}' takes no selectors and no profile: 'list scenarios' does")
    if what == "scenarios":
        _print_scenarios(given, profile, as_json=as_json)
        return
    entries = lists[what]()
    if as_json:
        output.write(json.dumps(entries, indent=2) + "\n")
        return
    _print_entries(entries)


def _print_entries(entries: Iterable[Mapping[str, Any]]) -> None:
    columns = output.columns_wanted()
    for line in (line for entry in entries for line in _lines(entry)):
        for part in [line] if columns is None else output.wrapped(line, " " * (_NAME_WIDTH + 2), columns):
            output.line(part)


def _print_ciphers(selectors: Sequence[str], *, as_json: bool, profile: str | None) -> None:
    """Print the cipher suites that ``cipher=`` names, of the libraries in ``implementation=``, or all."""
    from tlsbench.implementations.registry import spellings
    from tlsbench.report import ciphers
    from tlsbench.scenarios import parse
    from tlsbench.scenarios.axes import AXES
    from tlsbench.session.ciphers import coverage

    by = parse(selectors, spellings())
    if profile or set(by) - {"cipher", "implementation"}:
        raise RequestError("'list ciphers' takes cipher= and implementation=, and no profile")
    named = by.get("implementation", ())
    covered = [one for one in coverage(named) if not named or one.implementation in named]
    listed = ciphers.document(covered, by.get("cipher", AXES["cipher"].values))
    if as_json:
        output.write(json.dumps(listed, indent=2) + "\n")
        return
    _print_entries(ciphers.entries(listed))
    output.line("")
    count = len(listed["ciphers"])
    output.line(f"{count} cipher suite{'s' * (count != 1)}; recommended according to {listed['source']}")


def _lines(entry: Mapping[str, Any]) -> Iterator[str]:
    """The lines of an entry: its name and summary, and the rest below them."""
    yield f"{entry['name']:<{_NAME_WIDTH - 1}} {entry['summary']}"
    for key, value in entry.items():
        if key not in ("name", "summary"):
            for text in _texts(value):
                yield f"{'':<{_NAME_WIDTH}}{key}: {text}"


def _texts(value: object) -> Sequence[object]:
    """The lines of a value: one for a tuple, one per key for a mapping."""
    if isinstance(value, Mapping):
        return [f"{key}: {', '.join(words)}" for key, words in value.items()]
    if isinstance(value, tuple):
        return [", ".join(value)]
    return value if isinstance(value, list) else [value]


def _print_scenarios(selectors: Sequence[str], profile: str | None, *, as_json: bool) -> None:
    from tlsbench.session.selecting import matrix_of

    with usage():
        matrix = matrix_of(selectors, profile)
    if as_json:
        document = {
            "scenarios": [{"id": scenario.id, "axes": scenario.axes()} for scenario in matrix.scenarios],
            "excluded": [{"id": excluded.id, "reason": excluded.reason} for excluded in matrix.excluded],
        }
        output.write(json.dumps(document, indent=2) + "\n")
        return
    for scenario in matrix.scenarios:
        output.line(scenario.id)
    output.line("")
    count = len(matrix.scenarios)
    output.line(f"{count} scenario{'s' * (count != 1)}, {len(matrix.excluded)} excluded")
    for reason, count in Counter(excluded.reason for excluded in matrix.excluded).most_common():
        output.line(f"  excluded {count}: {reason}")


def _implementations() -> list[dict[str, Any]]:
    from tlsbench.implementations.registry import capabilities, implementations

    able = capabilities()
    return [
        {
            "name": name,
            "summary": member.summary,
            "engine": member.engine(),
            "cannot": list(
                dict.fromkeys(gap.reason for gap in able[name].in_the_way() if all(gap.when.values()))
            ),
        }
        for name, member in implementations().items()
    ]


def _interop() -> list[dict[str, Any]]:
    """Every pair of libraries that speak the same protocol, tried; over QUIC, also every OpenSSL found."""
    from tlsbench.implementations.found_files import libssl_files
    from tlsbench.implementations.registry import capabilities, implementations
    from tlsbench.workloads.interop import pairs

    found = tuple(f"libssl:{path}" for path in libssl_files())
    everyone = {"tls": (), "dtls": (), "quic": found}
    return [
        {
            "name": f"{pair.client} → {pair.server}",
            "summary": f"{pair.protocol}  "
            + (
                f"{'FAILS: ' * pair.failed}{pair.reason}"
                if pair.reason or pair.scenario is None
                else f"{pair.scenario.cipher} {pair.scenario.group}"
            ),
        }
        for transport, paths in everyone.items()
        for pair in pairs(
            implementations(paths), capabilities({"implementation": paths}), transports=(transport,)
        )
    ]


def _axes() -> list[dict[str, Any]]:
    from tlsbench.implementations.registry import spellings
    from tlsbench.scenarios.axes import AXES, AXIS_ALIASES

    return [
        {
            "name": axis.name,
            "summary": axis.meaning,
            **({"also": also} if (also := _also(AXIS_ALIASES, axis.name)) else {}),
            "values": ", ".join(axis.values or spellings()),
            "default": ", else ".join(axis.default) or "as implementation=",
            **({"aliases": _aliases(axis)} if axis.aliases else {}),
        }
        for axis in AXES.values()
    ]


def _also(aliases: Mapping[str, str], axis: str) -> str:
    """The other names of an axis."""
    return ", ".join(alias for alias, name in aliases.items() if name == axis)


def _aliases(axis: Axis) -> str:
    """The other names that people use, each with the value that it stands for."""
    return ", ".join(f"{alias} = {value}" for alias, value in axis.aliases.items())


def _profiles() -> list[dict[str, Any]]:
    from tlsbench.scenarios.profiles import PROFILES

    return [
        {"name": profile.name, "summary": profile.meaning, "selectors": list(profile.selections)}
        for profile in PROFILES.values()
    ]


def _primitives() -> list[dict[str, Any]]:
    """Every algorithm with its parameters, its operations, and the libraries that offer it."""
    from tlsbench.session.primitives import primitives

    return [
        {
            "name": one.subject.name,
            "summary": f"{one.subject.kind}, {one.subject.source}",
            **({"parameters": one.subject.parameters} if one.subject.parameters else {}),
            **({"also": one.subject.aliases} if one.subject.aliases else {}),
            "operations": one.subject.operations,
            "data": "size= bytes" if one.subject.sized else "its own",
            "by": one.offered,
            **({"not": one.reasons} if one.reasons else {}),
        }
        for one in primitives()
    ]
