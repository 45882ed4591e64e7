"""Having one end of a connection log its secrets."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tlsbench.errors import MeasurementError
from tlsbench.implementations import LogsKeys


def one_logs_keys(contexts: Iterable[object], path: Path) -> bool:
    """Have the first context that can do so log the secrets of its connections to a file.

    :returns: whether there is one.
    """
    for context in contexts:
        if not isinstance(context, LogsKeys):
            continue
        try:
            context.log_keys(str(path))
        except MeasurementError:  # a build without key logs; other libraries share this context's class
            continue
        return True
    return False
