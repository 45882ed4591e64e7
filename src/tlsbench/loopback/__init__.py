"""Real TLS between real sockets on loopback: for seeing certificates work, not for measuring."""

from tlsbench.loopback.alerts import Alert
from tlsbench.loopback.channel import Channel
from tlsbench.loopback.client import Connected, Meeting, connect, meet
from tlsbench.loopback.server import Server, Visit
from tlsbench.loopback.setups import ClientSetup, ServerSetup

__all__ = [
    "Alert",
    "Channel",
    "ClientSetup",
    "Connected",
    "Meeting",
    "Server",
    "ServerSetup",
    "Visit",
    "connect",
    "meet",
]
