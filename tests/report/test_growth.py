from __future__ import annotations

from tlsbench.processes import Vitals
from tlsbench.report.growth import growth_lines

GROWING = [
    Vitals(0, 50_000_000, 1.0),
    Vitals(1000, 60_240_100, 1.5),
    Vitals(2000, 70_480_000, 2.05),
    Vitals(3000, 80_719_900, 2.65),
    Vitals(4000, 90_960_000, 3.3),
    Vitals(5000, 101_200_000, 4.0),
    Vitals(0, 80_700_000, 4.0),
]
STEADY = [Vitals(one.connections, one.resident_bytes, one.connections / 2000) for one in GROWING]


def test_the_memory_of_a_connection_is_the_slope_with_its_error() -> None:
    line, _ = growth_lines("server", [GROWING])
    assert line.startswith("10.0 ± 0.0 KiB of the server's memory for each open connection")


def test_several_processes_are_averaged() -> None:
    twice = [one._replace(resident_bytes=2 * one.resident_bytes) for one in GROWING]
    (line,) = growth_lines("client", [GROWING, twice])
    assert line.startswith("15.0 ± 0.0 KiB of the client's")


def test_a_handshake_s_cost_is_told_for_the_first_and_with_all_of_them_open() -> None:
    """From 500 µs it rises by 50 µs with each further thousand open connections."""
    _, line = growth_lines("server", [GROWING])
    assert line.startswith(
        "the server's processor for a handshake: 475 µs at the first, 725 µs with 5,000 open"
    )


def test_a_cost_that_does_not_change_is_said_not_to() -> None:
    _, line = growth_lines("client", [STEADY])
    assert line.endswith("500 µs at the first, with no visible change up to 5,000 open connections")


def test_what_is_no_rising_line_says_nothing() -> None:
    assert growth_lines("client", []) == []
    assert growth_lines("client", [GROWING[:2]]) == []
    assert (
        growth_lines("client", [[Vitals(at, size, 0.0) for at, size in ((0, 5), (1, 900), (2, 3), (3, 700))]])
        == []
    )
