"""Stored traces: what is written is read back, and anything else is refused with its position."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import RequestError
from tlsbench.results.reader import parse
from tlsbench.results.stored import FORMAT
from tlsbench.results.trace_json import trace_in, trace_to_json
from tlsbench.session.trace import Trace, trace, traced_scenario

KEY = "key=ecdsa-secp256r1"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def traced(selector: str) -> Trace:
    return trace(traced_scenario([f"{selector} {KEY}"]))


@cache
def example() -> str:
    return trace_to_json(traced("implementation=fake version=1.3").shown)


def test_the_json_holds_every_flight_and_no_secret() -> None:
    made = traced("implementation=pyopenssl version=1.3 group=secp256r1 hello_retry=yes")
    text = trace_to_json(made.shown)
    document = json.loads(text)
    assert document["hello_retry_request"] is True
    assert "not a benchmark" in document["note"]
    assert document["keys_from"] == "pyopenssl"
    assert [flight["sender"] for flight in document["flights"]][:4] == ["client", "server"] * 2
    hello = document["flights"][0]["messages"][0]
    assert {"name": "key_share", "wire_bytes": 42} in hello["extensions"]  # x25519: 32 bytes
    for _, _, secret in made.key_log.lines:
        assert secret.hex() not in text
    assert document["axes"] == made.scenario.axes()
    assert document["tlsbench"]["format"] == FORMAT


@pytest.mark.parametrize(
    "selector",
    ["implementation=fake version=1.2", "implementation=pyopenssl version=1.3 client_auth=required"],
)
def test_what_is_written_is_read_back(selector: str) -> None:
    made = traced(selector).shown
    assert trace_in(trace_to_json(made).encode(), "x") == made


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"flights": []}, r"\$\.flights: an array with nothing in it where at least one flight should be"),
        ({"flights": 3}, r"\$\.flights: 3 where an array should be"),
        ({"decrypted": 1}, r"\$\.decrypted: 1 where true or false should be"),
        ({"engines": {"x": None}}, r"\$\.engines\.x: null where text should be"),
        ({"tlsbench": {"format": FORMAT + 1}}, "it is from a newer tlsbench"),
    ],
)
def test_what_is_wrong_in_a_trace_is_one_line_with_its_place(change: dict[str, Any], fault: str) -> None:
    document = json.loads(example()) | change
    with pytest.raises(RequestError, match=f"^trace.json: {fault}"):
        trace_in(json.dumps(document).encode(), "trace.json")


@pytest.mark.parametrize(
    ("change", "fault"),
    [({"sender": "nobody"}, "sender"), ({"wire_bytes": -1}, "wire_bytes"), ({"at_ns": "soon"}, "at_ns")],
)
def test_what_is_wrong_in_a_flight_too(change: dict[str, Any], fault: str) -> None:
    document = json.loads(example())
    document["flights"][1] |= change
    with pytest.raises(RequestError, match=rf"\$\.flights\[1\]\.{fault}: "):
        trace_in(json.dumps(document).encode(), "x")


def test_a_message_without_records_is_refused() -> None:
    document = json.loads(example())
    document["flights"][0]["messages"][0]["records"] = []
    with pytest.raises(RequestError, match=r"\$\.flights\[0\]\.messages\[0\]\.records: "):
        trace_in(json.dumps(document).encode(), "x")


@given(JSON, st.sampled_from(["scenario", "engines", "flights", "version", "keys_from", "tlsbench"]))
def test_whatever_stands_in_a_member_it_is_read_or_refused_in_a_line(value: Any, member: str) -> None:
    document = json.loads(example()) | {member: value}
    try:
        assert trace_in(json.dumps(document).encode(), "x") is not None
    except RequestError as error:
        assert str(error).startswith("x: ")
        assert str(error).isprintable()


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{}", b'{"flights": 1}', b'{"benchmarks": []}'])
def test_what_is_no_trace_is_left_to_others(content: bytes) -> None:
    assert trace_in(content, "x") is None


def test_who_reads_results_says_where_a_trace_is_shown() -> None:
    with pytest.raises(RequestError, match="a handshake of 'tlsbench trace', which 'tlsbench report' shows"):
        parse(example(), "x")
