"""Pictures as outputs of a command."""

from __future__ import annotations

from pathlib import Path

from tlsbench import files
from tlsbench.cli import output
from tlsbench.errors import RequestError
from tlsbench.report.pictures import Picture
from tlsbench.report.static import FORMATS, draw


def check_picture(path: Path) -> None:
    """Check that a picture can be drawn into a file.

    :raises RequestError: if its extension is not a format of pictures, or it cannot be written.
    """
    if _format(path) not in FORMATS:
        raise RequestError(f"{path}: a picture ends with {', '.join(f'.{one}' for one in FORMATS)}")
    output.check(path)


def picture_written(picture: Picture, path: Path) -> str:
    """Draw a picture into a file, in the format of its extension, and return a line that says so."""
    return output.written(path, draw(picture, _format(path)), f": {picture.title.lower()}")


def _format(path: Path) -> str:
    """The format by the extension of a file; on standard output, it is SVG."""
    return FORMATS[0] if files.is_standard_output(path) else path.suffix.removeprefix(".").lower()
