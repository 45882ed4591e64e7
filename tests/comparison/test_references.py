"""Which yardsticks judge which cell, and how a comparison uses them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from tlsbench.comparison import Judgement, Recording, judge
from tlsbench.report.comparisons import report_of_comparison
from tlsbench.report.exporters import export
from tlsbench.results.run import YardstickRecord
from tlsbench.sampling import WALL

ROUNDS = 120
ENGINES = {
    "pyopenssl": "OpenSSL 4.0",
    "ssl": "OpenSSL 3.0",
    "libssl": "OpenSSL 3.0 in libssl.so.3",
    "utls": "BoringSSL",
    "rtls": "rustls",
}
CELLS: Mapping[str, Mapping[str, str]] = {
    "pyopenssl full": {"workload": "handshake", "implementation": "pyopenssl"},
    "pyopenssl psk": {"workload": "handshake", "implementation": "pyopenssl", "resumption": "psk"},
    "ssl full": {"workload": "handshake", "implementation": "ssl"},
}


def run(seed: int, pace: float = 1.0, **factors: float) -> Recording:
    """A run on a machine of that pace, in which some cells or libraries are slower by a factor.

    Something else slows down a third of its rounds.
    """
    generator = np.random.default_rng(seed)
    shared = pace * np.where(generator.random(ROUNDS) < 1 / 3, 1.3, 1.0)

    def rounds(scale: float, *, turn: int = 0, every: int = 1) -> tuple[float, ...]:
        own = scale * 1e6 * shared * np.exp(generator.normal(0, 0.01, ROUNDS) + generator.normal(0, 0.005))
        return tuple(value if at % every == turn % every else math.nan for at, value in enumerate(own))

    def yardstick(nature: str, library: str, number: int) -> YardstickRecord:
        return YardstickRecord(
            name=f"{library or 'engine-free'} {nature}",
            nature=nature,
            engines={library: ENGINES[library]} if library else {},
            identity=f"{library} {nature} 1",
            round_medians=rounds(factors.get(library, 1.0) * number, turn=number, every=5),
        )

    yardsticks = [
        yardstick(nature, library, number)
        for number, (nature, library) in enumerate(
            [
                *(
                    (nature, library)
                    for nature in ("handshake", "resumption")
                    for library in ("pyopenssl", "libssl")
                ),
                ("handshake", "utls"),
                ("handshake", "rtls"),
                ("interpreter", ""),
                ("arithmetic", ""),
            ],
            start=1,
        )
    ]
    return Recording(
        source=f"run {seed}",
        figures={name: rounds(factors.get(name, 1.0)) for name in CELLS},
        instruments=dict.fromkeys(CELLS, WALL),
        parameters=CELLS,
        noise_floor={"handshake": 0.2},
        drift=0.3,
        environment={"processor": "A"},
        yardsticks={one.identity: one for one in yardsticks},
        engines=ENGINES,
    )


def called(judgement: Judgement) -> dict[str, str]:
    return {verdict.id: verdict.verdict for verdict in judgement.verdicts if verdict.verdict != "~"}


def test_a_machine_of_another_pace_changes_no_cell() -> None:
    judgement = judge(run(1), run(2, pace=1.4))
    assert called(judgement) == {}
    for verdict in judgement.verdicts:
        assert verdict.absolute.median == pytest.approx(1.4, rel=0.05)
        assert verdict.ratio.median == pytest.approx(1.0, rel=0.03)
        assert verdict.floor < 0.04, "the noise floor and drift of the runs do not count"
    assert list(judgement.warnings) == []


def test_a_cell_that_changed_is_found_whatever_the_pace() -> None:
    judgement = judge(run(1), run(2, pace=0.7, **{"pyopenssl full": 1.08}))
    assert called(judgement) == {"pyopenssl full": "slower"}
    assert judgement.verdicts[0].absolute.median < 0.8


def test_of_many_cells_one_that_strayed_by_chance_is_not_called() -> None:
    new = run(2, **{"pyopenssl full": 1.025})
    alone = judge(run(1), replace(new, figures={"pyopenssl full": new.figures["pyopenssl full"]}))
    (verdict,) = alone.verdicts
    assert verdict.verdict == "slower"
    assert 0.01 < verdict.p_value < 0.05, "else it says nothing of the correction"
    among = judge(run(1), new)
    assert called(among) == {}
    assert among.verdicts[0].p_value > 0.05
    assert among.verdicts[0].ratio == verdict.ratio


def test_a_yardstick_of_the_cell_s_own_implementation_or_engine_does_not_judge_it() -> None:
    judgement = judge(run(1), run(2))
    by = {verdict.id: set(verdict.yardsticks) for verdict in judgement.verdicts}
    others = {"utls handshake", "rtls handshake", "engine-free interpreter", "engine-free arithmetic"}
    assert by["pyopenssl full"] == {"libssl handshake", "libssl resumption"} | others
    assert by["ssl full"] == {"pyopenssl handshake", "pyopenssl resumption"} | others, "libssl is its engine"


def test_a_library_that_changed_under_the_same_version_is_found_and_does_not_make_others_faster() -> None:
    slower = {"pyopenssl full": 1.1, "pyopenssl psk": 1.1, "pyopenssl": 1.1}
    assert called(judge(run(1), run(2, **slower))) == {"pyopenssl full": "slower", "pyopenssl psk": "slower"}


def test_a_yardstick_of_another_identity_judges_nothing() -> None:
    new = run(2)
    other = {f"{key} of another version": one for key, one in new.yardsticks.items() if "libssl" in key}
    rest = {key: one for key, one in new.yardsticks.items() if "libssl" not in key}
    judgement = judge(run(1), replace(new, yardsticks={**other, **rest}))
    assert not [one for one in judgement.verdicts[0].yardsticks if "libssl" in one]
    assert "utls handshake" in judgement.verdicts[0].yardsticks


@pytest.mark.parametrize(
    ("new", "why"),
    [
        (replace(run(2, pace=1.4), yardsticks={}), "run 2 has none"),
        (replace(run(2, pace=1.4), environment={"processor": "B"}), "the processors differ"),
        (
            replace(run(2, pace=1.4), yardsticks={"other": next(iter(run(2).yardsticks.values()))}),
            "none is the same in both runs",
        ),
    ],
)
def test_without_a_yardstick_the_times_are_compared_as_they_are_and_it_says_so(
    new: Recording, why: str
) -> None:
    judgement = judge(run(1), new)
    assert [verdict.yardsticks for verdict in judgement.verdicts] == [()] * 3
    assert all(verdict.ratio == verdict.absolute for verdict in judgement.verdicts)
    (said,) = (one for one in judgement.warnings if "without yardsticks" in one)
    assert said.startswith(f"3 cells compared without yardsticks ({why}")


def test_the_table_shows_the_change_beside_the_absolute_ratio_and_names_the_yardsticks() -> None:
    shown = export(report_of_comparison(judge(run(1), run(2, pace=1.4))), "table", 160)
    assert "new/base" in shown
    assert "change" in shown
    assert "compared using 8 yardsticks: " in shown
    assert "libssl handshake" in shown
