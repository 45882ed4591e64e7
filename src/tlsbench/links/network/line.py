"""The line between two hosts, one way: its rate, its delay and its losses; without a clock of its own.

The simulation sends its packets over it in virtual time, and :mod:`tlsbench.forwarding` those of a kernel in
real time.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from tlsbench.links.network.values import Network


@dataclass(slots=True)
class Line:
    """One direction of a network. Packets leave it in the order in which they entered.

    :param chance: what the losses are drawn from.
    """

    network: Network
    chance: random.Random
    _free_ms: float = 0.0

    def arrival_ms(self, now_ms: float, packet_bytes: int) -> float | None:
        """When a packet that enters now arrives; None if it is lost, behind the sender.

        :param packet_bytes: its size, with the headers of IP and TCP.
        """
        self._free_ms = max(now_ms, self._free_ms) + self.network.line_ms(packet_bytes)
        if self.chance.random() < self.network.loss:
            return None
        return self._free_ms + self.network.rtt_ms / 2
