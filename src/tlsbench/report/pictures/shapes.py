"""The shapes that pictures are made of. A page and a file draw the same ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: Okabe and Ito's colours, told apart by people of every colour vision (Color Universal Design, 2008), but
#: for their yellow, which a white page swallows.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#5D3A9B", "#7F7F7F")
#: More than these in one picture cannot be read.
MOST_BARS = 24
MOST_LINES = 8


@dataclass(frozen=True, slots=True)
class Bars:
    """Horizontal bars, one row for each label, its parts stacked or side by side.

    :param parts: by name, a value for each label.
    :param totals: for each label what its parts make together, where that is not their sum; drawn as a dot.
    :param spans: for each label the low and high end of its total's interval; None where there is none.
    :param mark: a value to draw a line at, and what it is.
    """

    labels: Sequence[str]
    parts: Mapping[str, Sequence[float]]
    unit: str
    is_stacked: bool = True
    spans: Sequence[tuple[float, float] | None] = ()
    totals: Sequence[float] = ()
    mark: tuple[float, str] | None = None


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
    """

    lines: Sequence[Line]
    x_title: str
    y_title: str
    x_is_log: bool = False
    y_is_log: bool = False
    ticks: Mapping[float, str] | None = None
    is_stepped: bool = False
    marks: Sequence[tuple[float, float]] = ()


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


@dataclass(frozen=True, slots=True)
class Heat:
    """A field of values by row and column; None where there is none."""

    rows: Sequence[str]
    columns: Sequence[str]
    values: Sequence[Sequence[float | None]]
    texts: Sequence[Sequence[str]]
    unit: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with what it says in words, for those who do not see it.

    :param kind: its name on the command line.
    :param caption: what is drawn, with its units, and what was left out.
    :param beside: what is not alike in it, beside what is compared; ``""`` if all is.
    """

    kind: str
    title: str
    caption: str
    shape: Bars | Lines | Dots | Heat
    beside: str = ""
