from __future__ import annotations

import pytest

from tlsbench.links.hello import HELLO_BYTES, asks_to_retry

#: RFC 8446 section 4.1.3, as printed there.
RANDOM = bytes.fromhex("CF21AD74E59A6111BE1D8C021E65B891C2A211167ABB8C5E079E09E2C8A8339C")
RECORD = b"\x16\x03\x03\x00\x58\x02\x00\x00\x54\x03\x03"


def test_a_hello_retry_request_is_known_by_its_random() -> None:
    assert asks_to_retry(RECORD + RANDOM + b"\x00") is True
    assert asks_to_retry(RECORD + bytes(32)) is False


@pytest.mark.parametrize("size", range(1, HELLO_BYTES))
def test_with_too_few_bytes_it_is_not_known_yet(size: int) -> None:
    assert asks_to_retry((RECORD + RANDOM)[:size]) is None


@pytest.mark.parametrize("data", [b"", b"\x15\x03\x03\x00\x02\x02\x28", b"HTTP/1.1", RECORD[:5] + b"\x0b"])
def test_whatever_else_comes_is_none(data: bytes) -> None:
    assert asks_to_retry(data) is False
