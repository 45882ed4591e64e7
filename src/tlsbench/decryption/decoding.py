"""From records to messages: whose keys protect which record, and what each record contains.

Both sides begin without encryption. In TLS 1.3 the hellos bring handshake keys, each side's Finished its
application keys, and a client that sends early data has keys for that first (RFC 8446, appendix A). In TLS
1.2 each side's ChangeCipherSpec brings its keys (RFC 5246 section 7.1).

Records of DTLS 1.2 are read like those of TLS 1.2: nothing is lost on the way to a trace, so that the
fragments of a message follow one another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tlsbench.decryption.keylog import KeyLog
from tlsbench.decryption.messages import Compression, Extension, Hello, hello_of, name_of, read_body
from tlsbench.decryption.protection import Opener, Suite, Tls13Opener, tls12_openers
from tlsbench.decryption.records import Record
from tlsbench.errors import WireError
from tlsbench.links import Direction
from tlsbench.links.dtls import without_cookie
from tlsbench.links.reader import Reader
from tlsbench.protocol import alerts, messages
from tlsbench.protocol.messages import (
    CONTENT_NAMES,
    DTLS_MESSAGE_HEADER_BYTES,
    MESSAGE_HEADER_BYTES,
)
from tlsbench.scenarios.ciphers import BROKEN_VERSIONS

#: The sides as key logs and key blocks name them.
_SIDES: Final = {Direction.TO_SERVER: "client", Direction.TO_CLIENT: "server"}
_EARLY: Final = "CLIENT_EARLY_TRAFFIC_SECRET"


@dataclass(frozen=True, slots=True)
class Message:
    """Content of one or more records: a handshake message, an alert, application data, or something unopened.

    :param wire_bytes: its size with its own header (in DTLS that of each fragment), without records and
        protection; if it was not opened, that of the protected fragment.
    :param records: the numbers, from 0, of the records that carry it.
    :param compression: of a CompressedCertificate.
    :param opened: whether it was read; False if it is encrypted and its secrets are unknown.
    """

    name: str
    wire_bytes: int
    encrypted: bool
    records: tuple[int, ...]
    extensions: tuple[Extension, ...] = ()
    certificates_bytes: tuple[int, ...] = ()
    opened: bool = True
    kind: int | None = None
    compression: Compression | None = None


@dataclass(frozen=True, slots=True)
class Decoded:
    """A message, its sender, and the body of a handshake message that was read, without the header."""

    direction: Direction
    message: Message
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Opening:
    """The hellos of a connection: what was agreed on without encryption."""

    client_random: bytes
    server: Hello


@dataclass(slots=True)
class _Side:
    """The state of one direction while its records are read."""

    openers: list[tuple[str, Opener]]
    protected: bool = False
    waiting: bytes = b""
    carriers: tuple[int, ...] = field(default=())

    @property
    def label(self) -> str:
        return self.openers[0][0] if self.openers else ""

    def turn(self) -> None:
        """Switch to the next keys, if there are any."""
        if len(self.openers) > 1:
            del self.openers[0]


def opening_of(records: Sequence[Record]) -> Opening:
    """The client random and the ServerHello of a connection; a HelloRetryRequest is skipped.

    :raises WireError: if there are none.
    """
    client = next(_clear_hellos(records, Direction.TO_SERVER), None)
    server = next(
        (hello for hello in _clear_hellos(records, Direction.TO_CLIENT) if not hello.is_retry), None
    )
    if client is None or server is None:
        raise WireError("the wire does not open with ClientHello and ServerHello")
    return Opening(client.random, server)


def _clear_hellos(records: Sequence[Record], direction: Direction) -> Iterator[Hello]:
    """The hellos that one side sends without encryption."""
    wanted = messages.CLIENT_HELLO if direction is Direction.TO_SERVER else messages.SERVER_HELLO
    waiting = b""
    for record in records:
        if record.direction is not direction or record.content_type != messages.HANDSHAKE:
            continue
        waiting += _as_stream(record.fragment) if record.is_dtls else record.fragment
        while (found := next_message(waiting)) is not None:
            kind, body = found
            waiting = waiting[MESSAGE_HEADER_BYTES + len(body) :]
            if kind == messages.HELLO_VERIFY_REQUEST:
                continue
            if kind != wanted:
                return
            is_cookied = record.is_dtls and kind == messages.CLIENT_HELLO
            yield hello_of(kind, without_cookie(body) if is_cookied else body)


def _as_stream(fragments: bytes) -> bytes:
    """Fragments of DTLS (RFC 6347 section 4.2.3) in the form of TLS: the header once, before the first."""
    rest, stream = Reader(fragments), b""
    while rest:
        head = rest.take(MESSAGE_HEADER_BYTES)
        rest.number(2)  # the number of the message
        at, part = rest.number(3), rest.vector(3)
        stream += (b"" if at else head) + part
    return stream


def next_message(waiting: bytes) -> tuple[int, bytes] | None:
    """The type and body of the message at the beginning; None if it is incomplete."""
    if len(waiting) < MESSAGE_HEADER_BYTES:
        return None
    end = MESSAGE_HEADER_BYTES + int.from_bytes(waiting[1:MESSAGE_HEADER_BYTES], "big")
    return (waiting[0], waiting[MESSAGE_HEADER_BYTES:end]) if len(waiting) >= end else None


def messages_of(records: Sequence[Record], key_log: KeyLog) -> list[Message]:
    """What the records contain, in the order in which it became complete.

    :param key_log: contains the secrets of this connection; without them encrypted records are not opened.
    :raises WireError: if the records are not those of a TLS connection, or the secrets are not its own.
    """
    return [one.message for one in decoded(records, key_log)]


def decoded(records: Sequence[Record], key_log: KeyLog) -> list[Decoded]:
    """The same with the senders, and with the bodies of handshake messages.

    The parameters and exceptions are those of :func:`messages_of`.
    """
    opening = opening_of(records)
    secrets = key_log.of(opening.client_random).secrets()
    is_dtls = records[0].is_dtls
    decoder = _Decoder(opening.server.version, _sides(opening, secrets), is_dtls=is_dtls)
    return list(decoder.decode(records))


def _sides(opening: Opening, secrets: Mapping[str, bytes]) -> dict[Direction, _Side]:
    """Both sides with the keys that they will use, one after another."""
    suite, server = Suite.of(opening.server.cipher), opening.server
    if suite is None or server.version in BROKEN_VERSIONS:  # these have another key schedule
        return {direction: _Side([]) for direction in Direction}
    if server.version == "1.3":
        return {
            direction: _Side(
                [
                    (label, Tls13Opener(suite, secrets[label]))
                    for label in _labels(name.upper())
                    if label in secrets
                ]
            )
            for direction, name in _SIDES.items()
        }
    if "CLIENT_RANDOM" not in secrets:
        return {direction: _Side([]) for direction in Direction}
    randoms = (opening.client_random, server.random)
    both = tls12_openers(suite, secrets["CLIENT_RANDOM"], randoms, encrypt_then_mac=server.encrypt_then_mac)
    return {direction: _Side([("", both[name])]) for direction, name in _SIDES.items()}


def _labels(side: str) -> tuple[str, ...]:
    """The labels of a side's traffic secrets, in the order of their use."""
    own = (f"{side}_HANDSHAKE_TRAFFIC_SECRET", f"{side}_TRAFFIC_SECRET_0")
    return (_EARLY, *own) if side == "CLIENT" else own


