from __future__ import annotations

from tlsbench.cli.commands.run import _failed
from tlsbench.results import Failure

FAILURES = [Failure("workload=handshake key=ed25519", "wanted x25519"), Failure("b", "c")]


def test_what_the_table_on_the_terminal_says_of_failures_is_not_said_again() -> None:
    assert _failed(FAILURES, is_told=True) == ["2 cells failed, see above"]
    assert _failed(FAILURES[:1], is_told=True) == ["1 cell failed, see above"]
    assert _failed([], is_told=True) == []


def test_elsewhere_each_failure_is_named_on_standard_error() -> None:
    assert _failed(FAILURES, is_told=False) == ["workload=handshake key=ed25519: wanted x25519", "b: c"]
