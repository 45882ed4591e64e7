"""The frames in a QUIC packet: RFC 9000 section 19, and datagram frames, RFC 9221."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tlsbench.errors import WireError
from tlsbench.links.quic.packets import take_varint
from tlsbench.links.reader import Reader

PADDING: Final = 0x00
PING: Final = 0x01
ACK: Final = 0x02
ACK_WITH_ECN: Final = 0x03
CRYPTO: Final = 0x06
NEW_TOKEN: Final = 0x07
STREAM: Final = 0x08
CONNECTION_CLOSE: Final = 0x1C
APPLICATION_CLOSE: Final = 0x1D
HANDSHAKE_DONE: Final = 0x1E
DATAGRAM: Final = 0x30

_ID_TOKEN_BYTES: Final = 16
_PATH_DATA_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame.

    :param kind: its type; :data:`STREAM` for every STREAM frame, :data:`DATAGRAM` for every DATAGRAM frame.
    :param wire_bytes: its size, including the type; adjacent PADDING frames count as one.
    :param offset: the offset of ``data`` in its stream, for CRYPTO and STREAM.
    :param stream: the stream ID of a STREAM frame.
    :param is_last: whether a STREAM frame ends its stream.
    :param error: the error code of a CONNECTION_CLOSE, whose ``data`` is the reason phrase.
    """

    kind: int
    name: str
    wire_bytes: int
    offset: int = 0
    data: bytes = b""
    stream: int | None = None
    is_last: bool = False
    error: int | None = None


def frames_of(payload: bytes) -> Iterator[Frame]:
    """The frames of an opened packet, in order.

    :raises WireError: if one ends too early, or its type is unknown.
    """
    reader = Reader(payload)
    while reader:
        began = reader.at
        kind = take_varint(reader)
        name, read = _BY_KIND.get(kind, ("", None))
        if read is None:
            raise WireError(f"no QUIC frame has type {kind:#x}")
        fields: _Fields = {"kind": kind, "name": name} | read(reader, kind)
        yield Frame(wire_bytes=reader.at - began, **fields)


_Fields = dict[str, Any]
_Read = Callable[[Reader, int], _Fields]


def _numbers(count: int) -> _Read:
    """Return the reader of a frame that consists of ``count`` integers, none of them needed here."""

    def read(reader: Reader, _kind: int) -> _Fields:
        for _ in range(count):
            take_varint(reader)
        return {}

    return read


def _fixed(size: int) -> _Read:
    def read(reader: Reader, _kind: int) -> _Fields:
        return {"data": reader.take(size)}

    return read


def _padding(reader: Reader, _kind: int) -> _Fields:
    while reader and reader.peek() == PADDING:
        reader.take(1)
    return {}


def _ack(reader: Reader, kind: int) -> _Fields:
    take_varint(reader)  # the largest acknowledged number
    take_varint(reader)  # the delay
    ranges = take_varint(reader)
    take_varint(reader)  # the first range
    for _ in range(2 * ranges + (3 if kind == ACK_WITH_ECN else 0)):
        take_varint(reader)
    return {}


def _crypto(reader: Reader, _kind: int) -> _Fields:
    return {"offset": take_varint(reader), "data": reader.take(take_varint(reader))}


def _token(reader: Reader, _kind: int) -> _Fields:
    return {"data": reader.take(take_varint(reader))}


def _stream(reader: Reader, kind: int) -> _Fields:
    stream = take_varint(reader)
    offset = take_varint(reader) if kind & 0x04 else 0
    data = reader.take(take_varint(reader)) if kind & 0x02 else reader.rest()
    return {"kind": STREAM, "stream": stream, "offset": offset, "data": data, "is_last": bool(kind & 0x01)}


def _new_id(reader: Reader, _kind: int) -> _Fields:
    take_varint(reader)  # sequence number
    take_varint(reader)  # retire prior to
    new_id = reader.vector(1)
    reader.take(_ID_TOKEN_BYTES)
    return {"data": new_id}


def _close(reader: Reader, kind: int) -> _Fields:
    error = take_varint(reader)
    if kind == CONNECTION_CLOSE:
        take_varint(reader)  # the type of the offending frame
    return {"error": error, "data": reader.take(take_varint(reader))}


def _datagram(reader: Reader, kind: int) -> _Fields:
    return {"kind": DATAGRAM, "data": reader.take(take_varint(reader)) if kind & 1 else reader.rest()}


_BY_KIND: Final[Mapping[int, tuple[str, _Read]]] = {
    PADDING: ("PADDING", _padding),
    PING: ("PING", _numbers(0)),
    ACK: ("ACK", _ack),
    ACK_WITH_ECN: ("ACK", _ack),
    0x04: ("RESET_STREAM", _numbers(3)),
    0x05: ("STOP_SENDING", _numbers(2)),
    CRYPTO: ("CRYPTO", _crypto),
    NEW_TOKEN: ("NEW_TOKEN", _token),
    **{STREAM + flags: ("STREAM", _stream) for flags in range(8)},
    0x10: ("MAX_DATA", _numbers(1)),
    0x11: ("MAX_STREAM_DATA", _numbers(2)),
    0x12: ("MAX_STREAMS", _numbers(1)),
    0x13: ("MAX_STREAMS", _numbers(1)),
    0x14: ("DATA_BLOCKED", _numbers(1)),
    0x15: ("STREAM_DATA_BLOCKED", _numbers(2)),
    0x16: ("STREAMS_BLOCKED", _numbers(1)),
    0x17: ("STREAMS_BLOCKED", _numbers(1)),
    0x18: ("NEW_CONNECTION_ID", _new_id),
    0x19: ("RETIRE_CONNECTION_ID", _numbers(1)),
    0x1A: ("PATH_CHALLENGE", _fixed(_PATH_DATA_BYTES)),
    0x1B: ("PATH_RESPONSE", _fixed(_PATH_DATA_BYTES)),
    CONNECTION_CLOSE: ("CONNECTION_CLOSE", _close),
    APPLICATION_CLOSE: ("CONNECTION_CLOSE", _close),
    HANDSHAKE_DONE: ("HANDSHAKE_DONE", _numbers(0)),
    DATAGRAM: ("DATAGRAM", _datagram),
    DATAGRAM + 1: ("DATAGRAM", _datagram),
}
