"""``fake`` over datagrams: the same messages in the shape of DTLS, to test what drives datagrams.

Its ends rewrite records on the way out and in, and are charged for that: the cost of the harness is what
neither of them is charged for. Nothing is lost between them, so they need no timer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from tlsbench.errors import HandshakeError
from tlsbench.implementations.contract import Negotiated
from tlsbench.implementations.dtls import packed, payload_bytes, records
from tlsbench.protocol import messages as tls
from tlsbench.scenarios import Scenario

if TYPE_CHECKING:
    from tlsbench.implementations.fake import FakeClientContext, FakeEndpoint, FakeServerContext

_VERSION: Final = tls.DTLS_VERSION_CODE_POINTS["1.2"].to_bytes(2, "big")
_HEADER_BYTES: Final = tls.DTLS_RECORD_HEADER_BYTES
_CLEAR, _PROTECTED = 0, 1
#: Where a hello has the length of its session id: after version and random. A client's cookie follows the id.
_SESSION_ID_AT: Final = 2 + 32
_HELLOS: Final = (tls.CLIENT_HELLO, tls.SERVER_HELLO)


class FakeDatagramContext:
    """One side of ``fake``, over datagrams."""

    def __init__(self, scenario: Scenario, of: FakeClientContext | FakeServerContext) -> None:
        self._of = of
        self._mtu = int(scenario.mtu)
        self._payload_bytes = payload_bytes(scenario)

    def connect(self, session: object | None = None, early_data: bytes = b"") -> FakeDatagramEndpoint:
        """A client end."""
        assert hasattr(self._of, "connect")
        return FakeDatagramEndpoint(self._of.connect(session, early_data), self._mtu, self._payload_bytes)

    def accept(self) -> FakeDatagramEndpoint:
        """A server end."""
        assert hasattr(self._of, "accept")
        return FakeDatagramEndpoint(self._of.accept(), self._mtu, self._payload_bytes)


class FakeDatagramEndpoint:
    """An end of ``fake`` whose records are rewritten to DTLS records, and back."""

    def __init__(self, end: FakeEndpoint, mtu: int, payload_bytes: int) -> None:
        self._end = end
        self._mtu = mtu
        self._payload_bytes = payload_bytes
        self._messages = self._records = 0
        self._part = b""

    def handshake(self) -> bool:
        return self._end.handshake()

    def read(self) -> bytes:
        return self._end.read()

    def write(self, data: bytes) -> None:
        for at in range(0, len(data), self._payload_bytes):
            self._end.write(data[at : at + self._payload_bytes])

    def datagrams_to_send(self, _now_ns: int) -> Sequence[bytes]:
        written = list(self._written(self._end.data_to_send()))
        if written and written[0][0] == tls.APPLICATION_DATA:
            return written
        return list(packed(b"".join(written), self._mtu))

    def receive_datagram(self, datagram: bytes, _now_ns: int) -> None:
        for record in records(datagram):
            kind, epoch, fragment = record[0], int.from_bytes(record[3:5], "big"), record[_HEADER_BYTES:]
            if kind == tls.HANDSHAKE and epoch == _CLEAR:
                fragment = self._message(fragment)
            if fragment:
                self._end.receive_data(bytes((kind, 3, 3)) + len(fragment).to_bytes(2, "big") + fragment)

    def timer_ns(self) -> int | None:
        return None

    def handle_timer(self, now_ns: int) -> None:
        """Do nothing: no timer is ever running."""

    def negotiated(self) -> Negotiated:
        return self._end.negotiated()

    def session(self) -> object | None:
        return self._end.session()

    def close(self) -> None:
        self._end.close()

    def _written(self, data: bytes) -> Iterator[bytes]:
        """The DTLS records for some TLS records."""
        at = 0
        while at < len(data):
            end = at + tls.RECORD_HEADER_BYTES + int.from_bytes(data[at + 3 : at + 5], "big")
            kind, fragment = data[at], data[at + tls.RECORD_HEADER_BYTES : end]
            if kind == tls.HANDSHAKE and fragment[0] in _HELLOS:
                yield from self._fragments(fragment)
            else:
                epoch = _CLEAR if kind == tls.CHANGE_CIPHER_SPEC else _PROTECTED
                room = self._mtu - _HEADER_BYTES
                for start in range(0, len(fragment), room):
                    yield self._record(kind, epoch, fragment[start : start + room])
            at = end

    def _fragments(self, handshake: bytes) -> Iterator[bytes]:
        """The records of unencrypted messages."""
        room = self._mtu - _HEADER_BYTES - tls.DTLS_MESSAGE_HEADER_BYTES
        while handshake:
            length = int.from_bytes(handshake[1:4], "big")
            kind, body, handshake = handshake[:1], handshake[4 : 4 + length], handshake[4 + length :]
            if kind[0] in _HELLOS:
                body = _VERSION + body[2:]
            if kind[0] == tls.CLIENT_HELLO:
                cut = _SESSION_ID_AT + 1 + body[_SESSION_ID_AT]
                body = body[:cut] + b"\0" + body[cut:]
            head = kind + len(body).to_bytes(3, "big") + self._messages.to_bytes(2, "big")
            self._messages += 1
            for at in range(0, max(1, len(body)), room):
                part = body[at : at + room]
                sizes = at.to_bytes(3, "big") + len(part).to_bytes(3, "big")
                yield self._record(tls.HANDSHAKE, _CLEAR, head + sizes + part)

    def _record(self, kind: int, epoch: int, fragment: bytes) -> bytes:
        number = epoch.to_bytes(2, "big") + self._records.to_bytes(6, "big")
        self._records += 1
        return bytes([kind]) + _VERSION + number + len(fragment).to_bytes(2, "big") + fragment

    def _message(self, fragment: bytes) -> bytes:
        """The TLS message that a fragment completes; ``b""`` while fragments are missing."""
        kind, length, at = fragment[:1], int.from_bytes(fragment[1:4], "big"), fragment[6:9]
        if int.from_bytes(at, "big") != len(self._part):
            raise HandshakeError("fake: unexpected fragment")
        self._part += fragment[tls.DTLS_MESSAGE_HEADER_BYTES :]
        if len(self._part) < length:
            return b""
        body, self._part = self._part, b""
        if kind[0] in _HELLOS:
            body = b"\x03\x03" + body[2:]
        if kind[0] == tls.CLIENT_HELLO:
            cut = _SESSION_ID_AT + 1 + body[_SESSION_ID_AT]
            body = body[:cut] + body[cut + 1 :]
        return kind + len(body).to_bytes(3, "big") + body
