"""A line with a given round trip, rate and loss between two kernels, for ``tlsbench load --via``.

A process with its own network namespace (:mod:`.worker`) has one TUN device there for each address of a
target, and one where it was started (:mod:`.devices`). It forwards packets between them (:mod:`.forwarder`)
over the same :class:`~tlsbench.links.network.Line` that ``link=network`` simulates; each target has its own.
Clients enter the namespace to be behind those lines (:mod:`.detour`). Nothing outlives the process: the
kernel removes a namespace and a TUN device once nobody holds them any more, however their holder ended.
"""

from tlsbench.forwarding.conditions import NO_LINE, canonical, network_of
from tlsbench.forwarding.detour import Detour, Forwarded, LineTo, local_address

__all__ = ["NO_LINE", "Detour", "Forwarded", "LineTo", "canonical", "local_address", "network_of"]
