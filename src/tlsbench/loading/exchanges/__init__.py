"""HTTP as a load speaks it, without I/O: requests out, timed responses in.

An exchange reads only what it needs to tell whether a response is good and where the next one begins. Usual
responses are read here, for speed; the rest of each protocol is left to a library, h11 or hpack.
"""

from tlsbench.loading.exchanges.contract import Asked, Awaits, Exchange
from tlsbench.loading.exchanges.protocols import OFFERED, exchange_of, refusal, spoken

__all__ = ["OFFERED", "Asked", "Awaits", "Exchange", "exchange_of", "refusal", "spoken"]
