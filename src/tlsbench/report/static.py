"""Pictures as files for papers and pull requests, drawn by matplotlib: it needs no browser."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from tlsbench.escaping import for_terminal
from tlsbench.report.extras import require_matplotlib
from tlsbench.report.pictures import Bars, Dots, Heat, Lines, Picture
from tlsbench.report.pictures.shapes import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: What a file can be, by the end of its name.
FORMATS: Final = ("svg", "png", "pdf")
_ROW_INCHES = 0.28
#: Of the small print over a picture.
_NOTE_INCHES = 0.14
_NOTE_COLUMNS = 130
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
        figure = Figure(figsize=(9.0, _height(picture)), layout="constrained")
        axes = figure.add_subplot()
        _DRAWN[type(picture.shape)](axes, picture.shape)
        figure.suptitle(for_terminal(picture.title), x=0.01, ha="left", fontsize="large", fontweight="bold")
        axes.set_title(_note(picture), loc="left", fontsize=7)
        file = io.BytesIO()
        metadata: dict[str, Any] = {"Date": None} if file_format == "svg" else {}
        if file_format == "pdf":
            metadata = {"CreationDate": None}
        figure.savefig(file, format=file_format, dpi=_DPI, metadata=metadata)
    return file.getvalue()


def _height(picture: Picture) -> float:
    shape = picture.shape
    rows = 0
    if isinstance(shape, Bars):
        rows = len(shape.labels) * (1 if shape.is_stacked else len(shape.parts))
    elif isinstance(shape, Dots):
        rows = len(shape.labels)
    elif isinstance(shape, Lines):
        rows = 8 + len(shape.lines) // _legend_columns([line.name for line in shape.lines])
    elif isinstance(shape, Heat):
        rows = len(shape.rows) + 8  # the columns' names stand upright
    return max(3.5, 1.5 + rows * _ROW_INCHES) + _NOTE_INCHES * len(_note(picture).splitlines())


def _note(picture: Picture) -> str:
    """What is not alike in a picture, in lines that fit under its title."""
    return "\n".join(textwrap.wrap(for_terminal(picture.beside), _NOTE_COLUMNS))


def _bars(axes: Axes, shape: Bars) -> None:
    parts = list(shape.parts.items())
    places = list(range(len(shape.labels)))
    thickness = 0.7 if shape.is_stacked else 0.8 / len(parts)
    before = [0.0] * len(places)
    for number, (name, values) in enumerate(parts):
        shift = 0.0 if shape.is_stacked else (number - (len(parts) - 1) / 2) * thickness
        axes.barh(
            [place + shift for place in places],
            list(values),
            thickness,
            before if shape.is_stacked else None,
            label=_short(name),
            color=COLOURS[number % len(COLOURS)],
            edgecolor="white",
            linewidth=0.4,
        )
        if shape.is_stacked:
            before = [sum(pair) for pair in zip(before, values, strict=True)]
    for place, total in enumerate(shape.totals):
        low, high = (shape.spans[place] if place < len(shape.spans) else None) or (total, total)
        error = [[max(0.0, total - low)], [max(0.0, high - total)]]
        axes.errorbar(total, place, xerr=error, fmt=".k", capsize=2, linewidth=0.8)
    if shape.mark is not None:
        axes.axvline(shape.mark[0], color="black", linestyle="--", linewidth=0.8, label=shape.mark[1])
    axes.set_yticks(places, [_short(label) for label in shape.labels])
    axes.set_ylim(len(places) - 0.5, -0.5)
    axes.set_xlabel(shape.unit)
    _legend(axes, len(parts) + 1)


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
    if shape.ticks:
        long = max(len(text) for text in shape.ticks.values()) > 6
        axes.set_xticks(list(shape.ticks), list(shape.ticks.values()))
        for label in axes.get_xticklabels() if long else ():
            label.set_rotation(30)
            label.set_horizontalalignment("right")
            label.set_rotation_mode("anchor")
        axes.minorticks_off()
    axes.set_xlabel(shape.x_title)
    axes.set_ylabel(shape.y_title)
    axes.grid(alpha=0.3)
    _legend(axes, _legend_columns([line.name for line in shape.lines]))


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
            dark = text and values[row, column] > top**0.5
            axes.text(
                column, row, text, ha="center", va="center", color="white" if dark else "black", fontsize=8
            )
    axes.set_xticks(
        range(len(shape.columns)), [_short(name) for name in shape.columns], rotation=60, ha="right"
    )
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
    """Text that fits beside a picture, and is allowed in XML."""
    text = for_terminal(text)
    return text if len(text) <= most else f"{text[: most - 1]}…"


_DRAWN: dict[type, Callable[[Any, Any], None]] = {Bars: _bars, Lines: _lines, Dots: _dots, Heat: _heat}
