"""The result of a duel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tlsbench.links import Ledger
from tlsbench.results.likeness import Likeness, likeness, named_axes
from tlsbench.stats import Interval, PairedComparison


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison.

    :param name: what it is called beside the other: the values in which the two differ, or its interpreter.
    :param id: of its scenario.
    :param axes: those of the scenario, by name, as a selector spells them.
    :param negotiated: the proof: what the witnesses saw, as plain values.
    :param ledger: bytes, flights and round trips of one sample; None where they are not known.
    """

    name: str
    id: str
    axes: Mapping[str, str] = field(default_factory=dict)
    negotiated: Mapping[str, object] = field(default_factory=dict)
    ledger: Ledger | None = None


@dataclass(frozen=True, slots=True)
class SideResult:
    """What a duel says of one part of what is measured: the client, the server or the total.

    :param id: of the scenario of b, with the part.
    :param parameters: the axes of that scenario.
    """

    id: str
    parameters: Mapping[str, str]
    ratio: Interval
    floor: float
    verdict: str


@dataclass(frozen=True, slots=True)
class DuelResult:
    """Two sides, and what the epochs say of them for the client, the server and the total."""

    a: Side
    b: Side
    comparisons: Mapping[str, PairedComparison]

    @property
    def beside(self) -> Likeness:
        """What the sides differ in beyond what they are called by."""
        return likeness(self.a, self.b, named_axes(self.a.axes, self.b.axes))

    @property
    def main(self) -> PairedComparison:
        """The time inside the libraries; in older files, and of counts, the total."""
        return self.comparisons.get("libraries") or self.comparisons["total"]

    def by_part(self) -> list[SideResult]:
        """The comparisons one by one, as gates look at them."""
        return [
            SideResult(
                f"{self.b.id} ({part})",
                self.b.axes,
                comparison.ratio,
                comparison.floor,
                comparison.verdict,
            )
            for part, comparison in self.comparisons.items()
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """A whole duel: one scenario against another, or several in two environments.

    :param method: how the figures were got, in words.
    :param governor: the frequency governor; None where there is none to see.
    :param engines: of each implementation.
    :param interrupted: whether it was ended before its budget.
    """

    results: Sequence[DuelResult]
    meter: str
    method: str
    seed: int
    governor: str | None = None
    engines: Mapping[str, str] = field(default_factory=dict)
    interrupted: bool = False
