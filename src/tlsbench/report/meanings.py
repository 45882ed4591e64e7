"""What each column of a table means, in one line, for readers who meet it for the first time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: By the name of a column (:data:`tlsbench.report.table.COLUMNS`).
MEANINGS: Final[Mapping[str, str]] = {
    "client_us": "median time in the client's library for each operation",
    "server_us": "median time in the server's library for each operation",
    "libraries_us": "median time in the libraries for each operation, client plus server",
    "handshake_ms": "virtual time until the client may send its first byte",
    "first_byte_ms": "virtual time until the client has the first byte of the answer",
    "total_ms": "virtual time until the client has the whole answer",
    "p90_ms": "virtual time within which 90 % of the operations were complete",
    "p99_ms": "virtual time within which 99 % of the operations were complete",
    "client_ms": "processor time of the client within that",
    "server_ms": "processor time of the server within that",
    "handshake_rtts": "round trips until the handshake is done",
    "rtts": "round trips until the client has the whole answer",
    "segments": "TCP segments with data, or QUIC's datagrams, both ways",
    "retransmissions": "TCP segments that were sent again",
    "client_kib": "memory that an open connection keeps on the client's side",
    "server_kib": "memory that an open connection keeps on the server's side",
    "client_peak_kib": "the most memory of the client between two flights of the handshake",
    "server_peak_kib": "the most memory of the server between two flights of the handshake",
    "total_kib": "memory that an open connection keeps on both sides",
    "precision_percent": "half the 95 % interval of the median, relative to it",
    "p99_us": "time within which 99 % of the operations were done",
    "ops_per_s": "operations that one core does in a second, both sides together",
    "server_ops_per_s": "operations that one core does in a second, the server's side alone",
    "mb_per_s": "payload for each second of the time in the libraries (MB = 1,000,000 bytes)",
    "client_bytes": "bytes on the wire from the client to the server for each operation",
    "server_bytes": "bytes on the wire from the server to the client for each operation",
    "flights": "how often the direction changed on the wire, the first flight included",
    "datagrams": "datagrams of both sides for each operation",
    "tcp_open_us": "time to open the TCP connection, which no other column includes",
    "total_us": "median time for each operation, the harness included",
    "round_trips": "round trips until the client may send its first byte",
    "client_tickets_us": "time in the client's library for the tickets that come after the handshake",
    "tickets_sent": "tickets that the server sends after the handshake",
    "harness_us": "median time for each operation outside the libraries",
    "ratio": "median over that of the row marked = of the same size and operation; ~ is no difference",
    "instructions": "executed instructions for each operation",
    "spread_percent": "range of the repetitions, relative to the median",
}
