from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import RequestError
from tlsbench.scenarios import Capabilities, expand, parse
from tlsbench.scenarios.axes import AXES, SPECIAL_AXES
from tlsbench.scenarios.records import RECORD_AXES, most_plaintext, padding_bytes

ALL: Mapping[str, Capabilities] = {"all": Capabilities(supports=SPECIAL_AXES)}


def reason(text: str) -> str:
    found = expand([parse([f"implementation=all {text}"], ALL)], ALL)
    return "" if found.scenarios else found.excluded[0].reason


@given(st.integers(0, 16384), st.integers(2, 16384), st.integers(64, 16384))
def test_padding_ends_at_a_whole_block_or_at_the_largest_record(content: int, block: int, most: int) -> None:
    inner = content + 1 + padding_bytes(content, block, most)
    assert inner % block == 0 or inner == max(most, content) + 1
    assert inner < content + 1 + block


@pytest.mark.parametrize(
    ("asked", "version", "most"),
    [
        (("default", "default", "default"), "1.3", 16384),
        (("512", "default", "default"), "1.3", 512),
        (("4096", "1024", "default"), "1.2", 1024),
        (("default", "default", "1024"), "1.3", 1023),
        (("default", "default", "1024"), "1.2", 1024),
        (("default", "default", "16385"), "1.3", 16384),
        (("", "", ""), "1.3", 16384),
    ],
)
def test_the_smallest_limit_counts_and_the_content_type_is_in_one(
    asked: tuple[str, str, str], version: str, most: int
) -> None:
    assert most_plaintext(*asked, version) == most


@pytest.mark.parametrize(
    ("axis", "word", "value"),
    [
        ("padding", "4KiB", "4096"),
        ("padding", "NONE", "none"),
        ("record_size", "1000", "1000"),
        ("record_size", "Default", "default"),
        ("record_size_limit", "16385", "16385"),
    ],
)
def test_sizes_are_spelled_in_bytes(axis: str, word: str, value: str) -> None:
    assert parse([f"{axis}={word} implementation=all"], ALL)[axis] == (value,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("padding=1", "write none, or 2 to 16384 bytes"),
        ("padding=many", "'many' is not a valid padding"),
        ("record_size=511", "write default, or 512 to 16384 bytes"),
        (
            "record_size_limit=63",
            "'63' is not a valid record size limit: write default, or 64 to 16385 bytes",
        ),
        ("max_fragment_length=300", "300"),
    ],
)
def test_what_is_no_size_is_refused_with_those_that_are(text: str, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        parse([text], ALL)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("workload=bulk version=1.2 padding=512", "TLS 1.2 pads only CBC blocks"),
        ("workload=bulk max_fragment_length=512 record_size_limit=900", "RFC 8449, section 5"),
        ("workload=echo transport=quic padding=777", "QUIC has no records"),
        ("workload=bulk transport=dtls record_size=777", "use mtu="),
        ("record_size=600 tickets=2", "a ticket may take several"),
        ("padding=512 parts=yes", "parts"),
        ("workload=bulk version=1.1 padding=512", "TLS 1.1 pads only CBC blocks"),
        ("workload=bulk version=1.0 record_size=777", "TLS 1.0 and 1.1 are measured as they are"),
        ("version=1.1 max_fragment_length=512", "TLS 1.0 and 1.1 are measured as they are"),
        ("workload=key_update version=1.0", "only TLS 1.3 has a KeyUpdate"),
        ("workload=key_update version=1.2", "only TLS 1.3 has a KeyUpdate, and the renegotiation"),
        ("workload=key_update transport=quic", "RFC 9001, section 6"),
        ("workload=key_update transport=dtls version=1.2", "only TLS 1.3 has a KeyUpdate"),
    ],
)
def test_what_tls_forbids_of_records_has_a_reason(text: str, words: str) -> None:
    assert words in reason(text)


def test_the_usual_records_are_left_out_of_ids() -> None:
    (plain,) = expand([parse(["implementation=all workload=bulk"], ALL)], ALL).scenarios
    assert not [axis for axis in RECORD_AXES if axis in plain.id]
    assert all(AXES[axis].neutral for axis in RECORD_AXES)


def test_values_that_are_not_listed_are_denied_as_the_listed_are() -> None:
    libraries = {"old": Capabilities(), "some": Capabilities(supports=("padding=512",))}
    for library, text in (("old", "padding=777"), ("some", "padding=777"), ("some", "padding=1024")):
        found = expand([parse([f"implementation={library} workload=bulk {text}"], libraries)], libraries)
        assert not found.scenarios
    assert expand([parse(["implementation=some workload=bulk padding=512"], libraries)], libraries).scenarios
