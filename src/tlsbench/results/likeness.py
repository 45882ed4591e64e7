"""Like with like: the differences between two cells apart from what is compared.

A ratio of two cells reflects everything in which they differ. Tables, findings, duels and charts therefore
look up here what differs beyond the axes that they name, and report it; cells that differ in more are not
ranked in one sentence. Whatever a file does not say is unknown, and never taken to be the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias, TypeVar

from tlsbench.links import Ledger
from tlsbench.scenarios.axes import AXES
from tlsbench.scenarios.axis import ENDS
from tlsbench.scenarios.signatures import SIGNATURE_SCHEMES


class Measured(Protocol):
    """A cell, or a side of a duel."""

    @property
    def axes(self) -> Mapping[str, str]:
        """The axes of its scenario, by name."""

    @property
    def negotiated(self) -> Mapping[str, object]:
        """The proof: what the witnesses saw."""

    @property
    def ledger(self) -> Ledger | None:
        """What one sample sent; None if unknown."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact in which two cells differ.

    :param what: an axis, or ``round trips`` or ``flights``.
    :param one: its value in one cell; ``other`` is that in the other.
    :param follows: whether it follows from the values of a compared axis, as the round trips do from the
        version.
    """

    what: str
    one: str
    other: str
    follows: bool = False

    def __str__(self) -> str:
        """Text such as ``group (x25519, not secp256r1)``."""
        return f"{self.what} ({self.one}, not {self.other})"


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two cells are, apart from what is compared.

    :param differences: the facts in which they differ.
    :param unknown: the facts that are unknown for one or both.
    """

    differences: Sequence[Difference] = ()
    unknown: Sequence[str] = ()

    @property
    def stray(self) -> list[Difference]:
        """The differences that do not follow from what is compared; with any of them, nothing is ranked."""
        return [one for one in self.differences if not one.follows]

    def words(self, but: Collection[str] = ()) -> str:
        """The differences in a line.

        :param but: facts that are mentioned elsewhere.
        """
        return ", ".join(str(one) for one in self.differences if one.what not in but)


@dataclass(frozen=True, slots=True)
class _Fact:
    """A fact about a cell on which its figures depend.

    :param of: returns its value; ``""`` if it does not apply, None if unknown.
    :param follows: the axes that may determine it.
    :param within: the axes whose values already imply it.
    """

    of: Callable[[Measured], str | None]
    follows: tuple[str, ...] = ()
    within: tuple[str, ...] = ()


#: The value of each fact by its name.
_Facts: TypeAlias = Mapping[str, str | None]
_HANDSHAKES: Final = ("handshake", "completion")
#: As well as these, the memory of an open connection depends on the tickets that were received.
_TICKETED: Final = (*_HANDSHAKES, "memory")


def likeness(one: Measured, other: Measured, compared: Collection[str] = ()) -> Likeness:
    """The differences between two cells, and the facts that are unknown.

    :param compared: the axes that are compared; ``implementation`` stands for both ends.
    """
    return _between(_facts_of(one), _facts_of(other), compared)


_M = TypeVar("_M", bound=Measured)


def alike(cells: Iterable[_M], compared: Collection[str]) -> list[list[_M]]:
    """Group the cells so that those of a group are alike apart from what is compared, as far as is known."""
    named = _named(compared)
    same: dict[tuple[tuple[str, str | None], ...], list[_M]] = {}
    for cell in cells:
        facts = tuple((what, value) for what, value in _facts_of(cell).items() if what not in named)
        same.setdefault(facts, []).append(cell)
    groups: list[tuple[list[_Facts], list[_M]]] = []
    for facts, members in same.items():
        values = dict(facts)
        for known, group in groups:
            if not any(_between(values, others, ()).differences for others in known):
                known.append(values)
                group.extend(members)
                break
        else:
            groups.append(([values], members))
    return [group for _, group in groups]


