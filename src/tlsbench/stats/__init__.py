"""What numbers mean: pure functions of numbers, without I/O."""

from tlsbench.stats.intervals import CONFIDENCE, Interval, median_interval, paired_ratio
from tlsbench.stats.summary import Summary, summarise

__all__ = ["CONFIDENCE", "Interval", "Summary", "median_interval", "paired_ratio", "summarise"]
