"""HTTP/1.1 without sockets: which requests are answered or refused, and how little is held for them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsbench.loopback.http import MOST_HEAD_BYTES, PIECE_BYTES, PROBLEMS, Content, HttpServer, Pieces

MIB = 1 << 20
ZEROS = bytes(PIECE_BYTES)
#: For one piece: the piece that ends it, a head, and a few small answers.
MOST_AT_ONCE = 2 * PIECE_BYTES + 4096


def server(length_bytes: int = 5) -> HttpServer:
    return HttpServer(lambda _target: Content(ZEROS, length_bytes))


def answer_to(http: HttpServer, data: bytes) -> bytes:
    http.receive(data)
    return b"".join(rest(http))


def rest(http: HttpServer) -> list[bytes]:
    pieces = []
    while http.has_more:
        pieces.append(http.next_piece())
        assert len(pieces) < 100_000
    return pieces


def get(target: str = "/", *headers: str, method: str = "GET", version: str = "1.1") -> bytes:
    return "\r\n".join([f"{method} {target} HTTP/{version}", "Host: a", *headers, "", ""]).encode()


@given(
    st.binary(min_size=1, max_size=9),
    st.integers(0, 40),
    st.lists(st.integers(1, 12), min_size=40, max_size=40),
)
def test_a_content_is_its_piece_over_and_over_however_it_is_cut(
    piece: bytes, length_bytes: int, most_bytes: list[int]
) -> None:
    pieces = Pieces(Content(piece, length_bytes))
    assert b"".join(map(pieces.next, most_bytes)) == (piece * 40)[:length_bytes]
    assert not pieces.left_bytes


def test_requests_on_one_connection_are_answered_in_their_order() -> None:
    http = HttpServer(lambda target: Content(target, len(target)))
    answer = answer_to(http, get("/one") + get("/two"))
    assert re.findall(rb"\r\n\r\n(/\w+?)(?=HTTP|$)", answer) == [b"/one", b"/two"]
    assert (http.answered, http.is_idle, http.is_over) == (2, True, False)


def test_a_request_may_come_byte_by_byte() -> None:
    http = server()
    answers = [answer_to(http, bytes([byte])) for byte in get()]
    assert b"".join(answers[:-1]) == b""
    assert answers[-1].endswith(b"\r\n\r\n" + bytes(5))


def test_a_head_request_has_a_length_and_no_body() -> None:
    answer = answer_to(server(1000), get(method="HEAD"))
    assert b"Content-Length: 1000\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("last", [get("/", "Connection: close"), get(version="1.0")])
def test_the_last_request_of_a_connection_ends_it(last: bytes) -> None:
    http = server()
    assert answer_to(http, last).startswith(b"HTTP/1.1 200 ")
    assert (http.is_over, http.problem) == (True, "")
    assert answer_to(http, get()) == b""


def test_who_asks_whether_to_go_on_is_told_to() -> None:
    http = server()
    answer = answer_to(http, get("/", "Expect: 100-continue", "Content-Length: 3", method="POST"))
    assert answer.startswith(b"HTTP/1.1 100 ")
    assert answer_to(http, b"abc").startswith(b"HTTP/1.1 200 ")


def test_an_upgrade_is_answered_as_if_it_had_not_been_offered() -> None:
    answer = answer_to(server(), get("/", "Upgrade: websocket", "Connection: upgrade") + get())
    assert answer.count(b"HTTP/1.1 200 ") == 2


@pytest.mark.parametrize(
    ("request_bytes", "problem"),
    [
        (get("x:1", method="CONNECT"), "HTTP: CONNECT, which this server does not support"),
        (b"CONNECT x:1 HTTP/1.1\r\n\r\n", "HTTP: malformed request"),
        (get(version="9.9"), "HTTP: a version other than 1.0 and 1.1"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP: a version other than 1.0 and 1.1"),
        (b"NONSENSE\r\n\r\n", "HTTP: malformed request"),
        (b"GET / HTTP/1.1\r\n\r\n", "HTTP: malformed request"),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", "HTTP: malformed request"),
        (get("/", "X: \x00"), "HTTP: malformed request"),
        (get("/", "Content-Length: x"), "HTTP: malformed request"),
        (get("/", "Content-Length: " + 5000 * "9"), "HTTP: malformed request"),
        (get("/", "Content-Length: 1", "Content-Length: 2"), "HTTP: malformed request"),
        (get("/", "Transfer-Encoding: gzip"), "HTTP: unknown transfer coding"),
        (get("/", "Transfer-Encoding: chunked") + b"zz\r\n", "HTTP: malformed request"),
        (get("/", "X: " + 100_000 * "x")[:-4], "HTTP: request head over 16 KiB"),
        (b"G" * 100_000, "HTTP: request head over 16 KiB"),
    ],
)
def test_what_is_no_request_is_a_400_and_the_end(request_bytes: bytes, problem: str) -> None:
    http = server()
    answer = answer_to(http, get() + request_bytes)
    assert answer.count(b"HTTP/1.1 200 ") == 1  # the previous one is answered all the same
    assert answer.partition(bytes(5))[2].startswith(b"HTTP/1.1 400 ")
    assert b"\r\nConnection: close\r\n" in answer
    assert (http.is_over, http.problem, http.has_more) == (True, problem, False)
    assert problem in PROBLEMS
    assert answer_to(http, get()) == b""


def test_a_client_that_ends_within_a_request_is_told_from_one_that_ends_between_two() -> None:
    whole, cut = server(), server()
    answer_to(whole, get())
    answer_to(cut, get()[:-2])
    assert (whole.is_idle, cut.is_idle) == (True, False)
    answer_to(whole, b"")
    answer_to(cut, b"")
    assert (whole.is_over, whole.problem) == (True, "")
    assert (cut.is_over, cut.problem) == (True, "HTTP: the client ended within a request")


def test_a_large_body_is_made_a_piece_at_a_time() -> None:
    http = server(64 * MIB)
    http.receive(get())
    first = http.next_piece()
    assert PIECE_BYTES <= len(first) <= MOST_AT_ONCE
    assert http.has_more
    pieces = [first, *rest(http)]
    assert max(map(len, pieces)) <= MOST_AT_ONCE
    assert sum(map(len, pieces)) == 64 * MIB + len(first.partition(b"\r\n\r\n")[0]) + 4


def test_pipelined_requests_are_answered_a_few_at_a_time() -> None:
    http = server(0)
    http.receive(1000 * get())
    most, before = 0, 0
    while http.has_more:
        http.next_piece()
        most, before = max(most, http.answered - before), http.answered
    assert http.answered == 1000
    assert most <= 32


def test_a_body_in_tiny_chunks_is_taken_a_few_at_a_time() -> None:
    http = server()
    http.receive(
        get("/", "Transfer-Encoding: chunked", method="POST") + 10_000 * b"1\r\nx\r\n" + b"0\r\n\r\n"
    )
    assert len(rest(http)) > 100
    assert http.answered == 1


_HEADERS = st.sampled_from(
    [
        "Host: b",
        "Host:",
        "Connection: close",
        "Connection: keep-alive, upgrade",
        "Upgrade: h2c",
        "Expect: 100-continue",
        "Content-Length: 0",
        "Content-Length: 7",
        "Content-Length: -1",
        "Content-Length: 99999999999999999999",
        "Content-Length: 99999999999999999999999",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: identity",
        "X: \x00",
        " folded",
        ":",
        "",
    ]
)
_METHODS = st.sampled_from(["GET", "HEAD", "POST", "CONNECT", "OPTIONS", "PRI", "get", "", "G\x00T"])
_TARGETS = st.sampled_from(["/", "*", "x:1", "http://a/", "", "/ /", "/\x7f", "/\xff", "/" + "a" * 20_000])
_VERSIONS = st.sampled_from(["1.1", "1.0", "2.0", "0.9", "9.9", "", "1.1 ", "1.10"])
_ONE = st.builds(
    lambda method, target, version, headers: "\r\n".join(
        [f"{method} {target} HTTP/{version}", *headers, "", ""]
    ).encode("latin-1"),
    _METHODS,
    _TARGETS,
    _VERSIONS,
    st.lists(_HEADERS, max_size=5),
)
_SCRAPS = st.one_of(
    st.binary(max_size=64),
    st.sampled_from(
        [b"\r\n", b"\n", b"0\r\n\r\n", b"1\r\nx\r\n", b"ffffffffffffffffffff\r\n", b"0\r\nA: b\r\n\r\n"]
    ),
)
STREAMS = st.lists(st.one_of(_ONE, st.just(get()), _SCRAPS), min_size=1, max_size=8).map(b"".join)


def checked(stream: bytes, cut: int) -> HttpServer:
    """Pieces of a bounded size, an end in a bounded number of turns, and only problems from the set."""
    http = server(3 * PIECE_BYTES)
    for at in range(0, len(stream), cut):
        http.receive(stream[at : at + cut])
        for _ in range(10 * len(stream) + 100):
            if not http.has_more:
                break
            assert len(http.next_piece()) <= MOST_AT_ONCE
        assert not http.has_more
        assert len(http._http.trailing_data[0]) <= MOST_HEAD_BYTES + cut
        if http.is_over:
            break
    assert http.problem in ("", *PROBLEMS)
    return http


@settings(max_examples=150)
@given(stream=STREAMS, cut=st.integers(1, 70_000))
def test_no_stream_of_bytes_is_an_exception_a_hang_or_a_reason_of_its_own(stream: bytes, cut: int) -> None:
    http = checked(stream, cut)
    assert (http.problem != "") <= http.is_over
