"""Many connections: how a server behaves under load, and what its clients see of it."""

from tlsbench.loading.backends import BackendLoad, Evenness, by_backend, evenness
from tlsbench.loading.crew import run_load
from tlsbench.loading.load import Load
from tlsbench.loading.plan import LoadPlan
from tlsbench.loading.tally import LoadTally
from tlsbench.loading.target import Target
from tlsbench.loading.thresholds import Threshold, parse_threshold

__all__ = [
    "BackendLoad",
    "Evenness",
    "Load",
    "LoadPlan",
    "LoadTally",
    "Target",
    "Threshold",
    "by_backend",
    "evenness",
    "parse_threshold",
    "run_load",
]
