from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from tlsbench.comparison import Recording, judge
from tlsbench.loading import Load, LoadPlan, Target, parse_threshold
from tlsbench.loading.seconds import Second
from tlsbench.report.pictures import Bars, Dots, Heat, Lines
from tlsbench.report.pictures.compared import comparison, history
from tlsbench.report.pictures.loads import course, latency, waiting
from tlsbench.report.pictures.runs import pictures_of_run
from tlsbench.report.pictures.shapes import MOST_BARS, MOST_LINES
from tlsbench.results import Cell, Run
from tlsbench.sampling import WALL
from tlsbench.session.history import changes

RunOf = Callable[[str], Run]


def recording(name: str, figures: dict[str, float], floor: float = 0.01) -> Recording:
    """Ten times of each cell, close to one value."""
    return Recording(
        source=name,
        figures={
            cell: tuple(value * (1 + step / 1000) for step in range(10)) for cell, value in figures.items()
        },
        parameters={cell: {"workload": "handshake"} for cell in figures},
        instruments=dict.fromkeys(figures, WALL),
        noise_floor={"handshake": floor},
        drift=0.0,
        environment={},
    )


def test_a_run_has_the_pictures_that_it_has_something_for(run_of: RunOf) -> None:
    kinds = {
        picture.kind: picture for picture in pictures_of_run(run_of("implementation=fake version=1.2,1.3"))
    }
    assert set(kinds) == {"cost", "distribution", "wire"}
    cost = kinds["cost"].shape
    assert isinstance(cost, Bars)
    assert list(cost.labels) == ["TLS 1.2", "TLS 1.3"]
    assert set(cost.parts) == {"client", "server"}


def test_what_is_drawn_is_what_was_measured(run_of: RunOf) -> None:
    run = run_of("implementation=ssl,pyopenssl version=1.3 resumption=none,psk")
    pictures = {picture.kind: picture.shape for picture in pictures_of_run(run)}
    cost, gain, field = pictures["cost"], pictures["resumption"], pictures["implementations"]
    assert isinstance(cost, Bars)
    assert [round(value) for value in cost.parts["client"]] == [
        round(cell.figures["client"].median / 1e3) for cell in run.cells
    ]
    assert isinstance(gain, Bars)
    assert set(gain.parts) == {"full", "psk"}
    for side in ("client", "server"):
        assert [round(span[0] * 1e3) for span in cost.spans[side] if span] == [
            round(cell.figures[side].interval.low)
            for cell in run.cells
            if math.isfinite(cell.figures[side].interval.low)
        ]
    assert not gain.is_stacked
    assert isinstance(field, Heat)
    assert set(field.columns) == {"ssl", "pyopenssl"}
    assert min(value for row in field.values for value in row if value is not None) == 1.0


def test_lines_over_sizes_cross_where_one_overtakes_the_other(run_of: RunOf) -> None:
    run = run_of(
        "workload=primitive algorithm=aes-128-gcm/encrypt,chacha20-poly1305/encrypt size=16B,1KiB,16KiB"
    )
    pace = {"aes-128-gcm/encrypt": (1.0, 4.0, 16.0), "chacha20-poly1305/encrypt": (2.0, 4.0, 8.0)}
    cells = []
    for cell in run.cells:
        at = ("16B", "1KiB", "16KiB").index(cell.axes["size"])
        size = (16, 1024, 16384)[at]
        both = replace(
            cell.main,
            interval=replace(cell.main.interval, median=size / pace[cell.axes["algorithm"]][at]),
        )
        cells.append(replace(cell, figures={**cell.figures, "libraries": both}))
    (picture,) = (one for one in pictures_of_run(replace(run, cells=cells)) if one.kind == "primitives")
    assert isinstance(picture.shape, Lines)
    assert picture.shape.x_is_log
    assert picture.shape.ticks == {16.0: "16B", 1024.0: "1KiB", 16384.0: "16KiB"}
    # they meet at 1 KiB, where neither is ahead: the straight line between the others crosses at 512 B
    assert (
        "Lines cross (○): chacha20-poly1305/encrypt and aes-128-gcm/encrypt at about 512 B."
        in picture.caption
    )
    assert isinstance(picture.shape, Lines)
    ((at, _),) = picture.shape.marks
    assert at == pytest.approx(512, rel=0.02)


