"""The server side of HTTP/2, with an h2 client."""

from __future__ import annotations

from typing import Any

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, ResponseReceived, StreamEnded
from h2.settings import SettingCodes, Settings
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.loopback.http import PIECE_BYTES, Content
from tlsbench.loopback.http2 import PROBLEMS, Http2Server
from tlsbench.protocol.http import PREFACE

MIB = 1 << 20
ZEROS = bytes(PIECE_BYTES)
#: For one turn: a piece and a frame, and heads.
MOST_AT_ONCE = PIECE_BYTES + (16 << 10) + 8192


def sized(target: bytes) -> Content:
    digits = target.removeprefix(b"/")
    return Content(ZEROS, int(digits)) if digits.isdigit() else Content(b"", 0, status=404)


class Client:
    """An h2 client, and what its server sends to it."""

    def __init__(self, window_bytes: int = 65_535, server: Http2Server | None = None) -> None:
        self.server = server or Http2Server(sized)
        self.http = H2Connection(H2Configuration(client_side=True, header_encoding="ascii"))
        settings = {SettingCodes.INITIAL_WINDOW_SIZE: window_bytes}
        self.http.local_settings = Settings(client=True, initial_values=settings)
        self.http.initiate_connection()
        self.status: dict[int, str] = {}
        self.got: dict[int, int] = {}
        self.ended: set[int] = set()
        self.most_bytes = 0
        self.is_gone = False

    def ask(self, path: str = "/5", method: str = "GET") -> int:
        stream: int = self.http.get_next_available_stream_id()
        fields = [(":method", method), (":scheme", "https"), (":authority", "a"), (":path", path)]
        self.http.send_headers(stream, fields, end_stream=True)
        return stream

    def talk(self, *, reads: bool = True) -> None:
        """Exchange data until neither side has more to send."""
        while True:
            out = self.http.data_to_send()
            if out:
                self.server.receive(out)
            elif not self.server.has_more:
                return
            while self.server.has_more:
                piece = self.server.next_piece()
                self.most_bytes = max(self.most_bytes, len(piece))
                for event in self.http.receive_data(piece):
                    self._note(event, reads=reads)
                if self.server.is_over:
                    return

    def _note(self, event: Any, *, reads: bool) -> None:
        if isinstance(event, ResponseReceived):
            self.status[event.stream_id] = dict(event.headers)[":status"]
        elif isinstance(event, DataReceived):
            self.got[event.stream_id] = self.got.get(event.stream_id, 0) + len(event.data)
            if reads:
                self.http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded):
            self.ended.add(event.stream_id)
        elif isinstance(event, ConnectionTerminated):
            self.is_gone = True


def test_requests_are_answered_on_their_streams() -> None:
    client = Client()
    streams = {client.ask(f"/{size}"): size for size in (0, 1, 1000, 100_000)}
    missing = client.ask("/nothing")
    client.talk()
    assert {stream: client.got.get(stream, 0) for stream in streams} == streams
    assert client.ended == {*streams, missing}
    assert client.status[missing] == "404"
    assert client.server.answered == 5
    assert client.server.is_idle


def test_a_large_answer_is_made_as_its_client_takes_it() -> None:
    client = Client()
    large, small = client.ask(f"/{8 * MIB}"), client.ask("/10")
    client.talk(reads=False)
    assert client.got[large] <= 65_535
    assert client.server.is_answering
    assert not client.server.has_more  # it waits for the client
    client.http.increment_flow_control_window(16 * MIB)
    for stream in (large, small):
        if stream not in client.ended:
            client.http.increment_flow_control_window(16 * MIB, stream)
    client.talk(reads=False)
    assert client.got[large] == 8 * MIB
    assert client.most_bytes <= MOST_AT_ONCE
    assert client.ended == {large, small}


def test_answers_take_turns() -> None:
    client = Client(window_bytes=MIB)
    client.http.increment_flow_control_window(8 * MIB)
    first, second = client.ask(f"/{MIB}"), client.ask(f"/{MIB}")
    client.server.receive(client.http.data_to_send())
    for _ in range(4):
        for event in client.http.receive_data(client.server.next_piece()):
            client._note(event, reads=False)
    assert client.got[first] > 0
    assert abs(client.got[first] - client.got[second]) <= 1 << 15


def test_a_head_alone_has_the_length_and_no_body() -> None:
    client = Client()
    stream = client.ask("/1000", "HEAD")
    client.talk()
    assert client.status[stream] == "200"
    assert stream in client.ended
    assert stream not in client.got


def test_a_stream_that_the_client_ends_is_answered_no_more() -> None:
    client = Client()
    stream = client.ask(f"/{MIB}")
    client.talk(reads=False)
    client.http.reset_stream(stream)
    client.talk()
    assert client.server.is_idle
    assert client.server.answered == 0


def test_a_client_that_says_goodbye_has_done_nothing_wrong() -> None:
    client = Client()
    client.ask()
    client.talk()
    client.http.close_connection()
    client.talk()
    assert client.server.is_over
    assert client.server.problem == ""


@pytest.mark.parametrize(
    "text", [bytes(100), b"GET / HTTP/1.1\r\n\r\n", PREFACE + b"\0\0\x05\x04\0\0\0\0\0abcde"]
)
def test_what_breaks_the_rules_is_a_problem_and_the_end(text: bytes) -> None:
    server = Http2Server(sized)
    server.receive(text)
    while server.has_more:
        server.next_piece()
    assert server.problem in PROBLEMS
    assert server.is_over


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_refused_or_taken(text: bytes) -> None:
    client = Client()
    client.ask()
    client.talk()
    client.server.receive(text)
    for _ in range(20):
        if client.server.has_more:
            client.server.next_piece()
    assert client.server.problem in ("", *PROBLEMS)
