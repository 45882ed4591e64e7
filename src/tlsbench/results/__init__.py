"""What is kept: runs, loads and duels as values, the environment, and their JSON, written and read."""

from tlsbench.results.cell import TIMES, Cell, cell_from_series
from tlsbench.results.run import Conditions, Failure, Run

__all__ = ["TIMES", "Cell", "Conditions", "Failure", "Run", "cell_from_series"]
