"""Writing what was measured into a page of the docs."""

from __future__ import annotations

from pathlib import Path

from tlsbench import files


def write(text: str, page: Path, markers: tuple[str, str]) -> None:
    """Put a text between two markers of a page.

    :raises SystemExit: if the page has no such markers.
    """
    before, begin, rest = page.read_text(encoding="utf-8").partition(markers[0])
    _, end, after = rest.partition(markers[1])
    if not begin or not end:
        raise SystemExit(f"{page} has no markers {' and '.join(markers)}")
    files.write(page, f"{before}{begin}\n{text}{end}{after}")
