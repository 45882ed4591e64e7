"""The wire ledger: everything that went over a link, in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from enum import Enum
from itertools import groupby
from typing import Any, Final


class Direction(Enum):
    """Which way bytes went."""

    TO_SERVER = "from client to server"
    TO_CLIENT = "from server to client"


#: One write on a stream, or one datagram: its direction and the bytes.
Entry = tuple[Direction, bytes]


@dataclass(frozen=True, slots=True)
class Flight:
    """Everything that one side sends before the other answers: its writes or datagrams, in order."""

    direction: Direction
    parts: tuple[bytes, ...]

    @property
    def data(self) -> bytes:
        """The parts joined, as a stream carries them."""
        return b"".join(self.parts)


@dataclass(frozen=True, slots=True)
class Ledger:
    """A summary of what was carried for one sample.

    ``flights`` is one more than the number of times the direction changed. ``client_bytes`` went from client
    to server, ``server_bytes`` from server to client; both count TLS, DTLS or QUIC, without TCP, UDP or IP.
    For a handshake, ``round_trips`` counts those until the client could send its first byte of application
    data (the first byte of an answer takes one more, and so does opening TCP), and ``handshake_flights``
    leaves out what came after the handshake, such as tickets. Both are None if they were not counted.

    The next fields are None except over datagrams: how many each side sent, how many in all hold more than
    one DTLS record or QUIC packet (``coalesced``), and for a handshake the datagram ``sizes`` of each flight
    in bytes, the client's first flight first.

    For application data over a stream, the last two count each side's records; otherwise they are None.
    """

    flights: int
    client_bytes: int
    server_bytes: int
    round_trips: int | None = None
    handshake_flights: int | None = None
    client_datagrams: int | None = None
    server_datagrams: int | None = None
    coalesced: int | None = None
    sizes: tuple[tuple[int, ...], ...] | None = None
    client_records: int | None = None
    server_records: int | None = None

    def plain(self) -> dict[str, Any]:
        """Return values that JSON can hold, without optional fields that are None; :meth:`of` reads them."""
        return {
            name: value for name, value in asdict(self).items() if value is not None or name not in _OF_SOME
        }

    @classmethod
    def of(cls, values: Sequence[Any] | Mapping[str, Any]) -> Ledger:
        """Return the ledger from fields that have been through JSON, by position or by name."""
        named = values if isinstance(values, Mapping) else dict(zip(_NAMES, values, strict=False))
        sizes = named.get("sizes")
        return cls(**{**named, "sizes": sizes and tuple(map(tuple, sizes))})


_NAMES: Final = tuple(one.name for one in fields(Ledger))
_OF_SOME: Final = frozenset(
    ("client_datagrams", "server_datagrams", "coalesced", "sizes", "client_records", "server_records")
)

#: For an operation that uses no link.
NO_LEDGER = Ledger(0, 0, 0)


def flights(entries: Iterable[Entry]) -> list[Flight]:
    """Group the entries of a ledger into flights."""
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


def summarise_datagrams(entries: Iterable[Entry], parts: Callable[[bytes], int]) -> Ledger:
    """Count flights, bytes and datagrams.

    :param parts: how many records or packets a datagram holds.
    """
    sent = list(entries)
    counts = Counter(direction for direction, _ in sent)
    return replace(
        summarise(sent),
        client_datagrams=counts[Direction.TO_SERVER],
        server_datagrams=counts[Direction.TO_CLIENT],
        coalesced=sum(parts(datagram) > 1 for _, datagram in sent),
    )


def sizes_of(entries: Iterable[Entry]) -> tuple[tuple[int, ...], ...]:
    """Return the sizes of the datagrams of each flight, in bytes."""
    return tuple(tuple(map(len, flight.parts)) for flight in flights(entries))
