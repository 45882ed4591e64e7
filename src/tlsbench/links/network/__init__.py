"""A network in virtual time: how long an exchange takes at a given round-trip time, rate and loss."""

from tlsbench.links.network.datagrams import DatagramEnd, DatagramTurn, complete_datagrams
from tlsbench.links.network.line import Line
from tlsbench.links.network.scripts import Script, Step
from tlsbench.links.network.simulation import complete
from tlsbench.links.network.values import (
    CONGESTION_CONTROLS,
    INITIAL_WINDOW_BYTES,
    Completion,
    End,
    Network,
    Turn,
)

__all__ = [
    "CONGESTION_CONTROLS",
    "INITIAL_WINDOW_BYTES",
    "Completion",
    "DatagramEnd",
    "DatagramTurn",
    "End",
    "Line",
    "Network",
    "Script",
    "Step",
    "Turn",
    "complete",
    "complete_datagrams",
]
