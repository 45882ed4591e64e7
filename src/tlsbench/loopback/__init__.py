"""Real TLS between real sockets on loopback: for seeing certificates at work, not for measuring."""

from tlsbench.loopback.alerts import Alert
from tlsbench.loopback.channel import Channel
from tlsbench.loopback.client import Connected, Meeting, connect, meet
from tlsbench.loopback.server import Server, Visit
from tlsbench.loopback.setups import ClientSetup, Kept, ServerSetup
from tlsbench.loopback.tap import Tap, send_again

__all__ = [
    "Alert",
    "Channel",
    "ClientSetup",
    "Connected",
    "Kept",
    "Meeting",
    "Server",
    "ServerSetup",
    "Tap",
    "Visit",
    "connect",
    "meet",
    "send_again",
]
