"""Write measured results into a page of the docs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tlsbench import files
from tlsbench.results.reader import read_file
from tlsbench.results.stored import Stored


def main(
    description: str,
    lines: Callable[[Stored], Iterable[str]],
    markers: tuple[str, str],
    arguments: Sequence[str] | None = None,
) -> None:
    """Print the lines made from a stored result, or put them between two markers of a page."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("result", type=Path)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table between its markers")
    options = parser.parse_args(arguments)
    text = "\n".join(lines(read_file(options.result))) + "\n"
    if options.write is None:
        sys.stdout.write(text)
    else:
        write(text, options.write, markers)


def write(text: str, page: Path, markers: tuple[str, str]) -> None:
    """Put text between two markers of a page.

    :raises SystemExit: if the page has no such markers.
    """
    before, begin, rest = page.read_text(encoding="utf-8").partition(markers[0])
    _, end, after = rest.partition(markers[1])
    if not begin or not end:
        raise SystemExit(f"{page} has no markers {' and '.join(markers)}")
    files.write(page, f"{before}{begin}\n{text}{end}{after}")
