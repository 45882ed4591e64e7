from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tlsbench.implementations.pipes import Pipe


@given(st.lists(st.binary(max_size=40), max_size=8), st.lists(st.integers(1, 30), max_size=40))
def test_what_comes_in_is_taken_in_order_whatever_the_pieces(arrivals: list[bytes], sizes: list[int]) -> None:
    pipe, waiting, taken = Pipe(), list(arrivals), b""
    for most in (*sizes, 1000):
        if waiting:
            pipe.receive_data(waiting.pop(0))
        piece = pipe.take(most)
        assert len(piece) <= most
        taken += piece
    for late in waiting:
        pipe.receive_data(late)
    assert taken + pipe.take(1000) == b"".join(arrivals)
    assert not pipe


def test_it_is_empty_until_something_comes_in_and_when_that_is_taken() -> None:
    pipe = Pipe()
    assert not pipe
    assert pipe.take(5) == b""
    pipe.receive_data(b"abc")
    assert pipe
    assert pipe.take(2) == b"ab"
    assert pipe
    assert pipe.take(2) == b"c"
    assert not pipe


def test_what_is_put_in_is_sent_once() -> None:
    pipe = Pipe()
    assert pipe.data_to_send() == b""
    pipe.put(b"one")
    pipe.put(b"two")
    assert pipe.data_to_send() == b"onetwo"
    assert pipe.data_to_send() == b""
