from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from tlsbench.cli.app import run as tlsbench
from tlsbench.report.pictures import Bars, Dots, Heat, Line, Lines, Picture
from tlsbench.report.static import FORMATS, draw
from tlsbench.results import Run
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.environment import machine_info

pytest.importorskip("matplotlib")
SHAPES = (
    Bars(
        ["one", "two"],
        {"client": [1.0, 2.0], "server": [3.0, 4.0]},
        "KiB",
        texts=["both 4 KiB", "both 6 KiB"],
    ),
    Bars(
        ["one", "two"],
        {"client": [1.0, 2.0], "server": [3.0, None]},
        "µs",
        is_stacked=False,
        totals=[4.1, 2.0],
        spans={"client": [(0.9, 1.2), None], "server": [(2.9, 3.1), None], "together": [(3.9, 4.4), None]},
    ),
    Bars(["one"], {"a": [1.0], "b": [3.0]}, "bytes", is_stacked=False, mark=(2.0, "a limit")),
    Lines(
        [Line("rise", [1.0, 2.0], [1.0, 4.0], [0.5, 3.0], [1.5, 5.0], {1: "faster"})],
        "x",
        "y",
        ticks={1.0: "A"},
    ),
    Lines([Line("tail", [1.0, 10.0], [1.0, 4.0])], "x", "y", x_is_log=True, y_is_log=True, is_stepped=True),
    Dots(
        ["a", "b", "c"],
        [1.1, 0.9, 1.0],
        [(1.0, 1.2), None, (0.9, 1.1)],
        ["slower", "faster", "~"],
        "new/base",
        1.0,
    ),
    Heat(["r", "s"], ["c"], [[1.0], [None]], [["1.00"], [""]], "×"),
)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: type(shape).__name__)
@pytest.mark.parametrize("file_format", FORMATS)
def test_every_shape_is_drawn_alike_each_time(shape: Bars | Lines | Dots | Heat, file_format: str) -> None:
    picture = Picture("kind", "A title of $5 & <b>", "what it is", shape)
    first = draw(picture, file_format)
    assert first == draw(picture, file_format)
    starts = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}
    assert first.startswith(starts[file_format])
    if file_format == "svg":
        assert "A title of $5 & <b>" in "".join(ET.fromstring(first).itertext())


def test_a_picture_says_what_it_is_of_and_where_it_was_measured() -> None:
    origin = ["A processor · 2 cores · CPython 3.11", "ssl = OpenSSL 3.0.19"]
    picture = Picture("kind", "A title", "", SHAPES[0], scenario="group=x25519 key=ed25519", origin=origin)
    text = "".join(ET.fromstring(draw(picture, "svg")).itertext())
    for words in ("A title", "group=x25519 key=ed25519", *origin):
        assert words in text


def test_only_what_is_chosen_is_drawn() -> None:
    shape = Bars([f"cell {at}" for at in range(9)], {"a": [1.0] * 9}, "µs", is_stacked=False)
    text = "".join(ET.fromstring(draw(Picture("kind", "t", "", shape, drawn=(0, 8)), "svg")).itertext())
    assert [at for at in range(9) if f"cell {at}" in text] == [0, 8]


def test_the_command_draws_a_picture(
    run_of: Callable[[str], Run], in_empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_of("implementation=fake version=1.2,1.3")
    Path("run.json").write_text(to_json(run, machine_info()))
    assert tlsbench(["plot", "run.json", "-o", "cost.svg"]) == 0
    assert "TLS 1.3" in Path("cost.svg").read_text()
    assert tlsbench(["plot", "run.json", "--base", "run.json", "-o", "change.png"]) == 0
    assert Path("change.png").read_bytes().startswith(b"\x89PNG")
    for words, problem in (
        (["--kind", "costs", "-o", "x.svg"], "did you mean 'cost'"),
        (["-o", "x.gif"], "a picture ends with .svg, .png, .pdf"),
        (["-o", "no/x.svg"], "cannot write no/x.svg"),
    ):
        assert tlsbench(["plot", "run.json", *words]) == 2
        assert problem in capsys.readouterr().err
