"""Many connections: what a server does under load, and what its clients see of that."""

from tlsbench.load.crew import Load, run_load
from tlsbench.load.plan import LoadPlan, Target
from tlsbench.load.tally import LoadTally

__all__ = ["Load", "LoadPlan", "LoadTally", "Target", "run_load"]
