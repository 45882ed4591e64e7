"""What ``tlsbench report`` and ``tlsbench plot`` do."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from tlsbench import files
from tlsbench.cli import output
from tlsbench.errors import RequestError, unknown
from tlsbench.report.page import page_of, read_source, render
from tlsbench.report.page.render import MOST_BYTES
from tlsbench.report.pictures import Picture
from tlsbench.report.static import FORMATS, draw

#: The page's name where no other is given.
PAGE = Path("report.html")


def report(references: Sequence[str], path: Path | None) -> None:
    """Write the page of some results.

    :param path: replaced if it is there; :data:`PAGE`, which is not, without one.
    :raises RequestError: if a result cannot be read, or plotly is missing.
    """
    if path is None and os.path.lexists(PAGE):
        raise RequestError(f"{PAGE} exists already: -o {PAGE} replaces it, another name keeps it")
    path = path or PAGE
    output.check(path, room_bytes=MOST_BYTES)
    page = render(page_of([read_source(reference) for reference in references]))
    output.note(output.written(path, page, f" ({len(page.encode()) / 1e6:.1f} MB)"))


def plot(reference: str, kind: str | None, base: str | None, path: Path) -> None:
    """Draw a picture of a result.

    :raises RequestError: if there is no such picture of it.
    """
    check_picture(path)
    sources = [read_source(one) for one in (*((base,) if base else ()), reference)]
    pictures = {picture.kind: picture for picture in page_of(sources).pictures}
    if not pictures:
        raise RequestError(f"{reference} has nothing to draw: no handshakes, no sizes, no load")
    if kind is not None and kind not in pictures:
        raise unknown("picture of this result", kind, tuple(pictures))
    output.note(picture_written(pictures[kind] if kind else next(iter(pictures.values())), path))


def check_picture(path: Path) -> None:
    """See to it that a picture can be drawn there.

    :raises RequestError: if its name ends with no format of pictures, or it cannot be written.
    """
    if _format(path) not in FORMATS:
        raise RequestError(f"{path}: a picture ends with {', '.join(f'.{one}' for one in FORMATS)}")
    output.check(path)


def picture_written(picture: Picture, path: Path) -> str:
    """Draw a picture as a file, of the format that its name ends with, and say so."""
    return output.written(path, draw(picture, _format(path)), f": {picture.title.lower()}")


def _format(path: Path) -> str:
    """By the end of its name; what goes to standard output is SVG."""
    return FORMATS[0] if files.is_standard_output(path) else path.suffix.removeprefix(".").lower()
