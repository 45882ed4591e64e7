"""What numbers mean: pure functions of numbers, without I/O."""

from tlsbench.stats.intervals import CONFIDENCE, Interval, median_interval, paired_ratio
from tlsbench.stats.noise import deviation, drift, is_difference, noise_floor
from tlsbench.stats.summary import Summary, summarise
from tlsbench.stats.unpaired import Comparison, adjusted, compare, geometric_mean

__all__ = [
    "CONFIDENCE",
    "Comparison",
    "Interval",
    "Summary",
    "adjusted",
    "compare",
    "deviation",
    "drift",
    "geometric_mean",
    "is_difference",
    "median_interval",
    "noise_floor",
    "paired_ratio",
    "summarise",
]
