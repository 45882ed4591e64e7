"""A TLS server of any implementation, with many connections, in several processes."""

from tlsbench.serving.crew import Serving
from tlsbench.serving.limits import Limits
from tlsbench.serving.plan import MODELS, Plan
from tlsbench.serving.tally import Tally

__all__ = ["MODELS", "Limits", "Plan", "Serving", "Tally"]
