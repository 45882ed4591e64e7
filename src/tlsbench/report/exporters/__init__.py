"""The formats in which results are written, each a module of its own with one function.

``write(report, width)`` gives the text of a :class:`~tlsbench.report.sheets.Report`; what came from outside
is escaped there for the format (:mod:`tlsbench.escaping`). ``width`` is the columns of a line, for formats
that have any.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from tlsbench.errors import RequestError, listed, unknown

if TYPE_CHECKING:  # the command line asks for names, and needs nothing else of it
    from tlsbench.report.sheets import Kind, Report

_ALL: Final[tuple[Kind, ...]] = ("run", "comparison", "duel", "load", "timing", "capacity")

#: The formats by name, with the kinds of results that have them. Each is the module of that name.
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
    """The names of the formats of a kind of result."""
    return [name for name, kinds in EXPORTERS.items() if kind in kinds]


def check_format(name: str, kind: Kind) -> None:
    """Check that a kind of result has a format.

    :raises RequestError: with the names that are valid, if it has not.
    """
    if name not in EXPORTERS:
        raise unknown("format", name, formats(kind))
    if kind not in EXPORTERS[name]:
        raise RequestError(f"--format {name} is not for a {kind}: {listed(formats(kind))}")


def export(report: Report, name: str, width: int) -> str:
    """A report in a format.

    :raises RequestError: if there is no such format of it.
    """
    check_format(name, report.kind)
    text: str = import_module(f"{__name__}.{name}").write(report, width)
    return text
