from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from tlsbench.report.ladder_svg import NARROW, WIDTH, ladder_svg
from tlsbench.results.trace_json import TracedHandshake
from tlsbench.session.trace import trace, traced_scenario

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def traced() -> TracedHandshake:
    return trace(
        traced_scenario(
            ["implementation=pyopenssl version=1.3 key=ml-dsa-87 chain_length=5 client_auth=required"]
        )
    ).shown


def test_the_picture_has_an_arrow_for_each_flight_in_its_direction_and_every_message(
    traced: TracedHandshake,
) -> None:
    root = ET.fromstring(ladder_svg(traced))
    arrows = [line for line in root.iter(f"{SVG}line") if line.get("class") == "arrow"]
    senders = ["client" if int(a.attrib["x1"]) < int(a.attrib["x2"]) else "server" for a in arrows]
    assert senders == [flight.sender for flight in traced.ladder.flights]
    texts = [text.text or "" for text in root.iter(f"{SVG}text")]
    for message in traced.ladder.messages:
        state = "encrypted" if message.encrypted else "clear"
        assert f"{message.name}, {message.wire_bytes:,} bytes, {state}" in texts


def test_nothing_is_outside_of_the_picture_or_on_top_of_another_line(traced: TracedHandshake) -> None:
    root = ET.fromstring(ladder_svg(traced))
    width, height = map(int, root.attrib["viewBox"].split()[2:])
    places = [(int(text.attrib["x"]), int(text.attrib["y"])) for text in root.iter(f"{SVG}text")]
    assert all(0 < x < width and 0 < y < height for x, y in places)
    assert len(set(places)) == len(places)


def test_what_comes_from_outside_is_escaped(traced: TracedHandshake) -> None:
    text = ladder_svg(replace(traced, engines={"x": "<script>\x1b&"}))
    assert "<script>" not in text
    ET.fromstring(text)


def test_its_styles_are_for_itself_alone(traced: TracedHandshake) -> None:
    """It may be in a page next to pictures with their own texts and lines."""
    root = ET.fromstring(ladder_svg(traced))
    (style,) = (one.text or "" for one in root.iter(f"{SVG}style"))
    assert root.attrib["class"] == "ladder"
    selectors = [rule.partition("{")[0] for rule in style.split("}") if rule]
    assert len(selectors) > 5
    assert all(selector.startswith(".ladder ") for selector in selectors)


def test_a_narrow_picture_has_the_same_words_and_keeps_them_within_its_width(traced: TracedHandshake) -> None:
    wide, narrow = (ET.fromstring(ladder_svg(traced, width)) for width in (WIDTH, NARROW))

    def words(root: ET.Element) -> list[str]:
        return [word for text in root.iter(f"{SVG}text") for word in (text.text or "").split()]

    assert words(narrow) == words(wide)
    assert int(narrow.attrib["width"]) == NARROW
    for text in narrow.iter(f"{SVG}text"):
        room = NARROW - int(text.attrib["x"]) if text.attrib["text-anchor"] == "start" else NARROW
        assert 5 * len(text.text or "") <= room  # a letter is at least five pixels wide