def test_more_cells_than_can_be_read_are_left_out_and_that_is_said(run_of: RunOf) -> None:
    run = run_of("implementation=fake version=1.3 'group=*' key=*".replace("'", ""))
    assert len(run.cells) > MOST_BARS
    for picture in pictures_of_run(run):
        shape = picture.shape
        if isinstance(shape, Bars) and picture.kind == "cost":
            assert len(shape.labels) == len(run.cells)  # which are there to be chosen
            assert isinstance(picture.shown, Bars)
            assert len(picture.shown.labels) == len(set(picture.drawn)) == MOST_BARS
            assert f"{MOST_BARS} of {len(run.cells)} are drawn, from the fastest to" in picture.caption
        if isinstance(shape, Lines):
            assert isinstance(picture.shown, Lines)
            assert len(picture.shown.lines) <= MOST_LINES


def test_those_that_are_drawn_reach_from_the_fastest_to_the_slowest(run_of: RunOf) -> None:
    run = run_of("implementation=fake version=1.3 group=x25519,secp256r1 key=*")
    (picture,) = (one for one in pictures_of_run(run) if one.kind == "distribution")
    medians = [cell.main.median for cell in run.cells]
    assert isinstance(picture.shape, Lines)
    drawn = {line.name for line in picture.shape.only(picture.drawn).lines}
    named = dict(zip((line.name for line in picture.shape.lines), medians, strict=True))
    assert {min(named, key=named.__getitem__), max(named, key=named.__getitem__)} <= drawn


def test_a_legend_names_all_that_differs_and_the_scenario_all_that_does_not(run_of: RunOf) -> None:
    run = run_of("implementation=fake version=1.2,1.3 key=rsa-2048,ecdsa-secp256r1,ed25519 resumption=none")
    for picture in pictures_of_run(run):
        if picture.kind == "distribution":
            assert isinstance(picture.shown, Lines)
            names = [line.name for line in picture.shown.lines]
            assert len(set(names)) == len(names) == 6
            assert all(("TLS 1.2" in name) != ("TLS 1.3" in name) for name in names)
            assert "implementation=fake" in picture.scenario
            assert "version=" not in picture.scenario


def test_what_a_cell_does_not_have_takes_no_place(run_of: RunOf) -> None:
    old, new = (
        run_of(f"implementation=pyopenssl version={version} resumption=none,{kind}")
        for version, kind in (("1.2", "ticket"), ("1.3", "psk"))
    )
    run = replace(old, cells=[*old.cells, *new.cells])
    (picture,) = (one for one in pictures_of_run(run) if one.kind == "resumption")
    shape = picture.shape
    assert isinstance(shape, Bars)
    assert [value is None for value in shape.parts["psk"]] == ["TLS 1.2" in label for label in shape.labels]
    assert [value is None for value in shape.parts["ticket"]] == [
        "TLS 1.3" in label for label in shape.labels
    ]


def test_an_implementation_whose_suite_or_group_differs_is_marked(run_of: RunOf) -> None:
    run = run_of("implementation=ssl,pyopenssl version=1.3")
    (picture,) = (one for one in pictures_of_run(run) if one.kind == "implementations")
    assert isinstance(picture.shape, Heat)
    assert not any("≠" in text for row in picture.shape.texts for text in row)
    first, *others = run.cells
    odd = replace(first, axes={**first.axes, "group": "another"})
    (picture,) = (
        one for one in pictures_of_run(replace(run, cells=[odd, *others])) if one.kind == "implementations"
    )
    assert isinstance(picture.shape, Heat)
    assert [text.endswith("≠") for row in picture.shape.texts for text in row].count(True) == 1
    assert "marked ≠" in picture.caption


