"""Which yardsticks may judge a cell, and what it changed by beyond them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from tlsbench.comparison.recording import Recording, version_of
from tlsbench.results.run import YardstickRecord
from tlsbench.stats import Change, Level, Reference, change, level, paces
from tlsbench.units import NANOSECONDS

#: How far an unchanged cell moves against a yardstick between two runs, see :mod:`tlsbench.stats.between`.
#: The same work on the same engine, the same on another, work of a kind, and other work.
_SAME_ENGINE: Final = 0.007
_SAME_NATURE: Final = 0.012
_KIN: Final = 0.02
_OTHER: Final = 0.04
#: Natures of yardsticks that are akin.
_FAMILIES: Final = (
    frozenset(("handshake", "resumption")),
    frozenset(("bulk", "primitive", "arithmetic")),
)
#: By a cell's workload the nature of the yardsticks that do the same work.
_NATURES: Final[Mapping[str, str]] = {
    "handshake": "handshake",
    "bulk": "bulk",
    "echo": "bulk",
    "primitive": "primitive",
    "certificate": "primitive",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """What a cell changed by, and the names of the yardsticks that say so."""

    change: Change
    by: tuple[str, ...]


@dataclass(frozen=True)
class Yardsticks:
    """The yardsticks that two results have in common.

    Those of the same identity are common, if the processor is the same.
    """

    base: Recording
    new: Recording

    def judge(self, name: str) -> Judged | None:
        """What a cell that is in both results changed by; None if no yardstick can say."""
        levels = self._levels[0].get(name), self._levels[1].get(name)
        implementations = self.new.implementations_of(name)
        references = {
            key: Reference(ours, theirs, self._spread(name, self.new.yardsticks[key]))
            for key in self._common
            if implementations.isdisjoint(self.new.yardsticks[key].engines)
            and (ours := self._levels[0].get(key)) is not None
            and (theirs := self._levels[1].get(key)) is not None
        }
        if levels[0] is None or levels[1] is None or not references:
            return None
        found = change(levels[0], levels[1], list(references.values()))
        return Judged(found, tuple(self.new.yardsticks[key].name for key in references))

    def _spread(self, name: str, yardstick: YardstickRecord) -> float:
        nature = nature_of(self.new.parameters[name])
        if yardstick.nature == nature:
            same = self.new.engines_of(name) & {version_of(one) for one in yardstick.engines.values()}
            return _SAME_ENGINE if same else _SAME_NATURE
        return _KIN if any({nature, yardstick.nature} <= family for family in _FAMILIES) else _OTHER

    @cached_property
    def _common(self) -> Sequence[str]:
        processors = {one.environment.get("processor", "") for one in (self.base, self.new)}
        if len(processors) > 1:
            return ()
        return [key for key in self.base.yardsticks if key in self.new.yardsticks]

    @cached_property
    def _levels(self) -> tuple[Mapping[str, Level], Mapping[str, Level]]:
        return _levels_of(self.base), _levels_of(self.new)


def _levels_of(recording: Recording) -> Mapping[str, Level]:
    """Where each cell that counts time stood, by name, and each yardstick, by identity."""
    if not recording.yardsticks:
        return {}
    rounds = {
        name: figures
        for name, figures in recording.figures.items()
        if recording.instruments[name].unit is NANOSECONDS
    }
    rounds |= {key: one.round_medians for key, one in recording.yardsticks.items()}
    longest = max(map(len, rounds.values()))
    rounds = {name: figures for name, figures in rounds.items() if len(figures) == longest}
    found = {
        name: level(figures, pace, recording.processes)
        for (name, figures), pace in zip(rounds.items(), paces(list(rounds.values())), strict=True)
    }
    return {name: one for name, one in found.items() if one is not None}


def nature_of(parameters: Mapping[str, str]) -> str:
    """What kind of work a cell is, as yardsticks call it; ``""`` of what is like none."""
    resumes = parameters.get("resumption", "none") != "none"
    return "resumption" if resumes else _NATURES.get(parameters.get("workload", ""), "")
