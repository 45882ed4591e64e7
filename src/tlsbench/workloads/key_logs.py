"""Which end of a connection gives its secrets away."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tlsbench.errors import MeasurementError
from tlsbench.implementations import LogsKeys


def one_logs_keys(contexts: Iterable[object], path: Path) -> bool:
    """Have the first of some contexts that can log the secrets of its connections to a file.

    :returns: whether one can.
    """
    for context in contexts:
        if not isinstance(context, LogsKeys):
            continue
        try:
            context.log_keys(str(path))
        except MeasurementError:  # a build without: the context is one of several libraries'
            continue
        return True
    return False
