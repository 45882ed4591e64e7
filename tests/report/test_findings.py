from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from tlsbench.report.findings import findings
from tlsbench.results import Cell, Run
from tlsbench.stats import summarise

RunOf = Callable[[str], Run]
SIZES = ("16B", "1KiB", "16KiB", "1MiB")


@pytest.fixture
def records(run_of: RunOf) -> Run:
    """Fake records, whose times the tests set."""
    ciphers = "TLS_AES_128_GCM_SHA256,TLS_CHACHA20_POLY1305_SHA256"
    return run_of(f"workload=bulk implementation=fake version=1.3 cipher={ciphers} size={','.join(SIZES)}")


def timed(run: Run, ratios: Sequence[float], floor: float = 0.01) -> Run:
    """The run with ChaCha20-Poly1305 taking so many times what AES-GCM takes, size by size."""

    def with_times(cell: Cell) -> Cell:
        ratio = ratios[SIZES.index(cell.axes["size"])] if "CHACHA20" in cell.axes["cipher"] else 1.0
        rounds = [[1000.0 * ratio + step] for step in range(10)]
        return replace(cell, times={**cell.times, "total": summarise(rounds)})

    return replace(run, cells=[with_times(cell) for cell in run.cells], noise_floor={"bulk": floor})


@pytest.mark.parametrize(
    ("ratios", "words"),
    [
        ((2, 2, 3, 4), "AES-128-GCM from 16B to 1MiB (2.00 to 3.99 times)"),
        (
            (2, 1, 0.5, 0.5),
            "AES-128-GCM at 16B (2.00 times), neither at 1KiB, ChaCha20-Poly1305 from 16KiB on (1.99 times)",
        ),
        (
            (0.5, 0.5, 0.5, 2),
            "ChaCha20-Poly1305 up to 16KiB (1.99 times), AES-128-GCM at 1MiB (2.00 times)",
        ),
        ((1, 1, 1, 1), "neither from 16B to 1MiB"),
    ],
)
def test_it_is_said_which_aead_is_faster_at_what_size(
    ratios: Sequence[float], words: str, records: Run
) -> None:
    (finding,) = findings(timed(records, ratios))
    start = "bulk: of AES-128-GCM and ChaCha20-Poly1305 the faster is "
    assert finding.startswith(start)
    assert words in finding


def test_a_difference_below_the_noise_floor_is_none(records: Run) -> None:
    (finding,) = findings(timed(records, (1.1, 1.1, 1.1, 1.1), floor=0.2))
    assert "neither from 16B to 1MiB" in finding


def test_what_holds_no_two_aeads_says_nothing(run_of: RunOf) -> None:
    assert findings(run_of("implementation=fake")) == []
    assert findings(run_of("workload=primitive algorithm=aes-128-gcm/encrypt size=16B,1KiB")) == []


def test_series_are_told_apart_by_what_differs(run_of: RunOf) -> None:
    run = run_of(
        "workload=primitive algorithm=aes-128-gcm/encrypt,aes-256-gcm/encrypt,chacha20-poly1305/encrypt,"
        "aes-128-gcm/decrypt,chacha20-poly1305/decrypt size=16B,1KiB"
    )
    starts = [finding.split(":")[0] for finding in findings(run)]
    assert starts == [
        "primitive operation=encrypt",
        "primitive operation=encrypt",
        "primitive operation=decrypt",
    ]
