"""How often: warm-up, interleaved rounds, the stop rule, and the instruments."""

from tlsbench.sampling.instruments import (
    INSTRUMENTS,
    METERS,
    PARTS,
    WALL,
    Instrument,
    instrument_for,
    meter_named,
)
from tlsbench.sampling.runner import Outcome, Plan, Progress, Series, measure
from tlsbench.sampling.twins import drift_of, noise_floors, twins_of

__all__ = [
    "INSTRUMENTS",
    "METERS",
    "PARTS",
    "WALL",
    "Instrument",
    "Outcome",
    "Plan",
    "Progress",
    "Series",
    "drift_of",
    "instrument_for",
    "measure",
    "meter_named",
    "noise_floors",
    "twins_of",
]
