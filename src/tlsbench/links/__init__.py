"""Links between client and server, which move the bytes and keep the wire ledger."""

from tlsbench.links.datagrams import DatagramLink, MemoryDatagrams
from tlsbench.links.dtls import DTLS
from tlsbench.links.ledger import (
    NO_LEDGER,
    Direction,
    Entry,
    Flight,
    Ledger,
    flights,
    sizes_of,
    summarise,
    summarise_datagrams,
)
from tlsbench.links.link import Link, MemoryLink, SocketLink, TcpLink, open_link
from tlsbench.links.protected import protected_records
from tlsbench.links.records import record_lengths, records_in
from tlsbench.links.round_trips import RoundTrips, round_trips
from tlsbench.links.wire import (
    JOINED,
    STREAM,
    Observed,
    WireReader,
    count_tickets,
    hello_extensions_of,
    observe,
    observed,
)

__all__ = [
    "DTLS",
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
    "hello_extensions_of",
    "observe",
    "observed",
    "open_link",
    "protected_records",
    "record_lengths",
    "records_in",
    "round_trips",
    "sizes_of",
    "summarise",
    "summarise_datagrams",
]
