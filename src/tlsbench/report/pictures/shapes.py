"""The shapes that pictures are made of. A page and a file draw the same ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

_T = TypeVar("_T")

#: Okabe and Ito's colours, told apart by people of every colour vision (Color Universal Design, 2008), but
#: for their yellow, which a white page swallows.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#5D3A9B", "#7F7F7F", "#C4C4C4")
#: More than these in one picture cannot be read.
MOST_BARS = 24
MOST_LINES = 8
#: What the totals of bars are called.
TOGETHER: Final = "together"


@dataclass(frozen=True, slots=True)
class Bars:
    """Horizontal bars, a group for each label, its parts stacked or side by side.

    :param parts: by name, a value for each label; None where the label has no such part, and no bar.
    :param totals: for each label what its parts make together, where that is not their sum; drawn as a dot.
    :param spans: by name, for each label the low and high end of that bar's interval, or of that total's by
        :data:`TOGETHER`; None if there is none.
    :param texts: what is written beside each label's bars.
    :param mark: a value to draw a line at, and what it is.
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
        """Some of its labels."""
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
    """A line through points; ``low`` and ``high`` are their intervals, ``notes`` words at some of them."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    notes: Mapping[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines over two axes.

    :param ticks: values of x that are named, where not every number is.
    :param marks: points that are marked, such as where lines cross.
    :param is_stepped: whether a line goes along and then up, as an ECDF does.
    :param y_from_zero: whether zero is in the picture, as where counts are compared.
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
        """Some of its lines."""
        return replace(self, lines=_at(self.lines, places))


@dataclass(frozen=True, slots=True)
class Dots:
    """A point with its interval for each label, beside a line at ``reference``.

    :param kinds: what each is, by which it is coloured.
    """

    labels: Sequence[str]
    values: Sequence[float]
    spans: Sequence[tuple[float, float] | None]
    kinds: Sequence[str]
    unit: str
    reference: float

    def only(self, places: Sequence[int]) -> Dots:
        """Some of its points."""
        return replace(
            self,
            labels=_at(self.labels, places),
            values=_at(self.values, places),
            spans=_at(self.spans, places),
            kinds=_at(self.kinds, places),
        )


@dataclass(frozen=True, slots=True)
class Heat:
    """A field of values by row and column; None where there is none."""

    rows: Sequence[str]
    columns: Sequence[str]
    values: Sequence[Sequence[float | None]]
    texts: Sequence[Sequence[str]]
    unit: str

    def only(self, places: Sequence[int]) -> Heat:
        """Some of its rows."""
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
    """A picture with what it says in words, for those who do not see it.

    :param kind: its name on the command line.
    :param caption: what is drawn, with its units, and what was left out.
    :param shape: all that there is to draw.
    :param beside: what is not alike in it, beside what is compared; ``""`` if all is.
    :param scenario: what all of it has in common.
    :param origin: where and when it was measured, and with what, in lines.
    :param drawn: the places of the labels, lines or rows of the shape that are drawn at first; empty if all.
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
