"""tlsbench: what a cipher, key, group, chain, resumption or TLS library cost, with proof.

The way of the data is the way of the folders: ``scenarios`` says what to measure, ``pki`` who the
peers are, ``implementations`` drives a TLS library without I/O, ``links`` moves the bytes,
``workloads`` turns one call into one verified sample, ``stats`` says what numbers mean,
``sampling`` how often to ask, ``results`` what is kept and ``report`` who reads it.

For Python programs there are :func:`run`, :func:`duel`, :func:`compare`, :func:`load`, :func:`read` and
:func:`matrix`. They are imported when first asked for: ``import tlsbench`` alone imports nothing else.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tlsbench.version import __version__

if TYPE_CHECKING:
    from tlsbench.api import Comparison, Interrupted, Result, compare, duel, load, matrix, read, run
    from tlsbench.errors import MeasurementError, OutputError, RequestError, TlsbenchError
    from tlsbench.sampling import Progress
    from tlsbench.scenarios import Matrix, Scenario

__all__ = [
    "Comparison",
    "Interrupted",
    "Matrix",
    "MeasurementError",
    "OutputError",
    "Progress",
    "RequestError",
    "Result",
    "Scenario",
    "TlsbenchError",
    "__version__",
    "compare",
    "duel",
    "load",
    "matrix",
    "read",
    "run",
]

#: Where the names are that the API does not define itself.
_ELSEWHERE = {
    "Matrix": "tlsbench.scenarios",
    "MeasurementError": "tlsbench.errors",
    "OutputError": "tlsbench.errors",
    "Progress": "tlsbench.sampling",
    "RequestError": "tlsbench.errors",
    "Scenario": "tlsbench.scenarios",
    "TlsbenchError": "tlsbench.errors",
}


if not TYPE_CHECKING:  # for type checkers a module with a __getattr__ has every name

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module 'tlsbench' has no attribute {name!r}")
        if name == "load":
            return importlib.import_module("tlsbench.load")
        value = getattr(importlib.import_module(_ELSEWHERE.get(name, "tlsbench.api")), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Load(ModuleType):
    """The package ``tlsbench.load``, called as the function of that name: a program may have imported it."""

    def __call__(self, *arguments: Any, **named: Any) -> object:  # noqa: ANN401 - those of tlsbench.api.load
        from tlsbench.api import load

        return load(*arguments, **named)


class _Tlsbench(ModuleType):
    """The package itself: what the import of ``tlsbench.load`` leaves in it can be called."""

    def __setattr__(self, name: str, value: object) -> None:
        if name == "load" and isinstance(value, ModuleType):
            value.__class__ = _Load
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Tlsbench
