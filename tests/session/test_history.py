from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tlsbench.comparison import Recording, judge
from tlsbench.errors import RequestError
from tlsbench.results import Run, storage
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.environment import machine_info
from tlsbench.results.run import YardstickRecord
from tlsbench.sampling import WALL, Instrument
from tlsbench.sampling.instruments import CALLGRIND
from tlsbench.session.history import CellHistory, histories, saved_runs

FULL = "workload=handshake implementation=pyopenssl"
YARDSTICKS = (("handshake", "ssl"), ("resumption", "ssl"), ("handshake", "utls"), ("arithmetic", ""))
ROUNDS = 80


def recording(
    seed: int,
    factor: float = 1.0,
    *,
    pace: float = 1.0,
    python: str = "3.11",
    processor: str = "A",
    yardsticks: bool = True,
    instrument: Instrument = WALL,
) -> Recording:
    """A run in which the cell is slower by a factor, on a machine of that pace.

    Cells move by half a percent relative to each other from run to run, and all by the pace; something else
    slows down a third of the rounds.
    """
    generator = np.random.default_rng(seed)
    shared = pace * np.where(generator.random(ROUNDS) < 1 / 3, 1.3, 1.0)

    def rounds(scale: float, turn: int = 0, every: int = 1) -> tuple[float, ...]:
        own = scale * 1e6 * shared * np.exp(generator.normal(0, 0.01, ROUNDS) + generator.normal(0, 0.005))
        return tuple(value if at % every == turn % every else math.nan for at, value in enumerate(own))

    records = [
        YardstickRecord(
            name=f"{library} {nature}",
            nature=nature,
            engines={library: f"{library} 1.0"} if library else {},
            identity=f"{library} {nature}; CPython {python}",
            round_medians=rounds(number, turn=number, every=4),
        )
        for number, (nature, library) in enumerate(YARDSTICKS, start=1)
    ]
    return Recording(
        source=f"run {seed}",
        figures={FULL: rounds(factor)},
        instruments={FULL: instrument},
        parameters={FULL: {"workload": "handshake", "implementation": "pyopenssl"}},
        noise_floor={"handshake": 0.02},
        drift=0.02,
        environment={"processor": processor},
        yardsticks={one.identity: one for one in records} if yardsticks else {},
        engines={"pyopenssl": "OpenSSL 4.0"},
    )


def wandering(seed: int, factors: Sequence[float], *, yardsticks: bool = True) -> list[Recording]:
    """Runs of a machine whose pace varies within 20 % of its middle."""
    paces = np.random.default_rng(seed).uniform(0.8, 1.2, len(factors))
    return [
        recording(1000 * seed + at, factor, pace=float(pace), yardsticks=yardsticks)
        for at, (factor, pace) in enumerate(zip(factors, paces, strict=True))
    ]


def history_of(recordings: Sequence[Recording]) -> CellHistory:
    (cell,) = histories(recordings, [FULL])
    return cell


def called(recordings: Sequence[Recording]) -> dict[int, str]:
    return {at: str(change) for at, change in history_of(recordings).changes.items()}


def test_thirty_equal_runs_of_a_machine_whose_pace_wanders_have_no_change() -> None:
    assert [called(wandering(seed, [1.0] * 30)) for seed in range(5)] == [{}] * 5


@pytest.mark.parametrize(("factor", "word"), [(1.1, "slower"), (0.9, "faster")])
def test_a_step_of_a_tenth_is_found_at_the_run_at_which_it_came(factor: float, word: str) -> None:
    for seed in range(5):
        history = history_of(wandering(seed, [1.0] * 17 + [factor] * 13))
        assert list(history.changes) == [17]
        change = history.changes[17]
        assert change.word == word
        assert change.ratio.low < factor < change.ratio.high
        assert change.ratio.median == pytest.approx(factor, rel=0.015)
        assert not change.is_weak


def test_each_run_stands_at_its_ratio_to_the_first_whatever_the_pace() -> None:
    history = history_of(wandering(1, [1.0] * 5 + [1.1] * 5))
    medians, ratios = zip(
        *((point.median, point.ratio) for point in history.points if point is not None), strict=True
    )
    assert max(medians) / min(medians) > 1.2
    assert ratios[0].low == ratios[0].median == ratios[0].high == 1
    for ratio, factor in zip(ratios[1:], [1.0] * 4 + [1.1] * 5, strict=True):
        assert ratio.low < factor < ratio.high
        assert ratio.median == pytest.approx(factor, rel=0.03)
    assert history.weak == 0


def test_of_two_runs_the_history_says_what_the_comparison_says() -> None:
    pairs = [(recording(2 * seed), recording(2 * seed + 1, 1.03, pace=1.2)) for seed in range(30)]
    verdicts = [judge(*pair).verdicts[0] for pair in pairs]
    assert {verdict.verdict for verdict in verdicts} == {"~", "slower"}, "both are among them"
    for pair, verdict in zip(pairs, verdicts, strict=True):
        changes = history_of(pair).changes
        assert [change.word for change in changes.values()] == [verdict.verdict] * (verdict.verdict != "~")
        for change in changes.values():
            assert change.ratio.low == pytest.approx(verdict.ratio.low)
            assert change.ratio.high == pytest.approx(verdict.ratio.high)


