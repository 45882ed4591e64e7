from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.links.quic.sealing import crypto, varint

from tlsbench.errors import WireError
from tlsbench.links.quic import frames_of

ALL = b"".join(
    (
        b"\x01",
        b"\x02\x05\x00\x01\x00\x00\x01",
        b"\x03\x05\x00\x00\x00\x01\x02\x03",
        b"\x04\x00\x01\x02",
        b"\x05\x00\x01",
        crypto(b"hello", 3),
        b"\x07\x02to",
        b"\x0f\x04\x07\x02ab",
        b"\x0a\x08\x01c",
        b"\x10\x25\x11\x00\x25\x12\x01\x13\x01\x14\x01\x15\x00\x01\x16\x01\x17\x01",
        b"\x18\x01\x00\x04abcd" + bytes(16),
        b"\x19\x01",
        b"\x1a" + bytes(8) + b"\x1b" + bytes(8),
        b"\x1c\x0a\x06\x02no",
        b"\x1d\x0b\x03off",
        b"\x1e",
        b"\x31\x02hi",
        bytes(7),
    )
)


def test_every_frame_of_rfc_9000_and_datagrams_are_read_to_their_end() -> None:
    found = list(frames_of(ALL))
    assert sum(frame.wire_bytes for frame in found) == len(ALL)
    assert len({frame.name for frame in found}) == 21
    assert found[-1].name == "PADDING"


def test_crypto_and_stream_frames_give_their_data_and_where_it_stands() -> None:
    by_name = {frame.name: frame for frame in frames_of(ALL)}
    assert (by_name["CRYPTO"].offset, by_name["CRYPTO"].data) == (3, b"hello")
    first, second = (frame for frame in frames_of(ALL) if frame.name == "STREAM")
    assert (first.stream, first.offset, first.data, first.is_last) == (4, 7, b"ab", True)
    assert (second.stream, second.offset, second.data, second.is_last) == (8, 0, b"c", False)


def test_a_stream_without_a_length_takes_the_rest() -> None:
    (frame,) = frames_of(b"\x08\x00to the end")
    assert frame.data == b"to the end"


def test_a_close_gives_its_code_and_its_reason() -> None:
    (frame,) = frames_of(b"\x1c" + varint(0x178) + b"\x06\x0bno protocol")
    assert (frame.error, frame.data) == (0x178, b"no protocol")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [(b"\x40\x99", "type 0x99"), (b"\x06\x00\x05abc", "too early"), (b"\x02", "too early")],
)
def test_what_is_no_frame_is_an_error(payload: bytes, reason: str) -> None:
    with pytest.raises(WireError, match=reason):
        list(frames_of(payload))


@given(st.binary(max_size=200))
def test_any_payload_is_frames_or_an_error(payload: bytes) -> None:
    try:
        found = list(frames_of(payload))
    except WireError:
        return
    assert sum(frame.wire_bytes for frame in found) == len(payload)
