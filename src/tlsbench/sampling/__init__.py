"""Sampling: warm-up, interleaved rounds, the stop rule, and the instruments."""

from tlsbench.sampling.aa_cells import aa_cells_of, drift_of, noise_floors
from tlsbench.sampling.instruments import (
    INSTRUMENTS,
    METERS,
    PARTS,
    WALL,
    Instrument,
    instrument_for,
    meter_named,
)
from tlsbench.sampling.runner import Outcome, Plan, Progress, measure
from tlsbench.sampling.series import Series, paces_of

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
    "aa_cells_of",
    "drift_of",
    "instrument_for",
    "measure",
    "meter_named",
    "noise_floors",
    "paces_of",
]
