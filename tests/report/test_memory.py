from __future__ import annotations

from tlsbench.report.memory import memory_line

GROWING = [(0, 50_000_000), (1000, 60_240_100), (2000, 70_480_000), (3000, 80_719_900), (0, 80_700_000)]


def test_the_memory_of_a_connection_is_the_slope_with_its_error() -> None:
    line = memory_line("server", [GROWING])
    assert line is not None
    assert line.startswith("10.0 ± 0.0 KiB of the server's memory for each open connection")


def test_several_processes_are_averaged() -> None:
    twice = [(connections, 2 * resident_bytes) for connections, resident_bytes in GROWING]
    assert str(memory_line("client", [GROWING, twice])).startswith("15.0 ± 0.0 KiB of the client's")


def test_what_is_no_rising_line_says_nothing() -> None:
    assert memory_line("client", []) is None
    assert memory_line("client", [GROWING[:2]]) is None
    assert memory_line("client", [[(0, 5), (1, 900), (2, 3), (3, 700), (4, 1)]]) is None
