"""What a connection of a real server takes, whose library computes nothing."""

from __future__ import annotations

import pytest

from tlsbench.session.beyond import beyond_tls

pytestmark = pytest.mark.slow


def test_an_answer_takes_more_than_a_handshake_alone() -> None:
    alone, answered = beyond_tls(0, 2.0), beyond_tls(51_200, 2.0)
    assert 0 < alone.value < answered.value
