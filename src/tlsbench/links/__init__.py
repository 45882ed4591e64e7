"""Between whom: links move the bytes and keep the wire ledger."""

from tlsbench.links.datagrams import DatagramLink, MemoryDatagrams
from tlsbench.links.ledger import NO_LEDGER, Direction, Entry, Flight, Ledger, flights, summarise
from tlsbench.links.link import Link, MemoryLink, SocketLink, TcpLink, open_link
from tlsbench.links.round_trips import RoundTrips, round_trips
from tlsbench.links.wire import JOINED, STREAM, Observed, WireReader, count_tickets, observe

__all__ = [
    "JOINED",
    "NO_LEDGER",
    "STREAM",
    "DatagramLink",
    "Direction",
    "Entry",
    "Flight",
    "Ledger",
    "Link",
    "MemoryDatagrams",
    "MemoryLink",
    "Observed",
    "RoundTrips",
    "SocketLink",
    "TcpLink",
    "WireReader",
    "count_tickets",
    "flights",
    "observe",
    "open_link",
    "round_trips",
    "summarise",
]
