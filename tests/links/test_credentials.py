"""Credentials are read from hellos that say little, and nothing is read from bytes that end too early."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import WireError
from tlsbench.links import Direction, observe
from tlsbench.links.credentials import Credentials, credentials_of
from tlsbench.protocol import messages as tls

IDENTITY = b"who is it"


def vector(width: int, data: bytes) -> bytes:
    return len(data).to_bytes(width, "big") + data


def extension(code_point: int, data: bytes) -> bytes:
    return code_point.to_bytes(2, "big") + vector(2, data)


def hello(kind: int, extensions: bytes) -> bytes:
    suites = vector(2, b"\x13\x01") + b"\x01\x00" if kind == tls.CLIENT_HELLO else b"\x13\x01\x00"
    body = b"\x03\x03" + bytes(32) + vector(1, b"") + suites + vector(2, extensions)
    return b"\x16\x03\x03" + vector(2, bytes([kind]) + vector(3, body))


def read(offered: bytes, chosen: bytes) -> Credentials:
    entries = [
        (Direction.TO_SERVER, hello(tls.CLIENT_HELLO, offered)),
        (Direction.TO_CLIENT, hello(tls.SERVER_HELLO, extension(43, b"\x03\x04") + chosen)),
    ]
    return credentials_of(entries, observe(entries))


def psks(*identities: bytes) -> bytes:
    offered = b"".join(vector(2, one) + bytes(4) for one in identities)
    return extension(41, vector(2, offered) + vector(2, b""))


def test_the_identity_is_the_one_that_the_server_selects() -> None:
    found = read(psks(b"a ticket", IDENTITY), extension(41, b"\0\1"))
    assert found.identities == (b"a ticket", IDENTITY)
    assert found.taken == IDENTITY


def test_a_psk_that_is_offered_and_not_selected_is_not_taken() -> None:
    assert read(psks(IDENTITY), b"").taken is None


def test_types_and_modes_have_their_names() -> None:
    found = read(extension(20, vector(1, b"\2\0\x63")) + extension(45, vector(1, b"\1\0")), b"")
    assert found.offered_types == ("raw_public_key", "x509", "99")
    assert found.psk_modes == ("psk_dhe_ke", "psk_ke")


@given(st.binary(max_size=40))
def test_whatever_a_client_offers_is_read_or_refused(data: bytes) -> None:
    try:
        found = read(extension(41, data) + extension(20, data) + extension(45, data), b"")
    except WireError:
        return
    assert all(isinstance(one, bytes) for one in found.identities)


def test_a_list_of_identities_that_ends_too_early_is_refused() -> None:
    with pytest.raises(WireError, match="ends too early"):
        read(extension(41, vector(2, vector(2, IDENTITY))), b"")
