"""The server side of HTTP/2 without I/O, with h2: frames in, answers out, a bounded piece at a time.

Nothing is computed before it can be sent: for a hundred streams with large bodies, memory holds one piece of
one body, and nothing is made that the client's flow-control windows do not allow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RequestReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import ProtocolError

from tlsbench.loopback.http import PIECE_BYTES, Content, Pieces

_MALFORMED: Final = "HTTP/2: it breaks the protocol's rules"
_ENDED: Final = "HTTP/2: the client ended the connection with an error"
#: All values of :attr:`Http2Server.problem`: they contain nothing that a client wrote.
PROBLEMS: Final = (_MALFORMED, _ENDED)
#: The most answers, or pieces of answers, before others have their turn.
_STEPS_A_TURN: Final = 64
_CONFIGURATION: Final = H2Configuration(client_side=False, header_encoding=None)


class Http2Server:
    """One connection, like :class:`~tlsbench.loopback.http.HttpServer` for HTTP/1.1.

    :param respond: returns the content of a target; called once for each request.
    """

    def __init__(self, respond: Callable[[bytes], Content]) -> None:
        self._http = H2Connection(_CONFIGURATION)
        self._http.initiate_connection()
        self._respond = respond
        #: Requests that are not complete yet, by stream: the target, and whether the answer has a body.
        self._asking: dict[int, tuple[bytes, bool]] = {}
        #: Answers that can continue, by stream, in the order of their turns; and those waiting for a window.
        self._ready: dict[int, Pieces] = {}
        self._waiting: dict[int, Pieces] = {}
        self._has_frames = True
        self.answered = 0
        self.is_over = False
        self.problem = ""

    @property
    def has_more(self) -> bool:
        """Whether :meth:`next_piece` must be called before more data is passed in."""
        return self._has_frames or bool(self._ready)

    @property
    def is_answering(self) -> bool:
        """Whether an answer has started and not ended."""
        return bool(self._ready or self._waiting)

    @property
    def is_idle(self) -> bool:
        """Whether every request is answered, and no other has started."""
        return not (self._asking or self._ready or self._waiting)

    def receive(self, data: bytes) -> None:
        """Take data from the client."""
        if self.is_over:
            return
        try:
            for event in self._http.receive_data(data):
                self._take(event)
        except ProtocolError:
            self.problem = _MALFORMED
        self._has_frames = True

    def _take(self, event: Event) -> None:
        match event:
            case RequestReceived():
                fields = {bytes(name): bytes(value) for name, value in event.headers}
                has_body = fields.get(b":method") != b"HEAD"
                self._asking[event.stream_id] = (fields.get(b":path", b"/"), has_body)
            case DataReceived():
                self._http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case StreamEnded():
                target, has_body = self._asking.pop(event.stream_id)
                self._begin(event.stream_id, self._respond(target), has_body=has_body)
            case StreamReset():
                for answers in (self._asking, self._ready, self._waiting):
                    answers.pop(event.stream_id, None)
            case WindowUpdated():
                self._ready |= self._waiting
                self._waiting.clear()
            case ConnectionTerminated():
                self.is_over = not self.is_answering
                if event.error_code:
                    self.problem, self.is_over = _ENDED, True

    def _begin(self, stream: int, content: Content, *, has_body: bool) -> None:
        fields = [
            (b":status", b"%d" % content.status),
            (b"content-type", content.media_type.encode("ascii")),
            (b"content-length", b"%d" % content.length_bytes),
        ]
        pieces = Pieces(content if has_body else Content(b"", 0))
        self._http.send_headers(stream, fields, end_stream=not pieces.left_bytes)
        if pieces.left_bytes:
            self._ready[stream] = pieces
        else:
            self.answered += 1

    def next_piece(self) -> bytes:
        """The next part of the answers: little more than a piece; ``b""`` if none is ready."""
        size = steps = 0
        while self._ready and size < PIECE_BYTES and steps < _STEPS_A_TURN and not self.problem:
            size += self._step()
            steps += 1
        self._has_frames = False
        if self.problem:
            self.is_over = True
        data: bytes = self._http.data_to_send()
        return data

    def _step(self) -> int:
        """Send part of the answer whose turn it is; return the number of bytes."""
        stream, pieces = next(iter(self._ready.items()))
        del self._ready[stream]
        most_bytes = min(self._http.local_flow_control_window(stream), self._http.max_outbound_frame_size)
        if most_bytes <= 0:
            self._waiting[stream] = pieces
            return 0
        piece = pieces.next(most_bytes)
        self._http.send_data(stream, piece, end_stream=not pieces.left_bytes)
        if pieces.left_bytes:
            self._ready[stream] = pieces
        else:
            self.answered += 1
        return len(piece)
