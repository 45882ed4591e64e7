"""The load's side of HTTP/2: what it sends, how it handles answers, and that any server at most fails it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived, WindowUpdated
from h2.settings import SettingCodes, Settings
from hpack import Encoder
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import MeasurementError
from tlsbench.loading.exchanges import Asked, frames
from tlsbench.loading.exchanges import http2 as module
from tlsbench.loading.exchanges.http2 import Http2
from tlsbench.loading.tally import LoadTally

SETTINGS = frames.frame(frames.SETTINGS, 0, 0)
OK = [(":status", "200")]
ENDS = frames.END_HEADERS | frames.END_STREAM
NO_REQUESTS = "the server takes no more requests on this connection"
BROKEN = "breaks the rules of HTTP/2"


def asked(**change: Any) -> Asked:
    given: dict[str, Any] = {"authority": b"localhost", "path": b"/a?b", "size_bytes": 0, "streams": 10}
    return Asked(**{**given, **change}, tally=LoadTally(), first_bytes_ns=[], requests_ns=[])


def block(fields: Sequence[tuple[str, str]]) -> bytes:
    """A head that leaves nothing in the decoder's table."""
    encoder = Encoder()
    encoder.header_table_size = 0
    data: bytes = encoder.encode(fields)
    return data


def head(stream: int, fields: Sequence[tuple[str, str]], flags: int = frames.END_HEADERS) -> bytes:
    return frames.frame(frames.HEADERS, flags, stream, block(fields))


def data(stream: int, body: bytes, flags: int = frames.END_STREAM) -> bytes:
    return frames.frame(frames.DATA, flags, stream, body)


def begun(count: int = 1, **change: Any) -> Http2:
    """An exchange that has sent requests, and received the server's settings."""
    exchange = Http2(asked(**change))
    exchange.ask(count, 1000, counted=True)
    exchange.take(SETTINGS, 1000)
    return exchange


class Server:
    """A server with h2: it answers each request with a head and a body."""

    def __init__(self, body: bytes = b"hello", most_streams: int = 100) -> None:
        self.http = H2Connection(H2Configuration(client_side=False, header_encoding="ascii"))
        settings = {SettingCodes.MAX_CONCURRENT_STREAMS: most_streams}
        self.http.local_settings = Settings(client=False, initial_values=settings)
        self.http.initiate_connection()
        self.body = body
        self.requests: list[dict[str, str]] = []
        self.windows = 0

    def answer(self, received: bytes) -> bytes:
        for event in self.http.receive_data(received):
            if isinstance(event, RequestReceived):
                self.requests.append(dict(event.headers))
                fields = [*OK, ("content-length", str(len(self.body)))]
                self.http.send_headers(event.stream_id, fields, end_stream=not self.body)
                for at in range(0, len(self.body), 10_000):
                    piece = self.body[at : at + 10_000]
                    self.http.send_data(event.stream_id, piece, end_stream=at + 10_000 >= len(self.body))
            self.windows += isinstance(event, WindowUpdated)
        sent: bytes = self.http.data_to_send()
        return sent


def pieces(whole: bytes, cuts: Sequence[int]) -> Iterator[bytes]:
    at = turn = 0
    while at < len(whole):
        size = cuts[turn % len(cuts)]
        yield whole[at : at + size]
        at, turn = at + size, turn + 1


def take_all(exchange: Http2, text: bytes, cuts: Sequence[int]) -> None:
    for piece in pieces(text, cuts):
        exchange.take(piece, 2000)


@given(
    st.integers(1, 30),
    st.integers(1, 40),
    st.binary(max_size=300),
    st.lists(st.integers(1, 200), min_size=1, max_size=5),
)
def test_what_h2_answers_is_counted_however_it_is_cut(
    requests: int, streams: int, body: bytes, cuts: list[int]
) -> None:
    server, exchange = Server(body), Http2(asked(streams=streams))
    out = exchange.ask(requests, 1, counted=True)
    for turn in range(2 * requests + 2):
        received = server.answer(out)
        out = b"".join([exchange.take(piece, 10 + turn) for piece in pieces(received, cuts)])
        if not exchange.left:
            break
    known = exchange._asked
    assert exchange.left == 0
    assert len(server.requests) == known.tally.requests == len(known.requests_ns) == requests
    assert len(known.first_bytes_ns) == requests
    assert all(first <= whole for first, whole in zip(known.first_bytes_ns, known.requests_ns, strict=True))
    assert server.requests[0] == {
        ":method": "GET", ":scheme": "https", ":authority": "localhost", ":path": "/a?b",
    }  # fmt: skip


