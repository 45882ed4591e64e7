"""QUIC version 1 on the wire: packets, their protection, their frames, and what they show of a handshake."""

from tlsbench.links.quic.frames import Frame, frames_of
from tlsbench.links.quic.observing import QUIC, Initials, initials_of, observe_quic, quic_round_trips
from tlsbench.links.quic.packets import Packet, PacketKind, packets_of
from tlsbench.links.quic.protection import (
    Opened,
    PacketKeys,
    check_retry,
    initial_keys,
    initial_secrets,
)

__all__ = [
    "QUIC",
    "Frame",
    "Initials",
    "Opened",
    "Packet",
    "PacketKeys",
    "PacketKind",
    "check_retry",
    "frames_of",
    "initial_keys",
    "initial_secrets",
    "initials_of",
    "observe_quic",
    "packets_of",
    "quic_round_trips",
]
