"""The shapes that pictures consist of. A page and a file draw the same ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

_T = TypeVar("_T")

#: Okabe and Ito's colours, which people with any colour vision can distinguish (Color Universal Design,
#: 2008), without their yellow, which is hard to see on a white page, and with a few more.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#5D3A9B", "#7F7F7F", "#C4C4C4")
#: More than these in one picture are illegible.
MOST_BARS = 24
MOST_LINES = 8
#: The name of the totals of bars.
TOGETHER: Final = "together"


@dataclass(frozen=True, slots=True)
class Bars:
    """Horizontal bars, a group for each label, its parts stacked or side by side.

    :param parts: by name, a value for each label; None if the label has no such part, and so no bar.
    :param totals: for each label, the total of its parts if that is not their sum; drawn as a dot.
    :param spans: by name, the low and high ends of each bar's interval, or of each total's under
        :data:`TOGETHER`; None if there is none.
    :param texts: what is written next to each label's bars.
    :param mark: a value to draw a line at, and what it means.
    """

    labels: Sequence[str]
    parts: Mapping[str, Sequence[float | None]]
    unit: str
    is_stacked: bool = True
    totals: Sequence[float] = ()
    spans: Mapping[str, Sequence[tuple[float, float] | None]] = field(default_factory=dict)
    texts: Sequence[str] = ()
    mark: tuple[float, str] | None = None

    def only(self, places: Sequence[int]) -> Bars:
        """The bars of only some labels."""
        return replace(
            self,
            labels=_at(self.labels, places),
            parts={name: _at(values, places) for name, values in self.parts.items()},
            totals=_at(self.totals, places) if self.totals else (),
            spans={name: _at(spans, places) for name, spans in self.spans.items()},
            texts=_at(self.texts, places) if self.texts else (),
        )


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points; ``low`` and ``high`` bound their intervals, ``notes`` annotate some of them."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    notes: Mapping[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines over two axes.

    :param ticks: values of x that are labelled, if not every number is.
    :param marks: points that are marked, such as where lines cross.
    :param is_stepped: whether a line goes across and then up, as an ECDF does.
    :param y_from_zero: whether the y axis starts at zero, as for counts.
    """

    lines: Sequence[Line]
    x_title: str
    y_title: str
    x_is_log: bool = False
    y_is_log: bool = False
    ticks: Mapping[float, str] | None = None
    is_stepped: bool = False
    marks: Sequence[tuple[float, float]] = ()
    y_from_zero: bool = False

    def only(self, places: Sequence[int]) -> Lines:
        """Only some of the lines."""
        return replace(self, lines=_at(self.lines, places))


@dataclass(frozen=True, slots=True)
class Dots:
    """A point with its interval for each label, and a line at ``reference``.

    :param kinds: the kind of each point, which decides its colour.
    """

    labels: Sequence[str]
    values: Sequence[float]
    spans: Sequence[tuple[float, float] | None]
    kinds: Sequence[str]
    unit: str
    reference: float

    def only(self, places: Sequence[int]) -> Dots:
        """Only some of the points."""
        return replace(
            self,
            labels=_at(self.labels, places),
            values=_at(self.values, places),
            spans=_at(self.spans, places),
            kinds=_at(self.kinds, places),
        )


@dataclass(frozen=True, slots=True)
class Heat:
    """A heat map of values by row and column; None where there is none."""

    rows: Sequence[str]
    columns: Sequence[str]
    values: Sequence[Sequence[float | None]]
    texts: Sequence[Sequence[str]]
    unit: str

    def only(self, places: Sequence[int]) -> Heat:
        """Only some of the rows."""
        return replace(
            self,
            rows=_at(self.rows, places),
            values=_at(self.values, places),
            texts=_at(self.texts, places),
        )


def _at(items: Sequence[_T], places: Sequence[int]) -> list[_T]:
    return [items[place] for place in places]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, with what it shows in words for those who cannot see it.

    :param kind: its name on the command line.
    :param caption: what is drawn, with its units, and what was left out.
    :param shape: everything there is to draw.
    :param beside: what differs in it apart from what is compared; ``""`` if nothing does.
    :param scenario: what everything in it has in common.
    :param origin: where, when and with what it was measured, as lines of text.
    :param drawn: the places of the labels, lines or rows of the shape that are drawn at first; empty for all.
    """

    kind: str
    title: str
    caption: str
    shape: Bars | Lines | Dots | Heat
    beside: str = ""
    scenario: str = ""
    origin: Sequence[str] = ()
    drawn: Sequence[int] = ()

    @property
    def shown(self) -> Bars | Lines | Dots | Heat:
        """The part of the shape that is drawn at first."""
        return self.shape.only(self.drawn) if self.drawn else self.shape