@dataclass(frozen=True, slots=True)
class _Decoder:
    """Reads the records of both sides of a connection, in order."""

    version: str
    sides: Mapping[Direction, _Side]
    is_dtls: bool = False

    def decode(self, records: Sequence[Record]) -> Iterator[Decoded]:
        for number, record in enumerate(records):
            side = self.sides[record.direction]
            if not self._is_protected(side, record):
                yield from self._content(
                    record.direction, number, record.content_type, record.fragment, encrypted=False
                )
            elif side.openers:
                early = side.label == _EARLY
                kind, data = _open(side, record)
                early = early and side.label == _EARLY
                yield from self._content(record.direction, number, kind, data, encrypted=True, early=early)
            else:
                name = CONTENT_NAMES[record.content_type]
                size = len(record.fragment)
                closed = Message(name, size, encrypted=True, records=(number,), opened=False)
                yield Decoded(record.direction, closed)
        for direction, side in self.sides.items():
            if side.waiting:
                raise WireError(f"the bytes {direction.value} end within a handshake message")

    def _is_protected(self, side: _Side, record: Record) -> bool:
        if self.version == "1.3":
            return record.content_type == messages.APPLICATION_DATA
        return side.protected and record.content_type != messages.CHANGE_CIPHER_SPEC

    def _content(
        self, sent: Direction, number: int, kind: int, data: bytes, *, encrypted: bool, early: bool = False
    ) -> Iterator[Decoded]:
        side = self.sides[sent]
        if kind == messages.HANDSHAKE:
            side.waiting += _as_stream(data) if self.is_dtls else data
            side.carriers += (number,)
            yield from self._handshake(sent, number, encrypted=encrypted)
            return
        name = CONTENT_NAMES.get(kind, f"content {kind}")
        if kind == messages.CHANGE_CIPHER_SPEC:
            side.protected = True
        elif kind == messages.ALERT and len(data) == 2:
            name = f"Alert {alerts.DESCRIPTIONS.get(data[1], data[1])}"
        elif early:
            name = "EarlyData"
        yield Decoded(sent, Message(name, len(data), encrypted, (number,)))

    def _handshake(self, sent: Direction, number: int, *, encrypted: bool) -> Iterator[Decoded]:
        """The messages that are complete now; each may change the keys of its sender."""
        side = self.sides[sent]
        while (found := next_message(side.waiting)) is not None:
            kind, body = found
            size = MESSAGE_HEADER_BYTES + len(body)
            is_cookied = self.is_dtls and kind == messages.CLIENT_HELLO
            plain = without_cookie(body) if is_cookied else body
            read = read_body(kind, plain, self.version)
            name = name_of(kind, body)
            message = Message(
                name,
                DTLS_MESSAGE_HEADER_BYTES * len(side.carriers) + len(body) if self.is_dtls else size,
                encrypted,
                side.carriers,
                read.extensions,
                read.certificates_bytes,
                kind=kind,
                compression=read.compression,
            )
            yield Decoded(sent, message, plain)
            side.waiting = side.waiting[size:]
            side.carriers = (number,) if side.waiting else ()
            if self.version == "1.3" and kind in (messages.END_OF_EARLY_DATA, messages.FINISHED):
                side.turn()


def _open(side: _Side, record: Record) -> tuple[int, bytes]:
    try:
        return side.openers[0][1].open(record)
    except WireError:
        # A server that does not accept early data gets no EndOfEarlyData: handshake keys follow at once.
        if side.label != _EARLY:
            raise
        side.turn()
        return side.openers[0][1].open(record)
