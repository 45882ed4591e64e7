"""The work that the wire ledger implies: records to be sealed, messages to be hashed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tlsbench.links import Direction, Entry, records_in
from tlsbench.links.ledger import Flight, flights
from tlsbench.protocol.messages import APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE
from tlsbench.scenarios.ciphers import CipherSuite

_CONTENT_TYPE_BYTES = 1


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one handshake sent, as far as it means work for the two sides.

    :param transcript_bytes: the size of all handshake messages in the transcript (RFC 8446 section 4.4.1),
        without the session tickets of TLS 1.3.
    :param by_client: the plaintext bytes in each record that the client sealed, in order.
    :param by_server: the same for the server.
    :param tickets: the records that a TLS 1.3 server sent after the handshake, each a session ticket.
    """

    transcript_bytes: int
    by_client: tuple[int, ...]
    by_server: tuple[int, ...]
    tickets: int = 0


@dataclass(frozen=True, slots=True)
class _Record:
    direction: Direction
    sealed: int | None
    message: int
    is_ticket: bool = False


def traffic_of(entries: Iterable[Entry], version: str, suite: CipherSuite) -> Traffic:
    """Read the records of a handshake.

    :param version: the TLS version, as a scenario spells it.
    :param suite: the suite that protects the records, with an AEAD.
    :raises WireError: if a record ends too early.
    """
    read = _of_tls_13 if version == "1.3" else _of_tls_12
    records = list(read(flights(entries), suite))
    by_client, by_server = (
        tuple(one.sealed for one in records if one.direction is direction and one.sealed is not None)
        for direction in (Direction.TO_SERVER, Direction.TO_CLIENT)
    )
    return Traffic(
        sum(one.message for one in records), by_client, by_server, sum(one.is_ticket for one in records)
    )


def _of_tls_13(flown: Iterable[Flight], suite: CipherSuite) -> Iterator[_Record]:
    """Read TLS 1.3 records; protected ones look like application data (RFC 8446 section 5.2)."""
    answered = spoken = False  # whether the server has sent anything, and whether its first flight is over
    for flight in flown:
        to_client = flight.direction is Direction.TO_CLIENT
        protected = False
        for kind, fragment in records_in(flight.data):
            if kind == HANDSHAKE:
                yield _Record(flight.direction, None, len(fragment))
            elif kind == APPLICATION_DATA:
                protected = True
                sealed = len(fragment) - suite.tag_bytes
                is_ticket = to_client and spoken
                is_early = not to_client and not answered
                message = 0 if is_ticket or is_early else sealed - _CONTENT_TYPE_BYTES
                yield _Record(flight.direction, sealed, message, is_ticket)
        answered = answered or to_client
        spoken = spoken or (to_client and protected)


def _of_tls_12(flown: Iterable[Flight], suite: CipherSuite) -> Iterator[_Record]:
    """Read TLS 1.2 records, protected after their side's ChangeCipherSpec (RFC 5246 section 7.1)."""
    protected: set[Direction] = set()
    for flight in flown:
        for kind, fragment in records_in(flight.data):
            if kind == CHANGE_CIPHER_SPEC:
                protected.add(flight.direction)
            elif flight.direction not in protected:
                yield _Record(flight.direction, None, len(fragment) if kind == HANDSHAKE else 0)
            else:
                sealed = len(fragment) - suite.tag_bytes - suite.explicit_nonce_bytes
                yield _Record(flight.direction, sealed, sealed if kind == HANDSHAKE else 0)
