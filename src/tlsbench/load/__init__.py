"""Many connections: what a server does under load, and what its clients see of that."""

from tlsbench.load.crew import Load, run_load
from tlsbench.load.plan import Plan, Target
from tlsbench.load.tally import Tally

__all__ = ["Load", "Plan", "Tally", "Target", "run_load"]
