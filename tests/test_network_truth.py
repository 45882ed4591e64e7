"""How benchmarks/network_truth.py and network_losses.py count; tests/integration/test_via.py has a kernel."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
#: A lossless exchange: what each end sent (">") and received ("<"), with the bytes of data.
CLIENT = "> syn, < syn, > 0, > 250, < 0, < 900, > 80, > 530, < 250, < 1448, < 1448, > 0"
SERVER = "< syn, > syn, < 0, < 250, > 0, > 900, < 80, > 250, < 530, > 1448, > 1448, < 0"


@contextmanager
def loaded(name: str) -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules[name]


@pytest.fixture(scope="module")
def truth() -> Iterator[ModuleType]:
    with loaded("network_truth") as module:
        yield module


def seen(truth: ModuleType, words: str) -> list[object]:
    """What an end saw; sequence numbers increase for each sender."""
    found, starts = [], {">": 1, "<": 1}
    for word in words.split(", "):
        way, what = word.split()
        size = 0 if what == "syn" else int(what)
        found.append(truth.Seen(way == ">", what == "syn", starts[way], size))
        starts[way] += size
    return found


def test_a_handshake_and_a_request_take_a_round_trip_each(truth: ModuleType) -> None:
    client, server = seen(truth, CLIENT), seen(truth, SERVER)
    found = truth.depths(client, server, len(client))
    assert (found.handshake_round_trips, found.round_trips) == (1, 2)
    assert (found.segments, found.retransmissions) == (7, 0)


def test_a_server_that_waits_for_an_acknowledgement_takes_one_more(truth: ModuleType) -> None:
    waits = "> syn, < syn, > 0, > 250, < 1448, > 0, < 900, > 80, > 530, < 4000"
    server = "< syn, > syn, < 0, < 250, > 1448, < 0, > 900, < 80, < 530, > 4000"
    client = seen(truth, waits)
    found = truth.depths(client, seen(truth, server), len(client))
    assert (found.handshake_round_trips, found.round_trips) == (2, 3)


def test_what_comes_after_the_answer_is_no_part_of_it(truth: ModuleType) -> None:
    client, server = seen(truth, CLIENT + ", < 24"), seen(truth, SERVER + ", > 24")
    found = truth.depths(client, server, len(client) - 1)
    assert (found.round_trips, found.segments) == (2, 7)
    assert truth.depths(client, server, len(client)).round_trips == 3


def test_what_is_sent_twice_is_a_retransmission(truth: ModuleType) -> None:
    client, server = seen(truth, CLIENT), seen(truth, SERVER)
    again = [*client, replace(client[-2])], [*server, replace(server[-2])]  # type: ignore[type-var]
    found = truth.depths(*again, len(client) + 1)
    assert (found.segments, found.retransmissions) == (8, 1)


def test_ends_that_did_not_see_the_same_are_an_error(truth: ModuleType) -> None:
    with pytest.raises(ValueError, match="was not sent"):
        truth.depths(seen(truth, CLIENT), seen(truth, SERVER)[:-4], 12)


@pytest.mark.parametrize("chain_bytes", [700, 4000, 60_000])
def test_certificates_have_the_size_that_is_wanted(truth: ModuleType, chain_bytes: int) -> None:
    leaf = truth.padded(chain_bytes).server.leaf_der
    assert abs(len(leaf) - chain_bytes) <= 8, "a signature's length varies"


def test_a_case_that_differs_is_bold_and_counted(truth: ModuleType) -> None:
    depths = truth.Depths(1, 2, 9, 0)
    right = truth.Outcome(
        truth.Case(50, 500, True), truth.Took(52, 110), depths, truth.Took(51, 108.5), depths
    )
    late = replace(right, case=truth.Case(100, 500, True), model=truth.Took(51, 90))
    fewer = replace(right, case=truth.Case(50, 500, False), model_depths=truth.Depths(2, 2, 9, 0))
    other = replace(right, case=truth.Case(100, 500, False))
    text = truth.table([right, late, fewer, other], 8)
    assert "**3 of 4 cases have the round trips of the kernel, 3 of 4 its times**" in text
    assert "largest difference until all is done is +20.0 ms, +18.2%" in text
    assert "| 500 | off | 1 + 1 | 110.0 / 108.5 | 1 + 1 | **110.0 / 90.0** |" in text
    assert "| 500 | on | **1 + 1, model 2 + 0** | 110.0 / 108.5 |" in text


def test_distributions_stand_beside_each_other() -> None:
    """With a kernel whose exchanges are late more often than the model's, and with one whose are not."""
    with loaded("network_losses") as losses:
        case = losses.Case.parse("20:0.5:6000")
        assert case == losses.Case(20, 0.5, 6000)
        kernel, model = [50.0] * 60 + [75.0] * 30 + [260.0] * 10, [49.0] * 120 + [73.0] * 60 + [280.0] * 20
        assert losses.lateness(kernel, 10) == [60, 30, 10]
        alike = losses.row(case, kernel, model)
        assert alike == (
            "| 20 ms | 0.5 % | 6,000 | 50 / 49 | 60% (50% to 70%) / 60% | 30% (21% to 40%) / 30% | "
            "10% (5% to 18%) / 10% | 1.00 |"
        )
        other = losses.row(case, kernel, [49.0] * 180 + [73.0] * 20 + [280.0])
        assert other.endswith(" | 0.00 |")
        assert alike in losses.table([alike, other], 100)
        assert "100 exchanges of the kernel and 2,000 of the model" in losses.table([alike], 100)