def _between(ours: _Facts, theirs: _Facts, compared: Collection[str]) -> Likeness:
    named = _named(compared)
    chosen = {what for what in named if ours.get(what) != theirs.get(what)}
    differences, unknown = [], []
    for what, value in ours.items():
        other, fact = theirs[what], _FACTS[what]
        if what in named or "" in (value, other) or not chosen.isdisjoint(fact.within):
            continue
        if value is None or other is None:
            unknown.append(what)
        elif value != other:
            differences.append(Difference(what, value, other, not chosen.isdisjoint(fact.follows)))
    return Likeness(tuple(differences), tuple(unknown))


def _named(compared: Collection[str]) -> frozenset[str]:
    return frozenset((*compared, *(ENDS if "implementation" in compared else ())))


def _facts_of(cell: Measured) -> _Facts:
    return {what: fact.of(cell) for what, fact in _FACTS.items()}


def named_axes(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """The axes in which two scenarios differ and that distinguish them.

    A cipher suite that differs along with other axes follows from them, as from the version, and adds
    nothing.
    """
    differing = [axis for axis in {**one, **other} if one.get(axis) != other.get(axis)]
    return [axis for axis in differing if axis != "cipher"] or differing


def _axis(axis: str) -> Callable[[Measured], str]:
    """A getter for an axis; if an older file lacks it, it has its neutral value."""
    neutral, both = AXES[axis].neutral, "implementation" if axis in ENDS else axis
    return lambda of: of.axes.get(axis) or of.axes.get(both) or neutral


def _cipher(of: Measured) -> str | None:
    """A suite's encryption and hash: the rest of its name is the version and the kind of key."""
    name = str(of.negotiated.get("cipher") or of.axes.get("cipher") or "")
    return name.partition("_WITH_")[2] or name.removeprefix("TLS_")


def _group(of: Measured) -> str | None:
    """The group; resumed TLS 1.2 handshakes and application data exchange no keys."""
    if of.axes.get("workload") not in _TICKETED:
        return ""
    name = str(of.negotiated.get("group") or of.axes.get("group") or "")
    return name if name != "none" else ""


def _signature(of: Measured) -> str | None:
    """The server's signature scheme: as observed, as requested, or the only one in TLS 1.3 for such a key."""
    axes = of.axes
    if axes.get("workload") not in _HANDSHAKES or axes.get("resumption", "none") != "none":
        return ""
    asked = axes.get("signature", "default")
    if seen := of.negotiated.get("signature") or (asked if asked != "default" else ""):
        return str(seen)
    ways = [one.name for one in SIGNATURE_SCHEMES if axes.get("key") in one.keys and "1.3" in one.versions]
    return ways[0] if len(ways) == 1 and axes.get("version") == "1.3" else None


def _tickets(of: Measured) -> str | None:
    """The number of tickets after the handshake; those of TLS 1.2 are sent within it."""
    if of.axes.get("workload") not in _TICKETED or of.axes.get("version") != "1.3":
        return ""
    asked = of.axes.get("tickets", "default")
    seen = of.negotiated.get("tickets", asked if asked != "default" else None)
    return None if seen is None else str(seen)


def _counted(count: Callable[[Ledger], int | None]) -> Callable[[Measured], str | None]:
    def value(of: Measured) -> str | None:
        if of.axes.get("workload") not in _HANDSHAKES:
            return ""
        found = count(of.ledger) if of.ledger is not None else None
        return None if found is None else str(found)

    return value


#: The axes that may determine round trips and flights.
_FLIGHTS_FOLLOW: Final = (
    "version",
    "resumption",
    "transport",
    "address_check",
    "certificate_compression",
    "ticket_state",
)
#: What the figures of a cell depend on, by name. If the proof says more than the axis, the proof is used.
_FACTS: Final[Mapping[str, _Fact]] = {
    **{axis: _Fact(_axis(axis)) for axis in AXES if axis != "implementation"},
    "cipher": _Fact(_cipher),
    "group": _Fact(_group),
    "signature": _Fact(_signature, within=("key",)),
    "tickets": _Fact(_tickets, ("resumption", "ticket_state", "psk_mode")),
    "ends": _Fact(lambda of: str(of.negotiated.get("ends", ""))),
    "round trips": _Fact(_counted(lambda ledger: ledger.round_trips), _FLIGHTS_FOLLOW),
    "flights": _Fact(_counted(lambda ledger: ledger.handshake_flights), _FLIGHTS_FOLLOW),
}
