"""The matrix as pytest benchmarks: the quick profile, or what ``--tls`` and ``--tls-profile`` request.

pytest benchmarks --benchmark-only --tls key=ed25519 --tls resumption=none,psk
"""

from __future__ import annotations

from collections.abc import Callable

from tlsbench.results import Cell


def test_tls(tls_benchmark: Callable[[], Cell]) -> None:
    cell = tls_benchmark()
    assert cell.negotiated, "a cell carries its proof"
