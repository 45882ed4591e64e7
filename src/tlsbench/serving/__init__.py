"""A TLS server with any implementation, for many connections, in several processes."""

from tlsbench.serving.crew import Serving
from tlsbench.serving.limits import Limits
from tlsbench.serving.plan import MODELS, ServerPlan
from tlsbench.serving.tally import ServerTally

__all__ = ["MODELS", "Limits", "ServerPlan", "ServerTally", "Serving"]
