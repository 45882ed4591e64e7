"""The formats in which results are written, each a module of its own with one function.

``write(report, width)`` returns the text of a :class:`~tlsbench.report.sheets.Report`, and escapes text from
outside for the format (:mod:`tlsbench.escaping`). ``width`` is the width of a line in columns, for formats
that have one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from tlsbench.errors import RequestError, listed, unknown

if TYPE_CHECKING:  # the command line needs only the names
    from tlsbench.report.sheets import Kind, Report

_ALL: Final[tuple[Kind, ...]] = ("run", "comparison", "duel", "load", "timing", "capacity")

#: The formats by name, with the kinds of results they support. Each is the module of that name.
EXPORTERS: Final[dict[str, tuple[Kind, ...]]] = {
    "table": _ALL,
    "text": ("duel",),
    "markdown": _ALL,
    "csv": _ALL,
    "json": _ALL,
    "github": _ALL,
    "junit": _ALL,
    "openmetrics": _ALL,
}


def formats(kind: Kind) -> list[str]:
    """The names of the formats for a kind of result."""
    return [name for name, kinds in EXPORTERS.items() if kind in kinds]


def check_format(name: str, kind: Kind) -> None:
    """Check that a format supports a kind of result.

    :raises RequestError: if it does not, with the valid names.
    """
    if name not in EXPORTERS:
        raise unknown("format", name, formats(kind))
    if kind not in EXPORTERS[name]:
        raise RequestError(f"--format {name} is not for a {kind}: {listed(formats(kind))}")


def export(report: Report, name: str, width: int) -> str:
    """The text of a report in a format.

    :raises RequestError: if there is no such format for this kind of result.
    """
    check_format(name, report.kind)
    text: str = import_module(f"{__name__}.{name}").write(report, width)
    return text
