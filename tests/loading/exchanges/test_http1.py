"""The load's side of HTTP/1.1: a cached head means what it meant when it was read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import MeasurementError
from tlsbench.loading.answers import Answer
from tlsbench.loading.exchanges import Asked
from tlsbench.loading.exchanges.http1 import Http1
from tlsbench.loading.tally import LoadTally

HEADS = (
    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n",
    b"HTTP/1.1 206 Some\r\nServer: x\r\ncontent-length:%d \r\n\r\n",
    b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Length: 1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\nX: %d\r\n\r\n",
    b"HTTP/2.0 200 OK\r\nContent-Length: %d\r\n\r\n",
)


def asked(size_bytes: int = 0) -> Asked:
    return Asked(b"a:8443", b"/x", size_bytes, 1, LoadTally(), [], [])


def verdict(take: object, data: bytes, cut: int) -> str:
    """The result for an answer that arrives in two pieces, the second possibly empty."""
    assert callable(take)
    try:
        for piece in filter(None, (data[:cut], data[cut:])):
            take(piece)
    except MeasurementError as error:
        return str(error)
    return ""


@given(
    st.lists(
        st.tuples(st.sampled_from(HEADS), st.integers(0, 4), st.binary(max_size=4), st.integers(0, 70)),
        max_size=12,
    ),
    st.sampled_from([0, 2]),
)
def test_each_answer_is_taken_as_if_its_head_were_never_seen_before(
    answers: list[tuple[bytes, int, bytes, int]], size_bytes: int
) -> None:
    ours = asked(size_bytes)
    for head, length, body, cut in answers:
        data = head % length + body
        exchange, plain = Http1(ours), Answer(size_bytes)
        exchange.ask(1, 1, counted=True)
        done: list[bool] = []
        expected = verdict(lambda piece, to=plain, seen=done: seen.append(to.take(piece)), data, cut)
        assert verdict(lambda piece, to=exchange: to.take(piece, 5), data, cut) == expected
        if not expected:
            assert (exchange.left == 0) is any(done)


def test_a_head_that_was_read_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = Http1(asked())
    out = exchange.ask(3, 100, counted=True)
    assert out == b"GET /x HTTP/1.1\r\nHost: a:8443\r\n\r\n"
    answer = HEADS[0] % 2 + b"ab"
    assert exchange.take(answer, 200) == out
    monkeypatch.delattr(Answer, "take")
    assert exchange.take(answer, 300) == out
    assert exchange.take(answer, 400) == b""
    assert exchange.left == 0
    assert exchange._asked.requests_ns == exchange._asked.first_bytes_ns == [100, 100, 100]
    assert exchange._asked.tally.requests == 3


@pytest.mark.parametrize("body", [b"a", b"abc"])
def test_a_body_of_another_length_is_none_of_a_known_head(body: bytes) -> None:
    exchange = Http1(asked())
    exchange.ask(2, 1, counted=True)
    exchange.take(HEADS[0] % 2 + b"ab", 2)
    if len(body) < 2:
        exchange.take(HEADS[0] % 2 + body, 3)
        assert exchange.left == 1
        exchange.take(b"b", 4)
        assert exchange.left == 0
    else:
        with pytest.raises(MeasurementError, match="longer than its Content-Length"):
            exchange.take(HEADS[0] % 2 + body, 3)


def test_no_more_heads_are_kept_than_a_server_could_make() -> None:
    ours = asked()
    for number in range(1000):
        exchange = Http1(ours)
        exchange.ask(1, 1, counted=False)
        exchange.take(b"HTTP/1.1 200 OK\r\nDate: %d\r\nContent-Length: 0\r\n\r\n" % number, 2)
        assert exchange.left == 0
    assert len(ours.known_heads) <= 256


def test_an_answer_may_end_with_its_connection_and_only_the_last() -> None:
    exchange = Http1(asked())
    exchange.ask(1, 1, counted=True)
    exchange.take(b"HTTP/1.1 200 OK\r\n\r\nabc", 2)
    assert exchange.step == "request"
    assert exchange.end_of_input(3)
    exchange.ask(2, 1, counted=True)
    exchange.take(b"HTTP/1.1 200 OK\r\n\r\nabc", 2)
    with pytest.raises(MeasurementError, match="closed by the server"):
        exchange.end_of_input(3)
    exchange.ask(1, 1, counted=True)
    assert not exchange.end_of_input(3)
    assert exchange.step == "first byte"
