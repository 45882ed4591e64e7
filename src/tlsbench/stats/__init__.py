"""Statistics: pure functions of numbers, without I/O."""

from tlsbench.stats.addresses import with_addresses
from tlsbench.stats.between import Change, Kind, Level, Move, change, level
from tlsbench.stats.estimates import Estimate, estimates, mean_estimate
from tlsbench.stats.intervals import (
    CONFIDENCE,
    Interval,
    median_interval,
    paired_ratio,
    present,
    rounds_interval,
)
from tlsbench.stats.leaks import TimedCalls, TimingDifference, timing_difference
from tlsbench.stats.noise import LARGE_FLOOR, deviation, drift, is_difference, noise_floor
from tlsbench.stats.pace import at_middle_pace, paces
from tlsbench.stats.paired import Epoch, PairedComparison, compare_paired, compare_paired_counts
from tlsbench.stats.shares import quantile_ranks, share_interval
from tlsbench.stats.steps import Step, steps
from tlsbench.stats.summary import Summary, middle_of, summarise
from tlsbench.stats.unpaired import Comparison, adjusted, compare, compare_counts, geometric_mean

__all__ = [
    "CONFIDENCE",
    "LARGE_FLOOR",
    "Change",
    "Comparison",
    "Epoch",
    "Estimate",
    "Interval",
    "Kind",
    "Level",
    "Move",
    "PairedComparison",
    "Step",
    "Summary",
    "TimedCalls",
    "TimingDifference",
    "adjusted",
    "at_middle_pace",
    "change",
    "compare",
    "compare_counts",
    "compare_paired",
    "compare_paired_counts",
    "deviation",
    "drift",
    "estimates",
    "geometric_mean",
    "is_difference",
    "level",
    "mean_estimate",
    "median_interval",
    "middle_of",
    "noise_floor",
    "paces",
    "paired_ratio",
    "present",
    "quantile_ranks",
    "rounds_interval",
    "share_interval",
    "steps",
    "summarise",
    "timing_difference",
    "with_addresses",
]