def test_without_yardsticks_each_run_is_compared_with_the_one_before_and_that_is_marked_as_weak() -> None:
    history = history_of(wandering(1, [1.0] * 30, yardsticks=False))
    assert history.weak == 29
    assert history.changes, "the pace is taken for a change: that is the weakness"
    assert all(change.is_weak for change in history.changes.values())
    assert all(str(change).endswith("*") for change in history.changes.values())


def test_where_the_yardsticks_change_a_stretch_begins_and_is_linked_by_the_times_themselves() -> None:
    before = [recording(at, python="3.11") for at in range(8)]
    after = [recording(10 + at, 1.0 if at < 4 else 1.1, pace=1.5, python="3.12") for at in range(8)]
    history = history_of([*before, *after])
    assert {at: change.is_weak for at, change in history.changes.items()} == {8: True, 12: False}
    assert history.changes[8].ratio.median == pytest.approx(1.5, rel=0.1), "the pace, as nothing can tell"
    assert history.changes[12].ratio.median == pytest.approx(1.1, rel=0.02)
    assert history.weak == 1
    assert history.points[8] is not None
    assert history.points[8].ratio.high > history.points[8].ratio.median * 1.039, "noise floor and drift"
    assert history.points[7] is not None
    assert history.points[7].yardsticks == len(YARDSTICKS)
    assert history.points[15] is not None
    assert history.points[15].ratio.median == pytest.approx(1.5 * 1.1, rel=0.1)


def test_runs_of_two_machines_in_turn_are_each_compared_with_their_own_kind() -> None:
    runs = [
        recording(at, 1.1 if at >= 10 else 1.0, processor="AB"[at % 2], pace=(1.0, 1.6)[at % 2])
        for at in range(20)
    ]
    history = history_of(runs)
    assert {at: change.is_weak for at, change in history.changes.items()} == {1: True, 10: False, 11: False}
    assert history.weak == 1


def test_runs_that_count_in_another_unit_are_left_out() -> None:
    history = history_of([recording(1, instrument=CALLGRIND), recording(2), recording(3)])
    assert history.points[0] is None
    assert history.ratios[1:] == [1.0, pytest.approx(1.0, rel=0.03)]
    assert history.unit is WALL.unit


def test_counts_of_instructions_need_no_yardstick() -> None:
    runs = [recording(at, instrument=CALLGRIND, yardsticks=False) for at in (1, 1, 1)]
    assert history_of(runs).weak == 0


def test_more_cells_and_runs_ask_for_more() -> None:
    pair = next(
        pair
        for seed in range(100)
        if len(called(pair := [recording(2 * seed), recording(2 * seed + 1, 1.03)])) == 1
    )
    others = {f"{FULL} {number}": pair[0].figures[FULL] for number in range(100)}
    assert called(pair)
    many = [
        replace(
            one,
            figures={**one.figures, **others},
            instruments=dict.fromkeys([FULL, *others], WALL),
            parameters=dict.fromkeys([FULL, *others], one.parameters[FULL]),
        )
        for one in pair
    ]
    assert histories(many, list(many[0].figures))[0].changes == {}


def save(run: Run, factor: float) -> None:
    document = json.loads(to_json(run, machine_info()))
    document["tlsbench"]["noise_floor"] = {"handshake": 0.01}
    for benchmark in document["benchmarks"]:
        main = benchmark["extra_info"]["tlsbench"]["figures"]["libraries"]
        main["round_medians"] = [factor * (1000 + step) for step in range(10)]
        main |= {"low": 1001 * factor, "median": 1004.5 * factor, "high": 1008 * factor}
    storage.save("nightly", json.dumps(document))


def test_a_cell_has_a_median_for_each_saved_run_and_its_changes(
    run_of: Callable[[str], Run], in_empty_folder: Path
) -> None:
    run = run_of("implementation=fake version=1.2,1.3")
    for factor in (1.0, 1.0, 2.0):
        save(run, factor)
    saved = saved_runs()
    assert [(one.number, one.name) for one in saved.runs] == [(at, "nightly") for at in (1, 2, 3)]
    (cell,) = histories([one.recording for one in saved.runs], saved.ids(["version=1.3"]))
    assert [point and point.median for point in cell.points] == [1004.5, 1004.5, 2009.0]
    assert {at: str(change) for at, change in cell.changes.items()} == {2: "slower +100 %*"}
    assert len(saved.ids([])) == 2
    with pytest.raises(RequestError, match="no saved run has a cell of key=ed25519"):
        saved.ids(["key=ed25519"])


def test_what_is_no_run_is_left_out_and_told(run_of: Callable[[str], Run], in_empty_folder: Path) -> None:
    save(run_of("implementation=fake"), 1.0)
    (folder,) = Path(".benchmarks").iterdir()
    (folder / "0002_broken.json").write_text("{}", encoding="utf-8")
    saved = saved_runs()
    assert len(saved.runs) == len(saved.left_out) == 1
    assert "0002_broken.json" in saved.left_out[0]


def test_where_none_is_saved_it_says_how_to(in_empty_folder: Path) -> None:
    with pytest.raises(RequestError, match="save one with 'tlsbench run --save NAME'"):
        saved_runs()
