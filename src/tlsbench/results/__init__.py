"""Results as values: runs, loads and duels, their environment, and their JSON, written and read."""

from tlsbench.results.cell import Cell, cell_from_series
from tlsbench.results.run import Conditions, Failure, Run

__all__ = ["Cell", "Conditions", "Failure", "Run", "cell_from_series"]
