"""What the ``report`` extra provides, and how to install it."""

from __future__ import annotations

from importlib.util import find_spec

from tlsbench.errors import RequestError

_INSTALL = "or '.[report]' in a clone of tlsbench"


def require_plotly() -> None:
    """Check that the page can be written, before anything is measured for it.

    :raises RequestError: if plotly is missing, with the command that installs it.
    """
    if find_spec("plotly") is None:
        raise RequestError(f"the report needs plotly: pip install plotly, {_INSTALL}")


def require_matplotlib() -> None:
    """Check that pictures can be drawn.

    :raises RequestError: if matplotlib is missing, with the command that installs it.
    """
    if find_spec("matplotlib") is None:
        raise RequestError(f"pictures need matplotlib: pip install matplotlib, {_INSTALL}")
