"""Which yardsticks may judge a cell, and its change relative to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from tlsbench.comparison.recording import Recording, version_of
from tlsbench.results.run import YardstickRecord
from tlsbench.stats import Change, Kind, Level, Move, change, level
from tlsbench.units import NANOSECONDS

#: How far unchanged cells move between two runs, by kind of work: from studies of 65 runs under five
#: conditions (docs/measuring.md).
_TLS: Final = Kind("handshakes", own=0.008, shared=0.012)
_RECORDS: Final = Kind("records", own=0.006, shared=0.008)
_COMPUTING: Final = Kind("computing", own=0.004, shared=0.007)
#: For kinds that nobody has studied.
_OTHER: Final = Kind("other", own=0.020, shared=0.020)
#: By the workload of a cell, or the nature of a yardstick.
_KINDS: Final[Mapping[str, Kind]] = {
    "handshake": _TLS,
    "resumption": _TLS,
    "bulk": _RECORDS,
    "echo": _RECORDS,
    "primitive": _COMPUTING,
    "certificate": _COMPUTING,
    "arithmetic": _COMPUTING,
    "interpreter": _COMPUTING,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """The change of a cell, and the names of the yardsticks that judged it."""

    change: Change
    by: tuple[str, ...]


@dataclass(frozen=True)
class Yardsticks:
    """The yardsticks that two results have in common.

    These are the ones of equal identity, provided that the processor is the same.
    """

    base: Recording
    new: Recording

    def judge(self, name: str) -> Judged | None:
        """The change of a cell that is in both results; None if no yardstick can judge it."""
        cell = self._move(name, self.new.parameters[name].get("workload", ""))
        moves = {
            yardstick.name: move
            for key, yardstick in self._common.items()
            if not self._may_have_changed_with(name, yardstick)
            and (move := self._move(key, yardstick.nature, "+".join(yardstick.engines))) is not None
        }
        if cell is None or not moves:
            return None
        return Judged(change(cell, list(moves.values())), tuple(moves))

    def _move(self, key: str, work: str, library: str = "") -> Move | None:
        base, new = (levels.get(key) for levels in self._levels)
        if base is None or new is None:
            return None
        return Move(base, new, _KINDS.get(work, _OTHER), library)

    def _may_have_changed_with(self, name: str, yardstick: YardstickRecord) -> bool:
        """Whether a yardstick runs on an implementation of a cell, or on the engine of one.

        An engine that was rebuilt may have kept its version, and the yardstick therefore its identity.
        """
        engines = {version_of(one) for one in yardstick.engines.values()}
        return not (
            self.new.implementations_of(name).isdisjoint(yardstick.engines)
            and self.new.engines_of(name).isdisjoint(engines)
        )

    @cached_property
    def _common(self) -> Mapping[str, YardstickRecord]:
        processors = {one.environment.get("processor", "") for one in (self.base, self.new)}
        if len(processors) > 1:
            return {}
        return {key: one for key, one in self.new.yardsticks.items() if key in self.base.yardsticks}

    @cached_property
    def _levels(self) -> tuple[Mapping[str, Level], Mapping[str, Level]]:
        return _levels_of(self.base), _levels_of(self.new)


def _levels_of(recording: Recording) -> Mapping[str, Level]:
    """The level of each cell that is measured in time, by name, and of each yardstick, by identity."""
    if not recording.yardsticks:
        return {}
    rounds = {
        name: figures
        for name, figures in recording.figures.items()
        if recording.instruments[name].unit is NANOSECONDS
    }
    rounds |= {key: one.round_medians for key, one in recording.yardsticks.items()}
    found = {key: level(figures) for key, figures in rounds.items()}
    return {key: one for key, one in found.items() if one is not None}
