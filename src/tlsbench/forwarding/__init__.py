"""A line of a given round trip, rate and loss between two kernels: what ``tlsbench load --via`` goes over.

A process with a network namespace of its own (:mod:`.worker`) has a TUN device there and one where it was
started (:mod:`.devices`), and carries packets from one to the other (:mod:`.forwarder`) over the very
:class:`~tlsbench.links.network.Line` that ``link=network`` simulates. Clients enter the namespace to be
behind that line (:mod:`.detour`). Nothing outlives the process: a kernel takes a namespace and a TUN device
away when nobody holds them any more, however their holder ended.
"""

from tlsbench.forwarding.conditions import canonical, network_of
from tlsbench.forwarding.detour import Detour, Forwarded, local_address

__all__ = ["Detour", "Forwarded", "canonical", "local_address", "network_of"]
