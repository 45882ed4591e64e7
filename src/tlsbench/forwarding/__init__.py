"""A line of a given round trip, rate and loss between two kernels: what ``tlsbench load --via`` goes over.

A process with a network namespace of its own (:mod:`.worker`) has TUN devices there, one for each address of
a target, and one where it was started (:mod:`.devices`), and carries packets between them (:mod:`.forwarder`)
over the very :class:`~tlsbench.links.network.Line` that ``link=network`` simulates, of which each target has
its own. Clients enter the namespace to be behind those lines (:mod:`.detour`). Nothing outlives the process:
a kernel takes a namespace and a TUN device away when nobody holds them any more, however their holder ended.
"""

from tlsbench.forwarding.conditions import NO_LINE, canonical, network_of
from tlsbench.forwarding.detour import Detour, Forwarded, LineTo, local_address

__all__ = ["NO_LINE", "Detour", "Forwarded", "LineTo", "canonical", "local_address", "network_of"]
