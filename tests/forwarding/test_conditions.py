"""The conditions of a line: the same values as the axes of link=network, in one spelling."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tlsbench.errors import RequestError
from tlsbench.forwarding import canonical, network_of
from tlsbench.scenarios import parse
from tlsbench.scenarios.networks import parse_bandwidth, parse_loss, parse_rtt

WORDS = st.sampled_from(
    [
        "rtt=50ms",
        "RTT=50",
        "rtt=0ms",
        "bandwidth=10mbps",
        "bandwidth=unlimited",
        "loss=1",
        "loss=0%",
        "mss=9",
        "",
    ]
)


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("rtt=50ms", "rtt=50ms"),
        ("loss=1, rtt=20 ,bandwidth=10mbps", "rtt=20ms,bandwidth=10mbit,loss=1%"),
        ("loss=0%,bandwidth=unlimited", "rtt=0ms"),
        ("bandwidth=0.5mbit", "rtt=0ms,bandwidth=0.5mbit"),
    ],
)
def test_conditions_have_one_spelling(given: str, written: str) -> None:
    assert canonical(given) == written
    assert canonical(written) == written


@given(rtt=st.integers(0, 10_000), mbit=st.integers(1, 100_000), loss=st.integers(0, 50))
def test_values_are_those_of_the_axes(rtt: int, mbit: int, loss: int) -> None:
    words = f"rtt={rtt}", f"bandwidth={mbit}", f"loss={loss}"
    assert parse(list(words), ()) == {
        "rtt": (parse_rtt(f"{rtt}"),),
        "bandwidth": (parse_bandwidth(f"{mbit}"),),
        "loss": (parse_loss(f"{loss}"),),
    }
    network = network_of(canonical(",".join(words)))
    assert (network.rtt_ms, network.bandwidth_mbit, network.loss) == (rtt, mbit, loss / 100)


@given(st.lists(WORDS, max_size=4).map(",".join) | st.text(max_size=20))
@example("0\n0")
@example("a\nb=1")
def test_a_text_is_conditions_or_an_error_of_one_line(text: str) -> None:
    try:
        written = canonical(text)
    except RequestError as error:
        assert "\n" not in str(error)
    else:
        assert canonical(written) == written
        network_of(written)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("50ms", "'50ms' is not a condition: write rtt=50ms,bandwidth=10mbit,loss=1%"),
        ("jitter=3ms", "jitter"),
        ("rtt=50ms,rtt=20ms", "rtt is given twice"),
        ("loss=80%", "'80%' is not a valid loss: write a percentage from 0% to 50%"),
    ],
)
def test_what_is_no_condition_is_named(text: str, words: str) -> None:
    with pytest.raises(RequestError, match="^[^\n]+$") as caught:
        canonical(text)
    assert words in str(caught.value)
