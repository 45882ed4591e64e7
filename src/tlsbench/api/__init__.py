"""tlsbench for Python programs: what :mod:`tlsbench` itself offers, see ``docs/python.md``.

The functions take plain Python and give a :class:`Result` or a :class:`Comparison`; the measuring is that of
:mod:`tlsbench.session`, as for the command line.
"""

from tlsbench.api.interrupted import Interrupted
from tlsbench.api.loading import load
from tlsbench.api.measuring import compare, duel, matrix, read, run
from tlsbench.api.planning import Capacity, capacity
from tlsbench.api.result import Comparison, Result

__all__ = [
    "Capacity",
    "Comparison",
    "Interrupted",
    "Result",
    "capacity",
    "compare",
    "duel",
    "load",
    "matrix",
    "read",
    "run",
]
