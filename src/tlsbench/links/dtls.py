"""Reading DTLS 1.2 off the wire (RFC 6347): records in datagrams, and messages in fragments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from tlsbench.errors import WireError
from tlsbench.links.ledger import Direction, Entry, Flight, summarise_datagrams
from tlsbench.links.reader import Reader
from tlsbench.links.round_trips import round_trips
from tlsbench.links.wire import Observed, WireReader, observed
from tlsbench.protocol.messages import (
    CLIENT_HELLO,
    DTLS_VERSIONS,
    HANDSHAKE,
    HELLO_VERIFY_REQUEST,
    SERVER_HELLO,
    VERSION_CODE_POINTS,
)


@dataclass(frozen=True, slots=True)
class DtlsRecord:
    """A record (RFC 6347 section 4.1). Records of epochs after 0 are protected."""

    content_type: int
    version: int
    epoch: int
    sequence: int
    fragment: bytes


def dtls_records(datagram: bytes) -> Iterator[DtlsRecord]:
    """The records in a datagram.

    :raises WireError: if it does not consist of whole records.
    """
    rest = Reader(datagram)
    while rest:
        content_type, version, epoch = rest.number(1), rest.number(2), rest.number(2)
        yield DtlsRecord(content_type, version, epoch, rest.number(6), rest.vector(2))


@dataclass(slots=True)
class _Message:
    """A handshake message, whose fragments may arrive in any order and more than once."""

    kind: int
    length: int
    parts: dict[int, bytes] = field(default_factory=dict)

    def body(self) -> bytes | None:
        """Return the whole body; None while a part is missing."""
        data = b""
        for at, part in sorted(self.parts.items()):
            if at > len(data):
                return None
            data += part[len(data) - at :]
        return data if len(data) == self.length else None


def clear_messages(datagrams: Iterable[bytes]) -> dict[int, tuple[int, bytes]]:
    """One side's complete cleartext handshake messages: type and body by message number, in order.

    :raises WireError: if the datagrams hold no records, or a fragment ends too early.
    """
    found: dict[int, _Message] = {}
    for datagram in datagrams:
        for record in dtls_records(datagram):
            if record.epoch or record.content_type != HANDSHAKE:
                continue
            fragments = Reader(record.fragment)
            while fragments:
                kind, length = fragments.number(1), fragments.number(3)
                number, at = fragments.number(2), fragments.number(3)
                message = found.setdefault(number, _Message(kind, length))
                message.parts[at] = fragments.vector(3)
    return {
        number: (message.kind, body)
        for number, message in sorted(found.items())
        if (body := message.body()) is not None
    }


def observe_dtls(entries: Iterable[Entry]) -> Observed:
    """Read both hellos, and whatever else of the handshake is in the clear.

    :raises WireError: if they do not open a DTLS 1.2 handshake.
    """
    sent: dict[Direction, list[bytes]] = {direction: [] for direction in Direction}
    for direction, datagram in entries:
        sent[direction].append(datagram)
    client, server = (
        dict(clear_messages(sent[direction]).values())
        for direction in (Direction.TO_SERVER, Direction.TO_CLIENT)
    )
    if CLIENT_HELLO not in client or SERVER_HELLO not in server:
        raise WireError("the wire does not open with ClientHello and ServerHello")
    address_check = HELLO_VERIFY_REQUEST in server
    return observed(
        {**client, CLIENT_HELLO: without_cookie(client[CLIENT_HELLO])},
        {**server, SERVER_HELLO: _as_of_tls(server[SERVER_HELLO])},
        address_check=address_check,
    )


def without_cookie(client_hello: bytes) -> bytes:
    """The body of a ClientHello as in TLS, without the cookie (RFC 6347 section 4.2.1)."""
    hello = Reader(client_hello)
    head = hello.take(2 + 32)  # client_version and random
    session_id = hello.vector(1)
    before = head + bytes((len(session_id),)) + session_id
    cookie = hello.vector(1)
    return before + client_hello[len(before) + 1 + len(cookie) :]


def _as_of_tls(server_hello: bytes) -> bytes:
    """The ServerHello with the TLS version that corresponds to its DTLS version."""
    version = DTLS_VERSIONS.get(int.from_bytes(server_hello[:2], "big"))
    if version is None:
        return server_hello
    return VERSION_CODE_POINTS[version].to_bytes(2, "big") + server_hello[2:]


def _types(flight: Flight) -> Iterator[int]:
    return (record.content_type for datagram in flight.parts for record in dtls_records(datagram))


def _count_records(datagram: bytes) -> int:
    return sum(1 for _ in dtls_records(datagram))


#: DTLS: records in datagrams.
DTLS: Final = WireReader(
    observe_dtls,
    lambda _entries: None,
    round_trips=partial(round_trips, types_of=_types),
    summarise=partial(summarise_datagrams, parts=_count_records),
)
