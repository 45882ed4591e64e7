"""tlsbench: what a cipher, key, group, chain, resumption or TLS library costs, with proof.

The packages follow the data: ``scenarios`` defines what to measure, ``pki`` who the peers are,
``implementations`` drives a TLS library without I/O, ``links`` moves the bytes, ``workloads`` turns one call
into one verified sample, ``stats`` defines what the numbers mean, ``sampling`` when to take samples,
``results`` what to keep, and ``report`` shows it.

Python programs can use :func:`run`, :func:`duel`, :func:`compare`, :func:`load`, :func:`capacity`,
:func:`read` and :func:`matrix`. They are imported on first access: ``import tlsbench`` alone imports nothing
else.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

from tlsbench.version import __version__

if TYPE_CHECKING:
    from tlsbench.api import (
        Capacity,
        Comparison,
        Interrupted,
        Result,
        capacity,
        compare,
        duel,
        load,
        matrix,
        read,
        run,
    )
    from tlsbench.errors import MeasurementError, OutputError, RequestError, TlsbenchError
    from tlsbench.sampling import Progress
    from tlsbench.scenarios import Matrix, Scenario

__all__ = [
    "Capacity",
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
    "capacity",
    "compare",
    "duel",
    "load",
    "matrix",
    "read",
    "run",
]

if "TLSBENCH_SHIELDED" in os.environ:  # before anything imports the cryptography package
    from tlsbench.shield import shield

    shield()

#: The modules of the names that the API does not define itself.
_ELSEWHERE = {
    "Matrix": "tlsbench.scenarios",
    "MeasurementError": "tlsbench.errors",
    "OutputError": "tlsbench.errors",
    "Progress": "tlsbench.sampling",
    "RequestError": "tlsbench.errors",
    "Scenario": "tlsbench.scenarios",
    "TlsbenchError": "tlsbench.errors",
}


if not TYPE_CHECKING:  # to a type checker, a module with a __getattr__ has every name

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module 'tlsbench' has no attribute {name!r}")
        value = getattr(importlib.import_module(_ELSEWHERE.get(name, "tlsbench.api")), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
