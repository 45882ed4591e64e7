"""What ``tlsbench report`` and ``tlsbench plot`` do."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tlsbench.errors import RequestError, unknown
from tlsbench.report.page import page_of, read_source, render
from tlsbench.report.pictures import Picture
from tlsbench.report.static import FORMATS, draw
from tlsbench.results import storage


def report(references: Sequence[str], output: Path) -> None:
    """Write the page of some results.

    :raises RequestError: if a result cannot be read, or plotly is missing.
    """
    storage.check_writable(output)
    page = render(page_of([read_source(reference) for reference in references]))
    storage.write_atomically(output, page)
    print(f"wrote {output} ({len(page.encode()) / 1e6:.1f} MB)", file=sys.stderr)


def plot(reference: str, kind: str | None, base: str | None, output: Path) -> None:
    """Draw a picture of a result.

    :raises RequestError: if there is no such picture of it.
    """
    sources = [read_source(one) for one in (*((base,) if base else ()), reference)]
    pictures = {picture.kind: picture for picture in page_of(sources).pictures}
    if not pictures:
        raise RequestError(f"{reference} has nothing to draw: no handshakes, no sizes, no load")
    if kind is not None and kind not in pictures:
        raise unknown("picture of this result", kind, tuple(pictures))
    write_picture(pictures[kind] if kind else next(iter(pictures.values())), output)


def write_picture(picture: Picture, output: Path) -> None:
    """Draw a picture as a file, of the format that its name ends with.

    :raises RequestError: for another format.
    """
    file_format = output.suffix.removeprefix(".").lower()
    if file_format not in FORMATS:
        raise RequestError(f"{output}: a picture ends with {', '.join(f'.{one}' for one in FORMATS)}")
    storage.check_writable(output)
    storage.write_atomically(output, draw(picture, file_format))
    print(f"wrote {output}: {picture.title.lower()}", file=sys.stderr)
