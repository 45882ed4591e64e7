"""Between whom: links move the bytes and keep the wire ledger."""

from tlsbench.links.ledger import NO_LEDGER, Direction, Entry, Ledger, first_flight, flights, summarise
from tlsbench.links.link import Link, MemoryLink, SocketLink, open_link
from tlsbench.links.wire import Observed, count_records, observe

__all__ = [
    "NO_LEDGER",
    "Direction",
    "Entry",
    "Ledger",
    "Link",
    "MemoryLink",
    "Observed",
    "SocketLink",
    "count_records",
    "first_flight",
    "flights",
    "observe",
    "open_link",
    "summarise",
]
