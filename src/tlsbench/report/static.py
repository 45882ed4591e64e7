"""Pictures as files for papers and pull requests, drawn by matplotlib, which needs no browser."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill, wrap
from typing import TYPE_CHECKING, Any, Final

from tlsbench.escaping import for_terminal
from tlsbench.report.extras import require_matplotlib
from tlsbench.report.pictures import Bars, Dots, Heat, Lines, Picture
from tlsbench.report.pictures.shapes import COLOURS, TOGETHER

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: The formats of files, by their extension.
FORMATS: Final = ("svg", "png", "pdf")
_WIDTH = 9.0
_ROW_INCHES = 0.28
#: For the words below a picture: the height of a line, and of the margin below them.
_LINE_INCHES, _EDGE_INCHES = 0.13, 0.05
#: For bars, in rows: the pitch of a bar, the height of a line of text, and the gap between two labels.
_BAR_ROWS, _TEXT_ROWS, _GAP_ROWS = 0.55, 0.55, 0.35
#: The most characters in a line below a picture, in a line of a name on an axis, and in all names below it.
_MOST_BELOW, _MOST_TICK, _MOST_TICKS = 150, 14, 100
#: The most names side by side in the legend of bars.
_MOST_IN_LEGEND = 5
_DPI = 144
_MARKERS = "osD^vPX*"
_DASHES = ("-", "--", "-.", ":")


def draw(picture: Picture, file_format: str) -> bytes:
    """A picture as the bytes of a file. The same picture always gives the same bytes.

    :param file_format: one of :data:`FORMATS`.
    :raises RequestError: if matplotlib is not installed.
    """
    require_matplotlib()
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # text stays text in SVG, and ids do not change from run to run
    settings: dict[Any, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": "tlsbench",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "font.size": 9,
        "text.parse_math": False,
    }
    with mpl.rc_context(settings):
        shape, below = picture.shown, _below(picture)
        heights = (_height(shape), _LINE_INCHES * len(below) + _EDGE_INCHES)
        figure = Figure(figsize=(_WIDTH, sum(heights)), layout="constrained")
        above, words = figure.subfigures(2, 1, height_ratios=heights, squeeze=False)[:, 0]
        axes = above.add_subplot()
        _DRAWN[type(shape)](axes, shape)
        axes.set_title(for_terminal(picture.title), loc="left", fontweight="bold")
        words.text(0.01, 1.0, "\n".join(below), va="top", fontsize=7, color="0.35")
        file = io.BytesIO()
        metadata: dict[str, Any] = {"Date": None} if file_format == "svg" else {}
        if file_format == "pdf":
            metadata = {"CreationDate": None}
        figure.savefig(file, format=file_format, dpi=_DPI, metadata=metadata)
    return file.getvalue()


def _below(picture: Picture) -> list[str]:
    """The text below a picture on its own: what differs in it, what does not, and its origin."""
    words = (picture.beside, picture.scenario, *picture.origin)
    return [line for text in words if text for line in wrap(for_terminal(text), _MOST_BELOW)]


def _height(shape: Bars | Lines | Dots | Heat) -> float:
    rows = 0.0
    if isinstance(shape, Bars):
        rows = _slots(shape).height
    elif isinstance(shape, Dots):
        rows = len(shape.labels)
    elif isinstance(shape, Lines):
        rows = 8 + len(shape.lines) // _legend_columns([line.name for line in shape.lines])
    elif isinstance(shape, Heat):
        rows = len(shape.rows) + 2
    return max(3.5, 1.5 + rows * _ROW_INCHES)


@dataclass(frozen=True, slots=True)
class _Slots:
    """The positions of bars, in rows from the top: one for each bar, and the middle of each label."""

    bars: Mapping[tuple[str, int], float]
    middles: Sequence[float]
    height: float


def _slots(shape: Bars) -> _Slots:
    bars: dict[tuple[str, int], float] = {}
    middles, top = [], 0.0
    for at in range(len(shape.labels)):
        own = [name for name, values in shape.parts.items() if values[at] is not None]
        rows = 1 if shape.is_stacked else len(own)
        height = max(rows * _BAR_ROWS, _TEXT_ROWS * (1 + bool(shape.texts))) + _GAP_ROWS
        middles.append(top + height / 2)
        for number, name in enumerate(own):
            beside = 0.0 if shape.is_stacked else (number - (rows - 1) / 2) * _BAR_ROWS
            bars[name, at] = middles[-1] + beside
        top += height
    return _Slots(bars, middles, top)


def _bars(axes: Axes, shape: Bars) -> None:
    slots = _slots(shape)
    before = [0.0] * len(shape.labels)
    for number, (name, values) in enumerate(shape.parts.items()):
        at = [place for place, value in enumerate(values) if value is not None]
        lengths = [value for value in values if value is not None]
        places = [slots.bars[name, place] for place in at]
        axes.barh(
            places,
            lengths,
            _BAR_ROWS * (1.0 if shape.is_stacked else 0.9),
            [before[place] for place in at] if shape.is_stacked else None,
            label=_short(name),
            color=COLOURS[number % len(COLOURS)],
            edgecolor="white",
            linewidth=0.4,
        )
        before = [begin + (value or 0.0) for begin, value in zip(before, values, strict=True)]
        _whiskers(axes, places, lengths, [(shape.spans.get(name) or [None] * len(values))[one] for one in at])
    if shape.totals:
        axes.plot(shape.totals, slots.middles, "ok", markersize=3, label=TOGETHER)
        _whiskers(axes, slots.middles, shape.totals, shape.spans.get(TOGETHER) or [None] * len(shape.totals))
    if shape.mark is not None:
        axes.axvline(shape.mark[0], color="black", linestyle="--", linewidth=0.8, label=shape.mark[1])
    labels = [_short(label) for label in shape.labels]
    if shape.texts:
        labels = [f"{label}\n{text}" for label, text in zip(labels, map(_short, shape.texts), strict=True)]
    axes.set_yticks(slots.middles, labels)
    axes.set_ylim(slots.height, 0)
    axes.set_xlabel(shape.unit)
    _legend(axes, min(len(shape.parts) + 1, _MOST_IN_LEGEND))


def _whiskers(
    axes: Axes,
    places: Sequence[float],
    lengths: Sequence[float],
    spans: Sequence[tuple[float, float] | None],
) -> None:
    for place, length, span in zip(places, lengths, spans, strict=True):
        if span is not None:
            error = [[max(0.0, length - span[0])], [max(0.0, span[1] - length)]]
            axes.errorbar(length, place, xerr=error, color="black", capsize=2, linewidth=0.8)


def _lines(axes: Axes, shape: Lines) -> None:
    from matplotlib.ticker import LogLocator

    for number, line in enumerate(shape.lines):
        colour = COLOURS[number % len(COLOURS)]
        axes.plot(
            line.x,
            line.y,
            color=colour,
            linestyle=_DASHES[number // len(COLOURS) % len(_DASHES)],
            marker=None if len(line.x) > 40 else _MARKERS[number % len(_MARKERS)],
            markersize=4,
            drawstyle="steps-post" if shape.is_stepped else "default",
            label=_short(line.name),
        )
        if line.low:
            axes.fill_between(line.x, line.low, line.high, color=colour, alpha=0.2, linewidth=0)
        for at, note in (line.notes or {}).items():
            axes.annotate(note, (line.x[at], line.y[at]), (4, 6), textcoords="offset points", fontsize=8)
    if shape.marks:
        xs, ys = zip(*shape.marks, strict=True)
        axes.plot(xs, ys, "o", markersize=11, fillstyle="none", color=COLOURS[7], label="lines cross")
    if shape.x_is_log:
        axes.set_xscale("log")
    if shape.y_is_log:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter("{x:g}")
    if shape.y_from_zero:
        axes.set_ylim(bottom=0)
    if shape.ticks:
        _name(axes, shape.ticks)
    axes.set_xlabel(shape.x_title)
    axes.set_ylabel(shape.y_title)
    axes.grid(alpha=0.3)
    _legend(axes, _legend_columns([line.name for line in shape.lines]))


def _name(axes: Axes, ticks: Mapping[float, str]) -> None:
    """Write names below the axis: wrapped if they do not fit side by side, slanted if that is not enough."""
    texts = list(ticks.values())
    in_lines = [fill(text, _MOST_TICK) for text in texts]
    is_slanted = sum(2 + min(len(text), _MOST_TICK) for text in texts) > _MOST_TICKS
    is_short = sum(2 + len(text) for text in texts) <= _MOST_TICKS
    axes.set_xticks(list(ticks), texts if is_slanted or is_short else in_lines)
    for label in axes.get_xticklabels() if is_slanted else ():
        label.set_rotation(30)
        label.set_horizontalalignment("right")
        label.set_rotation_mode("anchor")
    axes.minorticks_off()


def _legend_columns(texts: Sequence[str]) -> int:
    return 1 if max(map(len, texts)) > 45 else min(len(texts), 3)


def _dots(axes: Axes, shape: Dots) -> None:
    colours = {"faster": COLOURS[0], "slower": COLOURS[5], "~": COLOURS[7]}
    for place, (value, span, kind) in enumerate(zip(shape.values, shape.spans, shape.kinds, strict=True)):
        low, high = span or (value, value)
        error = [[max(0.0, value - low)], [max(0.0, high - value)]]
        axes.errorbar(value, place, xerr=error, fmt="o", markersize=4, color=colours.get(kind, COLOURS[7]))
    axes.axvline(shape.reference, color="black", linewidth=0.8)
    texts = [f"{_short(label)}  {kind}" for label, kind in zip(shape.labels, shape.kinds, strict=True)]
    axes.set_yticks(range(len(texts)), texts)
    axes.set_ylim(len(texts) - 0.5, -0.5)
    axes.set_xlabel(shape.unit)
    axes.grid(axis="x", alpha=0.3)


def _heat(axes: Axes, shape: Heat) -> None:
    import numpy as np
    from matplotlib.colors import LogNorm

    values = np.array([[np.nan if one is None else one for one in row] for row in shape.values], dtype=float)
    top = max(2.0, float(np.nanmax(values)))
    image = axes.imshow(values, cmap="cividis_r", norm=LogNorm(1.0, top), aspect="auto")
    for row, texts in enumerate(shape.texts):
        for column, text in enumerate(texts):
            dark = values[row, column] > top**0.5
            axes.text(
                column, row, text, ha="center", va="center", color="white" if dark else "black", fontsize=8
            )
    axes.xaxis.tick_top()
    axes.set_xticks(range(len(shape.columns)), [fill(_short(name), _MOST_TICK) for name in shape.columns])
    axes.set_yticks(range(len(shape.rows)), [_short(name) for name in shape.rows])
    figure = axes.figure
    assert figure is not None
    bar = figure.colorbar(image, label=shape.unit, format="{x:g}")
    bar.ax.minorticks_off()
    bar.set_ticks([one for one in (1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0) if one <= top])


def _legend(axes: Axes, columns: int) -> None:
    figure = axes.figure
    assert figure is not None
    figure.legend(loc="outside lower center", ncols=columns, frameon=False)


def _short(text: str, most: int = 70) -> str:
    """Text that fits next to a picture, and is allowed in XML."""
    text = for_terminal(text)
    return text if len(text) <= most else f"{text[: most - 1]}…"


_DRAWN: dict[type, Callable[[Any, Any], None]] = {Bars: _bars, Lines: _lines, Dots: _dots, Heat: _heat}
