"""Where, when and with what results were measured, for a picture that is shown on its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tlsbench.report.page.doubts import MOST_NAMED

if TYPE_CHECKING:
    from tlsbench.report.page.sources import Source

#: The library that does the handshakes of a load.
_CLIENT_OF_LOADS = "pyopenssl"


def origin(sources: Sequence[Source]) -> list[str]:
    """The origin of results, as lines of text; results with the same origin share a line."""
    alike: dict[tuple[str, str], list[Source]] = {}
    for source in sources:
        alike.setdefault((" · ".join(source.machine.facts), _engines(source)), []).append(source)
    lines = []
    for (where, engines), of in alike.items():
        names = [source.name for source in of] if len(of) <= MOST_NAMED else [of[0].name, "…", of[-1].name]
        name = f"{', '.join(names)}: " if len(sources) > 1 else ""
        taken = list(dict.fromkeys(f"{source.taken_at} UTC" for source in of if source.taken_at))
        when = ", ".join(taken) if len(taken) <= MOST_NAMED else f"{taken[0]} to {taken[-1]}"
        lines += [name + " · ".join(fact for fact in (where, when) if fact), engines]
    return [line for line in lines if line]


def _engines(source: Source) -> str:
    engines = source.run.engines if source.run is not None else source.machine.engines
    if source.load is not None:  # a load does not know its server's engine
        engines = {name: engine for name, engine in engines.items() if name == _CLIENT_OF_LOADS}
    return ", ".join(f"{name} = {engine}" for name, engine in engines.items())
