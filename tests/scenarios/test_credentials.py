"""Lifetimes of tickets are parsed as users write them, within what TLS allows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import RequestError
from tlsbench.scenarios.credentials import LONGEST_LIFETIME_S, parse_lifetime


@pytest.mark.parametrize(
    ("word", "seconds"),
    [("7200", "7200"), ("2h", "7200"), ("90min", "5400"), ("90 m", "5400"), ("7d", "604800"), ("1s", "1")],
)
def test_a_lifetime_is_kept_in_seconds(word: str, seconds: str) -> None:
    assert parse_lifetime(word) == seconds


def test_the_librarys_own_lifetime_has_a_name() -> None:
    assert parse_lifetime("Default") == "default"


@pytest.mark.parametrize("word", ["0", "-1", "8d", "604801", "1.5h", "soon", "", "2 weeks", "9" * 40])
def test_what_no_ticket_can_say_is_refused(word: str) -> None:
    with pytest.raises(RequestError, match="1 to 604800 seconds"):
        parse_lifetime(word)


@given(st.integers(1, LONGEST_LIFETIME_S))
def test_every_number_of_seconds_up_to_a_week_stays_what_it_is(seconds: int) -> None:
    assert parse_lifetime(str(seconds)) == parse_lifetime(f"{seconds}s") == str(seconds)


@given(st.text(max_size=12))
def test_whatever_is_written_is_read_or_refused(word: str) -> None:
    try:
        found = parse_lifetime(word)
    except RequestError:
        return
    assert found == "default" or 0 < int(found) <= LONGEST_LIFETIME_S
