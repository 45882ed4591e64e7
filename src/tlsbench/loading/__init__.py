"""Many connections: what a server does under load, and what its clients see of that."""

from tlsbench.loading.crew import Load, run_load
from tlsbench.loading.plan import LoadPlan, Target
from tlsbench.loading.tally import LoadTally
from tlsbench.loading.thresholds import Threshold, parse_threshold

__all__ = ["Load", "LoadPlan", "LoadTally", "Target", "Threshold", "parse_threshold", "run_load"]
