from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from tlsbench.comparison import Recording, judge
from tlsbench.loading import BackendLoad, Load, LoadPlan, Target, parse_threshold
from tlsbench.loading.seconds import Second
from tlsbench.report.findings import findings
from tlsbench.report.pictures import Bars, Dots, Heat, Lines
from tlsbench.report.pictures.compared import comparison, history
from tlsbench.report.pictures.loads import course, course_by_backend, latency, waiting
from tlsbench.report.pictures.runs import pictures_of_run
from tlsbench.report.pictures.shapes import MOST_BARS, MOST_LINES
from tlsbench.results import Cell, Run
from tlsbench.sampling import WALL
from tlsbench.session.history import histories
from tlsbench.stats import summarise

RunOf = Callable[[str], Run]


def recording(name: str, figures: dict[str, float], floor: float = 0.01) -> Recording:
    """Ten times for each cell, close to one value."""
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


def test_only_what_is_alike_is_ranked_and_the_rest_says_in_what_it_differs(
    run_of: RunOf, taking: Callable[[Run, Callable[[Cell], float]], Run]
) -> None:
    measured = run_of("implementation=ssl,pyopenssl,libssl version=1.3 group=secp256r1 key=ecdsa-secp256r1")
    run = taking(measured, lambda cell: 2e6 if cell.axes["implementation"] == "ssl" else 3e6)
    fast = summarise([[1.0 + at] for at in range(20)])  # the fastest by far, with another group
    other = replace(
        run.cells[1],
        axes={**run.cells[1].axes, "group": "X25519MLKEM768"},
        negotiated={**run.cells[1].negotiated, "group": "X25519MLKEM768"},
        figures={**run.cells[1].figures, "libraries": fast},
    )
    changed = replace(run, cells=[run.cells[0], other, run.cells[2]])
    (picture,) = (one for one in pictures_of_run(changed) if one.kind == "implementations")
    assert isinstance(picture.shape, Heat)
    (values,), (texts,) = picture.shape.values, picture.shape.texts
    assert list(picture.shape.columns) == ["ssl", "pyopenssl", "libssl"]
    assert min(value for value in values if value is not None) == 1.0
    assert (values[1], texts[1]) == (None, "0.00†")
    assert not any("†" in text for text in (texts[0], texts[2]))
    assert "pyopenssl in group (X25519MLKEM768, not secp256r1)" in picture.beside
    assert not any("Fastest" in one.headline and "pyopenssl" in one.headline for one in findings(changed))


def test_the_versions_of_openssl_are_a_line_from_the_oldest_to_the_newest(run_of: RunOf) -> None:
    run = run_of("implementation=fake,pyopenssl,libssl,ssl version=1.3 group=secp256r1 key=ecdsa-secp256r1")
    engines = {"pyopenssl": "OpenSSL 4.0.3", "libssl": "OpenSSL 3.10.1 in x", "ssl": "OpenSSL 3.0.19"}
    cells = {cell.axes["implementation"]: cell for cell in run.cells}
    older = [
        replace(cells["libssl"], axes={**cells["libssl"].axes, "implementation": name})
        for name in ("libssl:/a", "libssl:/b", "libssl:/c")
    ]
    engines |= {"libssl:/a": "OpenSSL 1.1.1k in /a", "libssl:/b": "OpenSSL 1.1.1 in /b"}
    engines |= {"libssl:/c": "BoringSSL in /c"}
    changed = replace(run, cells=[*cells.values(), *older], engines=engines)
    (picture,) = (one for one in pictures_of_run(changed) if one.kind == "versions")
    assert isinstance(picture.shape, Lines)
    (line,) = picture.shape.lines
    assert picture.shape.ticks == {0.0: "1.1.1", 1.0: "1.1.1k", 2.0: "3.10.1", 3.0: "4.0.3"}
    assert line.y[-1] == pytest.approx(cells["pyopenssl"].main.median / 1e3)
    field = next(one.shape for one in pictures_of_run(changed) if one.kind == "implementations")
    assert isinstance(field, Heat)
    assert list(field.columns[4:]) == ["OpenSSL 1.1.1k a", "OpenSSL 1.1.1 b", "BoringSSL c"]
    two = replace(changed, cells=[cells["pyopenssl"], cells["libssl"]])
    assert not any(one.kind == "versions" for one in pictures_of_run(two))


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


#: Nine, all of which the fake accepts.
_GROUPS = "secp256r1,x25519,secp384r1,secp521r1"
_KEYS = "key=rsa-2048,rsa-3072,rsa-4096,ecdsa-secp256r1,ecdsa-secp384r1,ed25519,ml-dsa-*"


