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

    :param name: the values in which it differs from the other side, or its interpreter.
    :param id: the id of its scenario.
    :param axes: those of the scenario, by name, as a selector spells them.
    :param negotiated: the proof: what the witnesses saw, as plain values.
    :param ledger: bytes, flights and round trips of one sample; None if unknown.
    """

    name: str
    id: str
    axes: Mapping[str, str] = field(default_factory=dict)
    negotiated: Mapping[str, object] = field(default_factory=dict)
    ledger: Ledger | None = None


@dataclass(frozen=True, slots=True)
class SideResult:
    """The result of a duel for one figure: the client, the server, the libraries or the total.

    :param id: the id of b's scenario, with the figure.
    :param parameters: the axes of that scenario.
    """

    id: str
    parameters: Mapping[str, str]
    ratio: Interval
    floor: float
    verdict: str


@dataclass(frozen=True, slots=True)
class DuelResult:
    """Two sides, and their comparisons: the client, the server, the libraries and the total."""

    a: Side
    b: Side
    comparisons: Mapping[str, PairedComparison]

    @property
    def beside(self) -> Likeness:
        """The differences between the sides beyond those that their names show."""
        return likeness(self.a, self.b, named_axes(self.a.axes, self.b.axes))

    @property
    def main(self) -> PairedComparison:
        """The time inside the libraries; the total in older files, and for counts."""
        return self.comparisons.get("libraries") or self.comparisons["total"]

    def by_part(self) -> list[SideResult]:
        """The comparisons one by one, in the form that gates need."""
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

    :param method: how the figures were obtained, in words.
    :param governor: the frequency governor; None if none is visible.
    :param engines: the engine of each implementation.
    :param interrupted: whether it ended before its budget was spent.
    """

    results: Sequence[DuelResult]
    meter: str
    method: str
    seed: int
    governor: str | None = None
    engines: Mapping[str, str] = field(default_factory=dict)
    interrupted: bool = False
