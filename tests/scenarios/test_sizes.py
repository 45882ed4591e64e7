from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tlsbench.scenarios.sizes import format_size, parse_size


@given(st.integers(1, 16 << 20))
def test_every_size_survives_being_written_and_read(size_bytes: int) -> None:
    assert parse_size(format_size(size_bytes)) == size_bytes


def test_units_are_powers_of_two() -> None:
    assert parse_size("1KiB") == 1024
    assert parse_size("1 MiB") == 1048576
    assert format_size(1536) == "1536B"