@pytest.mark.slow
def test_more_cells_than_can_be_read_are_left_out_and_that_is_said(run_of: RunOf) -> None:
    run = run_of(f"implementation=fake version=1.3 group={_GROUPS} {_KEYS}")
    assert len(run.cells) > MOST_BARS
    for picture in pictures_of_run(run):
        shape = picture.shape
        if isinstance(shape, Bars) and picture.kind == "cost":
            assert len(shape.labels) == len(run.cells)  # they can be chosen
            assert isinstance(picture.shown, Bars)
            assert len(picture.shown.labels) == len(set(picture.drawn)) == MOST_BARS
            assert f"{MOST_BARS} of {len(run.cells)} are drawn, from the fastest to" in picture.caption
        if isinstance(shape, Lines):
            assert isinstance(picture.shown, Lines)
            assert len(picture.shown.lines) <= MOST_LINES


def test_those_that_are_drawn_reach_from_the_fastest_to_the_slowest(run_of: RunOf) -> None:
    run = run_of(f"implementation=fake version=1.3 group=x25519,secp256r1 {_KEYS}")
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


def test_where_no_two_implementations_are_alike_none_is_drawn(run_of: RunOf) -> None:
    first, other = run_of("implementation=ssl,pyopenssl version=1.3").cells
    run = run_of("implementation=ssl,pyopenssl version=1.3")
    assert "implementations" in [one.kind for one in pictures_of_run(run)]
    group = {"group": "another"}
    odd = replace(first, axes={**first.axes, **group}, negotiated={**first.negotiated, **group})
    assert "implementations" not in [one.kind for one in pictures_of_run(replace(run, cells=[odd, other]))]


def test_implementations_are_beside_each_other_like_for_like_where_they_can_be(run_of: RunOf) -> None:
    run = run_of("implementation=ssl,pyopenssl version=1.3")
    one, other = run.cells

    def cell(of: Cell, cipher: str, implementation: str) -> Cell:
        return replace(
            of,
            axes={**of.axes, "cipher": cipher, "implementation": implementation},
            negotiated={**of.negotiated, "cipher": cipher},
        )

    cells = [cell(other, "B", "pyopenssl"), cell(one, "A", "ssl"), cell(other, "A", "pyopenssl")]
    (picture,) = (
        found
        for found in pictures_of_run(replace(run, cells=[*cells, cell(one, "C", "rtls")]))
        if found.kind == "implementations"
    )
    shape = picture.shape
    assert isinstance(shape, Heat)
    assert list(shape.columns) == ["pyopenssl", "ssl", "rtls"]
    (texts,) = shape.texts  # for a suite that only one library has, nobody else has a figure
    assert [text.endswith("†") for text in texts] == [False, False, True]


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
    labels = ["aaaaaaa 2026-11-01", "bbbbbbb 2026-11-02", "ccccccc 2026-11-03", "ddddddd 2026-11-04"]
    runs = [
        recording(name, {"a": value}) for name, value in zip("1234", (100, 100.2, 130, 130.1), strict=True)
    ]
    picture = history(histories(runs, ["a"]), labels)
    assert picture is not None
    assert isinstance(picture.shape, Lines)
    (line,) = picture.shape.lines
    assert line.notes == {2: "slower +30 %*"}
    assert line.y == pytest.approx([1.0, 1.002, 1.3, 1.301], rel=1e-3)
    assert picture.shape.ticks == dict(enumerate(labels))
    assert "* no yardsticks (points: 3): compared with the previous run" in picture.caption
    assert history(histories(runs[:1], ["a"]), labels) is None


def test_of_many_runs_those_with_a_change_are_named_and_as_many_as_can_be_read() -> None:
    runs = [recording(str(at), {"a": 100.0 if at < 45 else 150.0}) for at in range(90)]
    picture = history(histories(runs, ["a"]), [f"run {at}" for at in range(90)], left_out=2)
    assert picture is not None
    assert isinstance(picture.shape, Lines)
    ticks = picture.shape.ticks
    assert ticks is not None
    assert ticks[45] == "run 45"
    assert {0, 89} < ticks.keys()
    assert 10 < len(ticks) < 20
    assert min(after - before for before, after in pairwise(ticks)) >= 6
    assert "2 more cells are not drawn" in picture.caption


def test_only_backends_whose_course_is_known_are_drawn_over_time() -> None:
    targets = [Target("127.0.0.1", port) for port in (1, 2)]
    seconds = tuple(Second(float(at), 100 + at, 0, 0, 4) for at in (1, 2, 3, 4))
    load = Load(LoadPlan(target=targets[0], others=(targets[1],)), seconds=seconds)
    load.backends = tuple(map(BackendLoad, targets))  # as of a fleet, which reports none by backend
    assert course(load) is not None
    assert course_by_backend(load) is None
    load.backends[1].seconds = seconds
    drawn = course_by_backend(load)
    assert drawn is not None
    assert isinstance(drawn.shape, Lines)
    assert [(line.name, len(line.y)) for line in drawn.shape.lines] == [("127.0.0.1:2", 4)]


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
