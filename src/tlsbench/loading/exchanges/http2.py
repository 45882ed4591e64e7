"""HTTP/2 (RFC 9113): many requests in flight, and several in one write.

What most servers send is read here, frame by frame and at minimal cost. That is possible because this client
disables the dynamic table of the server's header compression (SETTINGS_HEADER_TABLE_SIZE 0): the same bytes
are always the same head, so a head that hpack has parsed once is only compared from then on. Windows are as
large as possible, so that no server waits for one.
"""

from __future__ import annotations

from typing import Final

from h2.errors import ErrorCodes
from hpack import Decoder, Encoder, HPACKError

from tlsbench.errors import MeasurementError
from tlsbench.loading.exchanges import frames
from tlsbench.loading.exchanges.contract import Asked
from tlsbench.loading.exchanges.heads import INTERIM, body_length
from tlsbench.loading.exchanges.streams import Streams
from tlsbench.loading.failures import name_of_code
from tlsbench.protocol.http import PREFACE

_BROKEN: Final = "an answer that breaks the rules of HTTP/2"
#: The limit until a server states its own: RFC 9113 section 6.5.2 recommends that it allow no fewer streams.
_STREAMS_UNTIL_TOLD: Final = 100
_MOST_HEAD_BYTES: Final = 64 * 1024
#: The connection's window is restored once less than this is left of it.
_LOW_WINDOW_BYTES: Final = frames.LARGEST_WINDOW_BYTES // 2
_PLAIN_HEADERS: Final = frames.END_HEADERS | frames.END_STREAM
#: Names that are looked up for each frame.
_HEADER_BYTES, _DATA, _HEADERS = frames.HEADER_BYTES, frames.DATA, frames.HEADERS
_END_STREAM, _PADDED = frames.END_STREAM, frames.PADDED
_OPENING: Final = (
    PREFACE
    + frames.frame(
        frames.SETTINGS,
        0,
        0,
        frames.SETTING.pack(frames.SETTINGS_HEADER_TABLE_SIZE, 0)
        + frames.SETTING.pack(frames.SETTINGS_ENABLE_PUSH, 0)
        + frames.SETTING.pack(frames.SETTINGS_INITIAL_WINDOW_SIZE, frames.LARGEST_WINDOW_BYTES),
    )
    + frames.window_update(0, frames.LARGEST_WINDOW_BYTES - frames.FIRST_WINDOW_BYTES)
)
_SETTINGS_ACK: Final = frames.frame(frames.SETTINGS, frames.ACK, 0)


