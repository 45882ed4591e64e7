"""HTTP as a load speaks it, without I/O: requests out, answers in, the time of each noted.

An exchange reads the least that tells whether an answer is good and where the next begins. What most answers
look like is read here, for speed; whatever else their protocol allows is a library's, h11 or hpack.
"""

from tlsbench.loading.exchanges.contract import Asked, Exchange
from tlsbench.loading.exchanges.protocols import OFFERED, exchange_of, refusal, spoken

__all__ = ["OFFERED", "Asked", "Exchange", "exchange_of", "refusal", "spoken"]
