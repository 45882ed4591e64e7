from __future__ import annotations

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tlsbench.errors import RequestError
from tlsbench.loading.names import host_name, server_name_indication


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("localhost", "localhost"),
        ("A-b.example.", "A-b.example."),
        ("my_service.internal", "my_service.internal"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
        ("127.0.0.1", "127.0.0.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("Straße.example", "xn--strae-oqa.example"),  # IDNA 2003 would give another name
    ],
)
def test_a_name_goes_out_in_ascii(text: str, name: str) -> None:
    assert host_name(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "a..b",
        ".a",
        "a" * 64 + ".example",
        ".".join(["a" * 60] * 5),
        "-a.example",
        "a b",
        "a\r\nX-Evil: 1",
        "a\n",
        "a/b",
        "*.example",
        "1.2.3.256",
        "[::1]",
        "☃\u202e.example",
        "ü" * 70 + ".example",
    ],
)
def test_what_is_no_name_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(RequestError, match="is not a host name: give an IP address") as caught:
        host_name(text)
    assert str(caught.value).isprintable()


@given(st.text(max_size=80))
@example("a\r\nb")
def test_whatever_is_written_is_a_name_or_refused(text: str) -> None:
    with contextlib.suppress(RequestError):
        name = host_name(text)
        assert name.isascii()
        assert name.isprintable()
        assert " " not in name
        assert len(server_name_indication(name) or b"") < 256


@pytest.mark.parametrize(
    ("name", "indicated"),
    [
        ("localhost", b"localhost"),
        ("a.example.", b"a.example"),
        ("127.0.0.1", None),
        ("::1", None),
    ],
)
def test_addresses_are_not_indicated(name: str, indicated: bytes | None) -> None:
    assert server_name_indication(name) == indicated
