"""What to measure: scenarios, the axes along which they vary, and the matrix that the axes span."""

from tlsbench.scenarios.capabilities import Capabilities, Gap, gap
from tlsbench.scenarios.matrix import Excluded, Matrix, expand, scenario_from_id, union
from tlsbench.scenarios.scenario import Scenario
from tlsbench.scenarios.selectors import Selection, narrow, parse

__all__ = [
    "Capabilities",
    "Excluded",
    "Gap",
    "Matrix",
    "Scenario",
    "Selection",
    "expand",
    "gap",
    "narrow",
    "parse",
    "scenario_from_id",
    "union",
]
