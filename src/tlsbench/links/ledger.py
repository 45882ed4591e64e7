"""The wire ledger: what went over a link, in order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from itertools import groupby


class Direction(Enum):
    """Which way bytes went."""

    TO_SERVER = "from client to server"
    TO_CLIENT = "from server to client"


#: One write on a stream, or one datagram: its direction and the bytes.
Entry = tuple[Direction, bytes]


@dataclass(frozen=True, slots=True)
class Flight:
    """All that one side sends before the other answers: its writes or datagrams, in order."""

    direction: Direction
    parts: tuple[bytes, ...]

    @property
    def data(self) -> bytes:
        """The parts in a row, as a stream carries them."""
        return b"".join(self.parts)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The sum of what was carried for one sample.

    ``flights`` is how often the direction changed, and one more. ``client_bytes`` went from client to server,
    ``server_bytes`` from server to client; both are TLS bytes, without TCP, UDP or IP. Of a handshake,
    ``round_trips`` is how many it took until the client could send its first byte of application data (the
    first byte of an answer takes one more, and so does opening TCP), and ``handshake_flights`` the flights
    without what came after it, such as tickets. Both are None where that was not counted.
    """

    flights: int
    client_bytes: int
    server_bytes: int
    round_trips: int | None = None
    handshake_flights: int | None = None


#: Of what goes over no link.
NO_LEDGER = Ledger(0, 0, 0)


def flights(entries: Iterable[Entry]) -> list[Flight]:
    """The flights that a ledger holds."""
    return [
        Flight(direction, tuple(data for _, data in group))
        for direction, group in groupby(entries, key=lambda entry: entry[0])
    ]


def summarise(entries: Iterable[Entry]) -> Ledger:
    """Count flights and bytes."""
    flown = flights(entries)
    return Ledger(len(flown), _bytes(flown, Direction.TO_SERVER), _bytes(flown, Direction.TO_CLIENT))


def _bytes(flown: Iterable[Flight], direction: Direction) -> int:
    return sum(len(part) for flight in flown if flight.direction is direction for part in flight.parts)
