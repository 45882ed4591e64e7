"""What is kept: cells, runs, the environment, and pytest-benchmark's JSON."""

from tlsbench.results.cell import TIMES, Cell, cell_from_series
from tlsbench.results.run import Conditions, Failure, Run

__all__ = ["TIMES", "Cell", "Conditions", "Failure", "Run", "cell_from_series"]