def test_several_requests_go_out_in_one_write() -> None:
    server, exchange = Server(), Http2(asked(streams=10))
    server.answer(exchange.ask(25, 1, counted=True))
    assert len(server.requests) == 10
    assert exchange.left == 25


def test_no_more_are_under_way_than_the_server_takes() -> None:
    server, exchange = Server(most_streams=3), Http2(asked(streams=10))
    opening = exchange.ask(0, 1, counted=True)
    exchange.take(server.answer(opening), 2)
    server.answer(exchange.ask(9, 3, counted=True))
    assert len(server.requests) == 3


def test_heads_that_were_read_are_compared_and_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    server, exchange, read = Server(), Http2(asked(streams=1)), []
    plain = module.Decoder
    monkeypatch.setattr(module, "Decoder", lambda *given: read.append(1) or plain(*given))
    out = exchange.ask(50, 1, counted=True)
    while exchange.left:
        out = exchange.take(server.answer(out), 2)
    assert exchange._asked.tally.requests == 50
    assert len(read) <= 2  # the first is preceded by an update of the table's size


def test_uncounted_uses_leave_no_times() -> None:
    server, exchange = Server(), Http2(asked())
    exchange.take(server.answer(exchange.ask(3, 1, counted=False)), 2)
    assert exchange.left == 0
    assert exchange._asked.tally.requests == 0
    assert exchange._asked.requests_ns == exchange._asked.first_bytes_ns == []


def test_an_exchange_is_used_again_on_the_same_connection() -> None:
    server, exchange = Server(), Http2(asked())
    for _ in range(3):
        out = exchange.ask(7, 1, counted=True)
        while exchange.left:
            out = exchange.take(server.answer(out), 2)
    assert len(server.requests) == 21


