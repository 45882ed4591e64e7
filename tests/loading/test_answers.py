from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsbench.errors import MeasurementError
from tlsbench.loading.answers import Answer

HEAD = b"HTTP/1.1 200 OK\r\nServer: x\r\ncontent-LENGTH: %d\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
WHOLE = {
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
    "continue before": b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD % 2 + b"ab",
    "early hints before": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 3 + HEAD % 0,
    "chunks": CHUNKED + b"3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nTrailer: x\r\n\r\n",
    "one length twice": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
    "lines without a carriage return": b"HTTP/1.1 200 OK\nContent-Length: 1\n\na",
    "an older version": b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na",
}
BROKEN = "breaks the rules of HTTP/1"


@given(st.binary(max_size=300), st.lists(st.integers(1, 40), min_size=1))
def test_an_answer_is_whole_when_its_last_byte_has_come(body: bytes, cuts: list[int]) -> None:
    text, answer, at = HEAD % len(body) + body, Answer(), 0
    for turn in range(len(text)):
        size = cuts[turn % len(cuts)]
        at += size
        done = answer.take(text[at - size : at])
        assert done is (at >= len(text))
        if done:
            return


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("piece_bytes", [1, 1000])
def test_what_http_allows_is_an_answer(text: bytes, piece_bytes: int) -> None:
    answer = Answer()
    pieces = [text[at : at + piece_bytes] for at in range(0, len(text), piece_bytes)]
    assert [answer.take(piece) for piece in pieces] == [False] * (len(pieces) - 1) + [True]


def test_an_answer_may_end_with_its_connection() -> None:
    answer = Answer()
    assert not answer.take(b"HTTP/1.1 200 OK\r\n\r\nabc")
    assert answer.close()
    assert not Answer().close()
    cut = Answer()
    assert not cut.take(CHUNKED + b"3\r\nab")
    with pytest.raises(MeasurementError, match=BROKEN):
        cut.close()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "HTTP status 503"),
        (b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n", "HTTP status 301"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", BROKEN),
        (CHUNKED + b"zz\r\n\r\n", BROKEN),
        (CHUNKED + b"f" * 5000 + b"\r\n", BROKEN),
        (b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", BROKEN),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", BROKEN),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", BROKEN),
        (b"HTTP/1.1 204 No Content\r\n\r\nabc", "data after the end"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "not HTTP/1"),
        (HEAD % 1 + b"xx", "longer than its Content-Length"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, "whose header does not end"),
        (b"x", "not HTTP/1"),
    ],
)
def test_what_is_no_good_answer_is_an_error(text: bytes, problem: str) -> None:
    with pytest.raises(MeasurementError, match=problem):
        Answer().take(text)


def test_the_size_is_that_of_the_chunks_together() -> None:
    text = CHUNKED + b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"
    assert Answer(7).take(text)
    with pytest.raises(MeasurementError, match="an answer of 7 bytes, not 8"):
        Answer(8).take(text)


#: Parts of HTTP messages, to be combined wrongly.
_PARTS = st.sampled_from(
    [
        *WHOLE.values(),
        CHUNKED,
        b"HTTP/1.1 200 OK\r\n",
        b"\r\n",
        b"\n",
        b"0\r\n",
        b"Content-Length: ",
        b"1" * 5000,
    ]
)


@settings(max_examples=300)
@given(st.lists(_PARTS | st.binary(max_size=40), max_size=12))
def test_whatever_comes_is_an_answer_or_an_error_of_a_few_kinds(pieces: list[bytes]) -> None:
    answer = Answer()
    with contextlib.suppress(MeasurementError):
        for piece in pieces:
            if answer.take(piece):
                return
        answer.close()
