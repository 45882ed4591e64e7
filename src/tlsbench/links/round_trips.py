"""The round trips of a handshake, counted from what went over a link."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tlsbench.errors import WireError
from tlsbench.links.ledger import Direction, Entry, Flight, flights
from tlsbench.protocol.messages import APPLICATION_DATA, RECORD_HEADER_BYTES

#: The type of the record that precedes the Finished message in TLS 1.2.
_CHANGE_CIPHER_SPEC: Final = 20
#: The types of the records in a flight.
ContentTypes = Callable[[Flight], Iterable[int]]


@dataclass(frozen=True, slots=True)
class RoundTrips:
    """How long a handshake takes, in round trips, on an open TCP connection.

    Opening TCP takes one more. The first byte of an answer comes one round trip after the client may send.

    :param count: round trips until the client may send its first byte of application data.
    :param flights: flights of the handshake itself.
    """

    count: int
    flights: int


def content_types(flight: Flight) -> Iterator[int]:
    """The types of the records in a flight over a stream."""
    data, at = flight.data, 0
    while at + RECORD_HEADER_BYTES <= len(data):
        yield data[at]
        at += RECORD_HEADER_BYTES + int.from_bytes(data[at + 3 : at + RECORD_HEADER_BYTES], "big")


def round_trips(
    entries: Iterable[Entry], version: str, *, early_data: bool, types_of: ContentTypes = content_types
) -> RoundTrips:
    """Count the round trips of a complete handshake.

    The client may send once it has received the server's Finished and sent its own. In TLS 1.2 (RFC 5246
    section 7.3) the server's follows its ChangeCipherSpec; in TLS 1.3 (RFC 8446 section 2) the client's is
    its first protected record after it has heard from the server. Early data is sent at once.

    :param early_data: whether the server accepted early data.
    :raises WireError: if the handshake is not complete.
    """
    flown = [_Flown(flight.direction, frozenset(types_of(flight))) for flight in flights(entries)]
    last = _client_finished(flown) if version == "1.3" else _server_finished(flown)
    until_client = [flight.direction for flight in flown[: last + 1]]
    count = 0 if early_data else until_client.count(Direction.TO_CLIENT)
    # A resumed handshake of TLS 1.2 ends with the client's Finished, one flight after the server's.
    resumed_1_2 = version != "1.3" and Direction.TO_SERVER in [one.direction for one in flown[last + 1 :]]
    return RoundTrips(count, last + 1 + resumed_1_2)


@dataclass(frozen=True, slots=True)
class _Flown:
    """A flight, reduced to the types of its records."""

    direction: Direction
    types: frozenset[int]


def _server_finished(flown: Sequence[_Flown]) -> int:
    return _first(flown, Direction.TO_CLIENT, _CHANGE_CIPHER_SPEC, after=0)


def _client_finished(flown: Sequence[_Flown]) -> int:
    heard = next((at for at, one in enumerate(flown) if one.direction is Direction.TO_CLIENT), len(flown))
    return _first(flown, Direction.TO_SERVER, APPLICATION_DATA, after=heard)


def _first(flown: Sequence[_Flown], direction: Direction, content_type: int, after: int) -> int:
    """The index of the direction's first flight, from ``after`` on, that has a record of this type."""
    for at, flight in enumerate(flown):
        if at >= after and flight.direction is direction and content_type in flight.types:
            return at
    raise WireError("the handshake on the wire is not complete")
