"""Units: what a figure counts, and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit in which figures are counted.

    :param symbol: its name in stored results.
    :param shown: the unit that tables and pictures use.
    :param per_shown: how many of this unit make one of the shown unit.
    """

    symbol: str
    shown: str
    per_shown: float

    def to_shown(self, figure: float) -> float:
        """A figure as tables and pictures show it."""
        return figure / self.per_shown


NANOSECONDS: Final = Unit("ns", "µs", 1e3)
BYTES: Final = Unit("B", "KiB", 1024.0)
#: For a simulated network and the processors within it: never combined with measured time.
VIRTUAL_NANOSECONDS: Final = Unit("virtual ns", "ms", 1e6)
INSTRUCTIONS: Final = Unit("instructions", "10³ instr.", 1e3)
#: All units, by their symbol in stored results.
UNITS: Final = {unit.symbol: unit for unit in (NANOSECONDS, VIRTUAL_NANOSECONDS, BYTES, INSTRUCTIONS)}
