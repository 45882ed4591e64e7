"""The JSON document of the result itself, see :mod:`tlsbench.results`."""

from __future__ import annotations

from tlsbench.report.sheets import Report


def write(report: Report, _width: int) -> str:
    """The document, which can be read back."""
    return report.document().rstrip("\n") + "\n"
