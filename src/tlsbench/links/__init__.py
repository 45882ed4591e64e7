"""Between whom: links move the bytes and keep the wire ledger."""

from tlsbench.links.ledger import NO_LEDGER, Direction, Entry, Ledger, first_flight, summarise
from tlsbench.links.link import Link, MemoryLink, SocketLink, open_link
from tlsbench.links.wire import Observed, observe

__all__ = [
    "NO_LEDGER",
    "Direction",
    "Entry",
    "Ledger",
    "Link",
    "MemoryLink",
    "Observed",
    "SocketLink",
    "first_flight",
    "observe",
    "open_link",
    "summarise",
]
