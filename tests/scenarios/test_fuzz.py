"""Selectors and sizes of every kind end as a matrix or one line; never in a traceback, never for long."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tlsbench.errors import RequestError
from tlsbench.implementations.registry import implementation_ids
from tlsbench.scenarios import Capabilities, Selection, expand, narrow, parse, scenario_from_id
from tlsbench.scenarios.axes import AXES, SPECIAL_AXES, WORKLOAD_AXES
from tlsbench.scenarios.matrix import MOST_COMBINATIONS
from tlsbench.scenarios.profiles import PROFILES
from tlsbench.scenarios.sizes import parse_size

#: For a longer run by hand: TLSBENCH_FUZZ=100000 pytest tests/scenarios/test_fuzz.py --timeout 0
EXAMPLES = int(os.environ.get("TLSBENCH_FUZZ", "60"))
CAPABILITIES = {
    **dict.fromkeys(("ssl", "pyopenssl", "libssl", "cryptography"), Capabilities(supports=SPECIAL_AXES)),
    "old": Capabilities(),
}
IMPLEMENTATIONS = (*CAPABILITIES, "libssl:PATH")
FEW = 400

hostile = st.sampled_from(
    [
        *(
            "",
            ",",
            "=",
            "==",
            "*",
            "?",
            "[",
            "[!",
            "[]",
            "[a-",
            "]",
            "**",
            "*" * 500,
            "*a" * 200 + "b",
            "[z-a]",
        ),
        *(
            "\x00",
            "\x1b[2J",
            "\u202e",
            "\ud800",
            "ſ",
            "İ",
            "K",
            "ß",
            "\u2028",
            "\x85",
            "{axis}",
            "%s",
            "../x",
        ),
        *("-1", "1e9", "9" * 400, "1" * 5000, "libssl:", "libssl:/", "libssl:/\x00", "0x10", "１６", "16KiB"),
    ]
)
words = st.one_of(
    st.sampled_from([value for axis in AXES.values() for value in (*axis.values, *axis.aliases)]),
    st.sampled_from(IMPLEMENTATIONS),
    hostile,
    st.text(max_size=12),
)
axes = st.one_of(
    st.sampled_from(list(AXES)), st.sampled_from(list(AXES)).map(str.upper), hostile, st.text(max_size=8)
)
of_an_axis = st.sampled_from(list(AXES.values())).flatmap(
    lambda axis: st.lists(
        st.one_of(
            st.sampled_from((*axis.values, *axis.aliases, "*") if axis.values else IMPLEMENTATIONS), words
        ),
        min_size=1,
        max_size=4,
    ).map(lambda values: f"{axis.name}={','.join(values)}")
)
well_formed = st.sampled_from(list(AXES.values())).flatmap(
    lambda axis: st.sampled_from(
        (*axis.values, *axis.aliases, "*") if axis.values else ("*", "ssl", "old")
    ).map(lambda value: f"{axis.name}={value}")
)
selectors = st.lists(
    st.one_of(
        well_formed,
        of_an_axis,
        st.builds("{}={}".format, axes, st.lists(words, max_size=4).map(",".join)),
        hostile,
        st.text(max_size=20),
    ),
    min_size=1,
    max_size=6,
)


def check_line(error: RequestError) -> None:
    """One line of limited length: no word of a selector contains a newline."""
    assert str(error)
    assert "\n" not in str(error)
    assert len(str(error)) < 12_000


def read(texts: list[str]) -> Selection | None:
    try:
        return parse(texts, IMPLEMENTATIONS)
    except RequestError as error:
        check_line(error)
        return None


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(selectors)
def test_any_selectors_end_as_a_matrix_or_as_one_line(texts: list[str]) -> None:
    selection = read(texts)
    if selection is None:
        return
    libraries = {
        **CAPABILITIES,
        **{
            value: Capabilities()
            for axis in ("implementation", "client", "server")
            for value in selection.get(axis, ())
            if value not in CAPABILITIES
        },
    }
    try:
        found = expand([selection], libraries)
    except RequestError as error:
        check_line(error)
        assert "combinations" in str(error)
    else:
        assert len(found.scenarios) + len(found.excluded) <= 2 * MOST_COMBINATIONS
        assert found.scenarios or found.excluded
        for scenario in found.scenarios[:FEW]:
            assert scenario_from_id(scenario.id, (*libraries, "libssl:PATH")) == scenario


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(selectors, st.sampled_from(list(PROFILES)))
def test_a_profile_narrowed_by_any_selectors_is_a_matrix_or_one_line(texts: list[str], profile: str) -> None:
    selection = read(texts)
    if selection is None:
        return
    libraries = dict.fromkeys(implementation_ids(), Capabilities())
    libraries |= dict.fromkeys(
        (*CAPABILITIES, *(v for values in selection.values() for v in values)), Capabilities()
    )
    lines = narrow(
        (parse([text], (*libraries, "libssl:PATH")) for text in PROFILES[profile].selections), selection
    )
    try:
        expand(lines, libraries)
    except RequestError as error:
        check_line(error)


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.one_of(
        hostile, st.text(max_size=20), st.from_regex(r"\s?[0-9]{1,12} ?[a-zA-Z]{0,4}\s?", fullmatch=True)
    )
)
def test_any_size_is_a_size_in_range_or_refused(text: str) -> None:
    try:
        assert 1 <= parse_size(text) <= 16 << 20
    except RequestError as error:
        assert "is not a valid size" in str(error) or "is out of range" in str(error)


@pytest.mark.parametrize("workload", WORKLOAD_AXES)
def test_a_star_on_every_axis_of_a_workload_is_a_matrix_or_the_count(workload: str) -> None:
    stars = " ".join(f"{axis}=*" for axis in WORKLOAD_AXES[workload] if axis != "workload")
    try:
        expand([parse([f"workload={workload} {stars}"], CAPABILITIES)], CAPABILITIES)
    except RequestError as error:
        assert "combinations" in str(error)
