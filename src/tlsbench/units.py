"""Units: what a figure counts, and how people read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Unit:
    """What figures are counted in.

    :param symbol: its name in stored results.
    :param shown: the unit that tables and pictures use.
    :param per_shown: how many of the one make one of the other.
    """

    symbol: str
    shown: str
    per_shown: float

    def to_shown(self, figure: float) -> float:
        """A figure as tables and pictures show it."""
        return figure / self.per_shown


NANOSECONDS: Final = Unit("ns", "µs", 1e3)
BYTES: Final = Unit("B", "KiB", 1024.0)
#: Of a simulated network and of the processors within it: never one figure with measured time.
VIRTUAL_NANOSECONDS: Final = Unit("virtual ns", "ms", 1e6)
INSTRUCTIONS: Final = Unit("instructions", "10³ instr.", 1e3)
#: All units, by the symbol that stored results have.
UNITS: Final = {unit.symbol: unit for unit in (NANOSECONDS, VIRTUAL_NANOSECONDS, BYTES, INSTRUCTIONS)}