class Http2(Streams):
    """An exchange that keeps as many streams in flight as the plan says and the server allows."""

    __slots__ = (
        "_block",
        "_frame_head",
        "_has_opened",
        "_is_plain",
        "_most_streams",
        "_next_stream",
        "_partial",
        "_refilled",
        "_rest",
        "_window_bytes",
        "is_over",
    )
    alternates = False
    speaks_unasked = True

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked, _BROKEN)
        self._block = _request_block(asked)
        self._frame_head = frames.frame(frames.HEADERS, _PLAIN_HEADERS, 0, self._block)[:5]
        self._next_stream = 1
        self._most_streams = min(asked.streams, _STREAMS_UNTIL_TOLD)
        self._window_bytes = frames.LARGEST_WINDOW_BYTES
        #: By stream, how many bytes had arrived when its window was last restored.
        self._refilled: dict[int, int] = {}
        #: The part of an incomplete frame that has arrived.
        self._rest = b""
        #: The stream and flags of a head in several frames, and the part that has arrived.
        self._partial: tuple[int, int, bytes] | None = None
        #: Whether the fast path for ordinary frames applies: not before the server's settings, and not within
        #: a head in several frames.
        self._is_plain = False
        self._has_opened = False
        self.is_over = False

    def ask(self, count: int, now_ns: int, *, counted: bool) -> bytes:
        """Begin a use with as many requests as may be in flight; at first, after the client's preface."""
        self._begin_use(count, counted=counted)
        opening = b"" if self._has_opened else _OPENING
        self._has_opened = True
        return opening + self._fill(now_ns)

    def _fill(self, now_ns: int) -> bytes:
        """The requests that may be sent now."""
        waiting = self._waiting
        count = self._fits(self._most_streams)
        if not count or self.is_over:
            return b""
        first, self._next_stream = self._next_stream, self._next_stream + 2 * count
        self._to_ask -= count
        parts: list[bytes] = []
        for stream in range(first, self._next_stream, 2):
            waiting[stream] = now_ns
            parts += (self._frame_head, stream.to_bytes(4, "big"), self._block)
        return b"".join(parts)

    def take(self, data: bytes, now_ns: int) -> bytes:  # noqa: C901, PLR0912 - one loop, for speed
        """Take frames, the last of which may be incomplete; return the next requests among what to send."""
        if self._rest:
            data = self._rest + data
        asked, waiting, coming, unpack = self._asked, self._waiting, self._coming, frames.HEADER.unpack_from
        known, size, whole = asked.known_heads, len(data), self._whole
        out = b""
        end = came_bytes = 0
        while size - end >= _HEADER_BYTES:
            length_and_kind, flags, stream = unpack(data, end)
            begin = end + _HEADER_BYTES
            frame_end = begin + (length_and_kind >> 8)
            if frame_end > size:
                if length_and_kind >> 8 > frames.MOST_PAYLOAD_BYTES:
                    raise MeasurementError(_BROKEN)
                break
            end = frame_end
            kind = length_and_kind & 0xFF
            if not self._is_plain:
                out += self._other(kind, flags, stream & frames.STREAM_MASK, data[begin:end], now_ns)
            elif kind == _DATA and stream in coming and not flags & _PADDED:
                since_ns, head_ns, must_bytes, got_bytes = coming[stream]
                came_bytes += end - begin
                got_bytes += end - begin
                if flags & _END_STREAM:
                    del coming[stream]
                    whole(since_ns, must_bytes, got_bytes, now_ns)
                else:
                    coming[stream] = (since_ns, head_ns, must_bytes, got_bytes)
            elif (
                kind == _HEADERS
                and flags | _END_STREAM == _PLAIN_HEADERS
                and stream in waiting
                and (must_bytes := known.get(data[begin:end], INTERIM)) != INTERIM
            ):
                since_ns = waiting.pop(stream)
                if self._counted:
                    asked.first_bytes_ns.append(now_ns - since_ns)
                if flags & _END_STREAM:
                    whole(since_ns, must_bytes, 0, now_ns)
                else:
                    coming[stream] = (since_ns, now_ns, must_bytes, 0)
            else:
                out += self._other(kind, flags, stream & frames.STREAM_MASK, data[begin:end], now_ns)
        self._window_bytes -= came_bytes
        self._rest = data[end:]
        if self._window_bytes < _LOW_WINDOW_BYTES:
            out += self._refill()
        if self.is_over and self.left and not waiting and not coming:
            raise MeasurementError("the server takes no more requests on this connection (GOAWAY)")
        return out + self._fill(now_ns)

    def _refill(self) -> bytes:
        """Restore the windows, for the connection and its unfinished streams, by as much as has arrived."""
        came_bytes = frames.LARGEST_WINDOW_BYTES - self._window_bytes
        if self._window_bytes < 0:
            raise MeasurementError(_BROKEN)
        self._window_bytes = frames.LARGEST_WINDOW_BYTES
        out = frames.window_update(0, came_bytes)
        before, self._refilled = self._refilled, {}
        for stream, (_, _, _, got_bytes) in self._coming.items():
            self._refilled[stream] = got_bytes
            if more_bytes := got_bytes - before.get(stream, 0):
                out += frames.window_update(stream, more_bytes)
        return out

    def _other(  # noqa: C901 - a kind of frame each
        self, kind: int, flags: int, stream: int, payload: bytes, now_ns: int
    ) -> bytes:
        """Take a frame of any kind, and return what to send in reply."""
        if self._partial is not None:
            self._continue(kind, flags, stream, payload, now_ns)
        elif kind == frames.SETTINGS:
            return self._set(flags, stream, payload)
        elif not self._is_plain:  # the first frame must be SETTINGS (section 3.4)
            raise MeasurementError(_BROKEN)
        elif kind == frames.HEADERS:
            block = _unpadded(flags, payload)[5 if flags & frames.PRIORITY else 0 :]
            if flags & frames.END_HEADERS:
                self._headers(stream, flags, block, now_ns)
            else:
                self._partial, self._is_plain = (stream, flags, block), False
        elif kind == frames.DATA:
            self._window_bytes -= len(payload)  # padding counts too (section 6.1)
            came_bytes = len(_unpadded(flags, payload))
            self._more(stream, came_bytes, now_ns, ends=bool(flags & frames.END_STREAM))
        elif kind == frames.PING:
            return b"" if flags & frames.ACK else frames.frame(frames.PING, frames.ACK, 0, payload)
        elif kind == frames.GOAWAY:
            self._go_away(payload)
        elif kind == frames.RST_STREAM:
            if stream in self._waiting or stream in self._coming:
                raise MeasurementError(f"the server ends a stream ({_code(payload[:4])})")
        elif kind in (frames.PUSH_PROMISE, frames.CONTINUATION):
            raise MeasurementError(_BROKEN)
        return b""

    def _continue(self, kind: int, flags: int, stream: int, payload: bytes, now_ns: int) -> None:
        """Take the next part of a head; nothing else may come before its end (section 6.10)."""
        assert self._partial is not None
        its_stream, its_flags, block = self._partial
        if kind != frames.CONTINUATION or stream != its_stream or len(block) > _MOST_HEAD_BYTES:
            raise MeasurementError(_BROKEN)
        self._partial = (stream, its_flags, block + payload)
        if flags & frames.END_HEADERS:
            self._partial, self._is_plain = None, True
            self._headers(stream, its_flags, block + payload, now_ns)

    def _set(self, flags: int, stream: int, payload: bytes) -> bytes:
        """Take the server's settings, of which a client that sends no bodies needs only one."""
        if stream or len(payload) % frames.SETTING.size or (flags & frames.ACK and not self._is_plain):
            raise MeasurementError(_BROKEN)
        if flags & frames.ACK:
            return b""
        for name, value in frames.SETTING.iter_unpack(payload):
            if name == frames.SETTINGS_MAX_CONCURRENT_STREAMS:
                self._most_streams = min(self._asked.streams, value)
        if not self._is_plain:
            self._is_plain = True
            if not self._most_streams:
                raise MeasurementError("the server takes no requests (SETTINGS_MAX_CONCURRENT_STREAMS 0)")
        return _SETTINGS_ACK

    def _headers(self, stream: int, flags: int, block: bytes, now_ns: int) -> None:
        """Take the head of a final or interim response, or trailers."""
        ends = bool(flags & frames.END_STREAM)
        if stream not in self._coming:
            self._head(stream, self._read(block), now_ns, ends=ends)
        elif ends:
            self._more(stream, 0, now_ns, ends=True)
        else:
            raise MeasurementError(_BROKEN)

    def _read(self, block: bytes) -> int:
        """The required length of the body that follows a head, which is remembered for the same head."""
        decoder = Decoder(_MOST_HEAD_BYTES)
        decoder.max_allowed_table_size = decoder.header_table_size = 0
        try:
            fields = [(bytes(name), bytes(value)) for name, value in decoder.decode(block, raw=True)]
        except HPACKError:
            raise MeasurementError(_BROKEN) from None
        return self._asked.learn(block, body_length(fields, self._asked.size_bytes, _BROKEN))

    def _go_away(self, payload: bytes) -> None:
        """Take a GOAWAY; the server may still respond to requests it has accepted (section 6.8)."""
        if len(payload) < 8:
            raise MeasurementError(_BROKEN)
        last = int.from_bytes(payload[:4], "big") & frames.STREAM_MASK
        why = _code(payload[4:8])
        if why != ErrorCodes.NO_ERROR.name or any(stream > last for stream in self._waiting):
            raise MeasurementError(f"the server ends the connection (GOAWAY, {why})")
        self.is_over = True

    def end_of_input(self, _now_ns: int) -> bool:
        """Return False, as no HTTP/2 response ends with the connection."""
        return False

    def goodbye(self) -> bytes:
        """A GOAWAY (last stream 0, no error), if the client has sent its preface."""
        return frames.frame(frames.GOAWAY, 0, 0, bytes(8)) if self._has_opened else b""


def _request_block(asked: Asked) -> bytes:
    """The header block of the requests, which is always the same and adds nothing to the dynamic table."""
    fields = [
        (b":method", b"GET"),
        (b":scheme", b"https"),
        (b":authority", asked.authority),
        (b":path", asked.path),
    ]
    block: bytes = Encoder().encode([(name, value, True) for name, value in fields])
    return block


def _unpadded(flags: int, payload: bytes) -> bytes:
    """The payload without its padding (section 6.1)."""
    if not flags & frames.PADDED:
        return payload
    if not payload or payload[0] >= len(payload):
        raise MeasurementError(_BROKEN)
    return payload[1 : len(payload) - payload[0]]


def _code(code: bytes) -> str:
    """The name of an error code (section 7)."""
    return name_of_code(ErrorCodes, int.from_bytes(code, "big"))
