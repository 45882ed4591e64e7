"""tlsbench for Python programs: the public names of :mod:`tlsbench`, see ``docs/python.md``.

The functions take plain Python values and return a :class:`Result`, a :class:`Comparison` or a
:class:`Capacity`; like the command line, they measure with :mod:`tlsbench.session`.
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
