from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import MeasurementError
from tlsbench.load.answers import Answer

HEAD = b"HTTP/1.1 200 OK\r\nServer: x\r\ncontent-LENGTH: %d\r\n\r\n"


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


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "HTTP status 503"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "without a Content-Length"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "no HTTP/1"),
        (HEAD % 1 + b"xx", "longer than its Content-Length"),
        (b"x" * 70_000, "without an end of its header"),
    ],
)
def test_what_is_no_good_answer_is_an_error(text: bytes, problem: str) -> None:
    with pytest.raises(MeasurementError, match=problem):
        Answer().take(text)