def test_windows_are_made_whole_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a server that respects them, as h2 does, could not continue."""
    body = bytes(200_000)
    monkeypatch.setattr(module, "_LOW_WINDOW_BYTES", frames.LARGEST_WINDOW_BYTES - 50_000)
    server, exchange = Server(body), Http2(asked(size_bytes=len(body), streams=2))
    out = exchange.ask(4, 1, counted=True)
    while exchange.left:
        out = b"".join([exchange.take(piece, 2) for piece in pieces(server.answer(out), [20_000])])
    server.answer(out)
    assert server.windows >= 10
    assert exchange._asked.tally.requests == 4


def test_windows_are_never_made_larger_than_they_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOW_WINDOW_BYTES", frames.LARGEST_WINDOW_BYTES - 30_000)
    server = Server()
    exchange = Http2(asked())
    server.answer(exchange.ask(2, 1, counted=True))
    given: dict[int, int] = {}
    got: dict[int, int] = {}
    exchange.take(SETTINGS + head(1, OK) + head(3, OK), 1)
    for turn in range(40):
        stream = 1 if turn % 3 else 3
        out = exchange.take(data(stream, bytes(9000), flags=0), 2)
        got[stream] = got.get(stream, 0) + 9000
        got[0] = got.get(0, 0) + 9000
        while out:
            length_and_kind, _, which = frames.HEADER.unpack_from(out)
            assert length_and_kind & 0xFF == frames.WINDOW_UPDATE
            given[which] = given.get(which, 0) + int.from_bytes(out[9:13], "big")
            out = out[13:]
        assert all(given.get(one, 0) <= got[one] for one in got)
    assert given[0] > 300_000


WHOLE = {
    "a body in pieces": head(1, OK) + data(1, b"a", 0) + data(1, b"") ,
    "no body": head(1, [(":status", "204")], ENDS),
    "not modified": head(1, [(":status", "304"), ("content-length", "7")], ENDS),
    "early hints before": head(1, [(":status", "103")]) * 2 + head(1, OK) + data(1, b"a"),
    "trailers": head(1, OK) + data(1, b"a", 0) + head(1, [("x", "y")], ENDS),
    "padding": head(1, OK) + frames.frame(frames.DATA, frames.PADDED | frames.END_STREAM, 1, b"\x02abc\0\0"),
    "a priority": frames.frame(frames.HEADERS, frames.END_HEADERS | frames.PRIORITY, 1, bytes(5) + block(OK))
    + data(1, b""),
    "a head in pieces": frames.frame(frames.HEADERS, 0, 1, block(OK)[:1])
    + frames.frame(frames.CONTINUATION, 0, 1, block(OK)[1:])
    + frames.frame(frames.CONTINUATION, frames.END_HEADERS, 1)
    + data(1, b""),
    "a frame that nobody knows": frames.frame(0xEE, 0xFF, 7, b"abc") + head(1, OK) + data(1, b""),
    "a window": frames.window_update(0, 5) + head(1, OK) + data(1, b""),
    "a reset behind the end": head(1, OK) + data(1, b"") + frames.frame(frames.RST_STREAM, 0, 1, bytes(4)),
    "the reserved bit": head(1 | 1 << 31, OK) + data(1 | 1 << 31, b""),
    "a goodbye behind the last": head(1, OK) + data(1, b"") + frames.frame(frames.GOAWAY, 0, 0, bytes(8)),
}  # fmt: skip
FAILED = {
    "no success": (head(1, [(":status", "404")]), "HTTP status 404"),
    "two statuses": (head(1, [*OK, *OK]), BROKEN),
    "no status": (head(1, [("server", "x")]), BROKEN),
    "two lengths": (head(1, [*OK, ("content-length", "1"), ("content-length", "2")]), BROKEN),
    "no number": (head(1, [*OK, ("content-length", "-1")]), BROKEN),
    "too short": (head(1, [*OK, ("content-length", "3")]) + data(1, b"ab"), "an answer of 2 bytes, not 3"),
    "another stream": (head(3, OK), BROKEN),
    "data before a head": (data(1, b"a"), BROKEN),
    "a stream that ends": (frames.frame(frames.RST_STREAM, 0, 1, (7).to_bytes(4, "big")), "REFUSED_STREAM"),
    "an error that nobody knows": (frames.frame(frames.RST_STREAM, 0, 1, b"\xff" * 4), "an unknown error"),
    "the end": (frames.frame(frames.GOAWAY, 0, 0, bytes(7) + b"\x02"), "INTERNAL_ERROR"),
    "the end before this": (frames.frame(frames.GOAWAY, 0, 0, bytes(8)), "NO_ERROR"),
    "a promise": (frames.frame(frames.PUSH_PROMISE, frames.END_HEADERS, 1, bytes(4) + block(OK)), BROKEN),
    "a lone continuation": (frames.frame(frames.CONTINUATION, frames.END_HEADERS, 1, block(OK)), BROKEN),
    "something within a head": (frames.frame(frames.HEADERS, 0, 1, b"") + SETTINGS, BROKEN),
    "too much padding": (head(1, OK) + frames.frame(frames.DATA, frames.PADDED, 1, b"\x05abc"), BROKEN),
    "too large": ((1 << 20).to_bytes(3, "big") + bytes(6), BROKEN),
    "half a setting": (frames.frame(frames.SETTINGS, 0, 0, b"abc"), BROKEN),
    "an entry of the table that is not there": (
        frames.frame(frames.HEADERS, frames.END_HEADERS, 1, b"\xbe"), BROKEN,
    ),
    "an entry that the server made": (
        frames.frame(frames.HEADERS, frames.END_HEADERS, 1, b"\x88\x40\x01x\x01y\xbe"), BROKEN,
    ),
    "half an interim answer": (head(1, [(":status", "100")], ENDS), BROKEN),
}  # fmt: skip


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("piece_bytes", [1, 7, 1000])
def test_what_http_2_allows_is_an_answer(text: bytes, piece_bytes: int) -> None:
    exchange = begun()
    for piece in pieces(text, [piece_bytes]):
        exchange.take(piece, 2000)
    assert exchange.left == 0
    assert exchange._asked.requests_ns == [1000]


@pytest.mark.parametrize(("text", "problem"), FAILED.values(), ids=FAILED)
@pytest.mark.parametrize("piece_bytes", [1, 1000])
def test_what_is_no_answer_fails_by_its_reason(text: bytes, problem: str, piece_bytes: int) -> None:
    exchange = begun()
    with pytest.raises(MeasurementError, match=problem):
        take_all(exchange, text, [piece_bytes])


def test_the_server_s_settings_come_first() -> None:
    exchange = Http2(asked())
    exchange.ask(1, 1, counted=True)
    with pytest.raises(MeasurementError, match=BROKEN):
        exchange.take(head(1, OK), 2)


def test_a_size_that_was_asked_for_must_come() -> None:
    with pytest.raises(MeasurementError, match="an answer of 2 bytes, not 7"):
        begun(size_bytes=7).take(head(1, OK) + data(1, b"ab"), 2000)


def test_a_server_that_goes_lets_what_it_took_end() -> None:
    exchange = begun(5, streams=2)
    exchange.take(frames.frame(frames.GOAWAY, 0, 0, (3).to_bytes(4, "big") + bytes(4)), 2000)
    assert exchange.take(head(1, OK) + data(1, b""), 3000) == b""
    with pytest.raises(MeasurementError, match=NO_REQUESTS):
        exchange.take(head(3, OK) + data(3, b""), 3000)
    assert exchange._asked.tally.requests == 2


def test_a_server_that_goes_while_nothing_is_asked_is_seen() -> None:
    exchange = begun(0)
    exchange.take(frames.frame(frames.GOAWAY, 0, 0, bytes(8)), 2000)
    assert exchange.is_over


def test_pings_and_settings_are_acknowledged() -> None:
    exchange = begun(0)
    assert exchange.take(SETTINGS, 1) == frames.frame(frames.SETTINGS, frames.ACK, 0)
    ping = frames.frame(frames.PING, 0, 0, b"12345678")
    assert exchange.take(ping, 1) == frames.frame(frames.PING, frames.ACK, 0, b"12345678")
    assert exchange.take(frames.frame(frames.PING, frames.ACK, 0, b"12345678"), 1) == b""


def test_what_is_waited_for_longest_is_said() -> None:
    exchange = Http2(asked(streams=2))
    exchange.ask(3, 1000, counted=True)
    exchange.take(SETTINGS + head(1, OK), 2000)
    assert (exchange.waits_since_ns, exchange.step) == (1000, "first byte")
    exchange.take(head(3, OK), 3000)
    assert (exchange.waits_since_ns, exchange.step) == (2000, "request")
    exchange.take(data(1, b""), 4000)
    assert (exchange.waits_since_ns, exchange.step) == (3000, "request")


@given(st.binary(max_size=200), st.lists(st.integers(1, 50), min_size=1, max_size=4))
def test_bytes_of_any_kind_fail_in_words_or_not_at_all(text: bytes, cuts: list[int]) -> None:
    exchange = begun(3)
    with contextlib.suppress(MeasurementError):
        for piece in pieces(text, cuts):
            exchange.take(piece, 2000)


KINDS = st.sampled_from(range(11))
FRAMES = st.builds(
    frames.frame, KINDS, st.integers(0, 255), st.sampled_from([0, 1, 3, 5, 99]),
    st.binary(max_size=20) | st.just(block(OK)),
)  # fmt: skip


@given(st.lists(FRAMES, max_size=20))
def test_frames_of_any_kind_fail_in_words_or_not_at_all(every: list[bytes]) -> None:
    exchange = begun(3)
    with contextlib.suppress(MeasurementError):
        for one in every:
            exchange.take(one, 2000)
    assert exchange.left >= 0


def test_the_goodbye_is_one_that_h2_takes() -> None:
    server, exchange = Server(), Http2(asked())
    server.answer(exchange.ask(1, 1, counted=True))
    (event,) = server.http.receive_data(exchange.goodbye())
    assert event.error_code == 0
