"""How often: warm-up, interleaved rounds, the stop rule, and the meters."""

from tlsbench.sampling.meters import METERS, Meter, meter_named
from tlsbench.sampling.runner import Outcome, Plan, Progress, Series, measure
from tlsbench.sampling.twins import drift_of, noise_floors, twins_of

__all__ = [
    "METERS",
    "Meter",
    "Outcome",
    "Plan",
    "Progress",
    "Series",
    "drift_of",
    "measure",
    "meter_named",
    "noise_floors",
    "twins_of",
]
