"""One direction of the line between two hosts: its rate, delay and losses; it has no clock of its own.

The simulation sends its packets over it in virtual time, :mod:`tlsbench.forwarding` the kernel's packets in
real time.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from tlsbench.links.network.values import Network


@dataclass(slots=True)
class Line:
    """One direction of a network, which keeps packets in order.

    :param chance: the random generator that decides the losses.
    """

    network: Network
    chance: random.Random
    _free_ms: float = 0.0

    def arrival_ms(self, now_ms: float, packet_bytes: int) -> float | None:
        """When a packet sent now arrives; None if it is lost, after having taken its time on the line.

        :param packet_bytes: its size, including the IP and the TCP or UDP header.
        """
        self._free_ms = max(now_ms, self._free_ms) + self.network.line_ms(packet_bytes)
        if self.chance.random() < self.network.loss:
            return None
        return self._free_ms + self.network.rtt_ms / 2