def test_implementations_are_beside_each_other_like_for_like_where_they_can_be(run_of: RunOf) -> None:
    run = run_of("implementation=ssl,pyopenssl version=1.3")
    one, other = run.cells

    def cell(of: Cell, cipher: str, implementation: str) -> Cell:
        return replace(of, axes={**of.axes, "cipher": cipher, "implementation": implementation})

    cells = [cell(other, "B", "pyopenssl"), cell(one, "A", "ssl"), cell(other, "A", "pyopenssl")]
    (picture,) = (
        found
        for found in pictures_of_run(replace(run, cells=[*cells, cell(one, "C", "rtls")]))
        if found.kind == "implementations"
    )
    shape = picture.shape
    assert isinstance(shape, Heat)
    assert list(shape.columns) == ["ssl", "pyopenssl", "rtls"]
    (texts,) = shape.texts  # of the suite that one library alone has nobody else has a figure
    assert [text.endswith("≠") for text in texts] == [False, False, True]


def test_a_load_has_its_course_and_its_thresholds() -> None:
    load = Load(LoadPlan(target=Target("127.0.0.1", 1)))
    load.seconds = tuple(
        Second(float(at), 100 + at, 0, at % 2, 4, {"handshake": (1e6 * at, 2e6 * at)}) for at in (1, 2, 3, 4)
    )
    load.thresholds = (parse_threshold("handshake p99<5ms"), parse_threshold("failed<1%"))
    counts, times = course(load), waiting(load)
    assert counts is not None
    assert times is not None
    assert isinstance(counts.shape, Lines)
    assert isinstance(times.shape, Lines)
    assert {line.name: list(line.y) for line in counts.shape.lines} == {
        "handshakes": [101, 102, 103, 104],
        "failed": [1, 0, 1, 0],
    }
    assert [line.name for line in times.shape.lines] == [
        "handshake p50",
        "handshake p99",
        "threshold handshake p99<5ms",
    ]
    assert list(times.shape.lines[1].y) == [2, 4, 6, 8]
    assert list(times.shape.lines[2].y) == [5, 5]
    load.seconds = load.seconds[:2]
    assert course(load) is waiting(load) is None


def test_a_comparison_shows_what_differs_most_first() -> None:
    base = recording("base", {"a": 100.0, "b": 100.0, "c": 100.0})
    new = recording("new", {"a": 100.0, "b": 150.0, "c": 60.0})
    picture = comparison(judge(base, new))
    assert picture is not None
    assert isinstance(picture.shape, Dots)
    assert list(picture.shape.labels) == ["c", "b", "a"]
    assert list(picture.shape.kinds) == ["faster", "slower", "~"]


def test_a_history_names_the_runs_in_which_a_cell_changed() -> None:
    runs = [
        (name, recording(name, {"a": value}))
        for name, value in (("1", 100.0), ("2", 100.2), ("3", 130.0), ("4", 130.1))
    ]
    assert changes(["a"], runs) == {"a": {2: "slower +30 %"}}
    picture = history(runs)
    assert picture is not None
    assert isinstance(picture.shape, Lines)
    (line,) = picture.shape.lines
    assert line.notes == {2: "slower +30 %"}
    assert history(runs[:1]) is None


def test_the_tail_of_a_load_ends_where_its_connections_end() -> None:
    load = Load(LoadPlan(target=Target("127.0.0.1", 1)))
    for number in range(1, 1001):
        load.tally.times["handshake"].record_value(number * 1000)
    picture = latency([("load", load)])
    assert picture is not None
    assert isinstance(picture.shape, Lines)
    (line,) = picture.shape.lines
    assert line.name == "handshake"
    assert max(line.x) == pytest.approx(1000)
    assert line.y[-1] == pytest.approx(1.0, rel=0.01)  # the 99.9th of 1 to 1,000 µs, in ms
    assert latency([("none", Load(LoadPlan(target=Target("127.0.0.1", 1))))]) is None


def test_every_picture_is_plain_values(run_of: RunOf) -> None:
    from dataclasses import asdict

    for picture in pictures_of_run(run_of("implementation=fake version=1.2,1.3")):
        text = json.dumps(asdict(picture), allow_nan=False)
        assert math.isfinite(len(text))
