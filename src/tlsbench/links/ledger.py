"""The wire ledger: what went over a link, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby


class Direction(Enum):
    """Which way bytes went."""

    TO_SERVER = "from client to server"
    TO_CLIENT = "from server to client"


#: One carry: its direction and the bytes.
Entry = tuple[Direction, bytes]


@dataclass(frozen=True, slots=True)
class Ledger:
    """The sum of what was carried for one sample.

    A flight is all that one side sends before the other answers. ``client_bytes`` went from client
    to server, ``server_bytes`` from server to client; both are TLS bytes, without TCP or IP.
    """

    flights: int
    client_bytes: int
    server_bytes: int


#: Of what goes over no link.
NO_LEDGER = Ledger(0, 0, 0)


def summarise(entries: Sequence[Entry]) -> Ledger:
    """Count flights and bytes."""
    return Ledger(
        flights=sum(1 for _ in groupby(entries, key=lambda entry: entry[0])),
        client_bytes=sum(len(data) for way, data in entries if way is Direction.TO_SERVER),
        server_bytes=sum(len(data) for way, data in entries if way is Direction.TO_CLIENT),
    )


def flights(entries: Sequence[Entry], direction: Direction) -> list[bytes]:
    """What one side sent, flight by flight."""
    return [
        b"".join(data for _, data in group)
        for way, group in groupby(entries, key=lambda entry: entry[0])
        if way is direction
    ]


def first_flight(entries: Sequence[Entry], direction: Direction) -> bytes:
    """All that one side sent in its first flight."""
    return next(iter(flights(entries, direction)), b"")
