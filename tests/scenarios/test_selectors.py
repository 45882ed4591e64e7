from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import RequestError
from tlsbench.scenarios import narrow, parse
from tlsbench.scenarios.axes import AXES, AXIS_ALIASES

IMPLEMENTATIONS = ("ssl", "pyopenssl")


def test_values_are_matched_without_case_and_kept_in_canonical_form() -> None:
    selection = parse(["KEY=RSA-2048,Ed25519", "group=X25519mlkem768"], IMPLEMENTATIONS)
    assert selection == {"key": ("rsa-2048", "ed25519"), "group": ("X25519MLKEM768",)}


def test_one_text_may_hold_several_selectors() -> None:
    assert parse(["version=1.3 key=ed25519"], IMPLEMENTATIONS) == {"version": ("1.3",), "key": ("ed25519",)}


def test_an_axis_given_twice_takes_all_values_once() -> None:
    assert parse(["version=1.3", "version=1.2,1.3"], IMPLEMENTATIONS)["version"] == ("1.3", "1.2")


def test_an_axis_has_other_names_too_and_selections_have_its_own() -> None:
    spelled = parse(["Curve=p256 suite=chacha20", "group=x25519"], IMPLEMENTATIONS)
    assert spelled == {"group": ("secp256r1", "x25519"), "cipher": ("TLS_CHACHA20_POLY1305_SHA256",)}
    assert set(AXIS_ALIASES.values()) <= set(AXES)
    assert not set(AXIS_ALIASES) & set(AXES)


def test_a_star_stands_for_every_value() -> None:
    assert parse(["key=*"], IMPLEMENTATIONS)["key"] == AXES["key"].values
    assert parse(["implementation=*"], IMPLEMENTATIONS)["implementation"] == IMPLEMENTATIONS


def test_a_pattern_stands_for_the_values_that_it_matches() -> None:
    assert parse(["key=ml-dsa-*"], IMPLEMENTATIONS)["key"] == ("ml-dsa-44", "ml-dsa-65", "ml-dsa-87")


@pytest.mark.parametrize("text", ["16384", "16KiB", "16kib", "16k"])
def test_sizes_are_spelled_in_one_way(text: str) -> None:
    assert parse([f"size={text}"], IMPLEMENTATIONS)["size"] == ("16KiB",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kye=rsa-2048", "unknown axis 'kye': did you mean 'key'?"),
        ("curv=p256", "unknown axis 'curv': did you mean 'group'?"),
        ("key=rsa-2047", "unknown key 'rsa-2047': did you mean 'rsa-2048'?"),
        ("implementation=pyopnssl", "unknown implementation 'pyopnssl': did you mean 'pyopenssl'?"),
        ("fast", "'fast' is not a selector"),
        ("key=", "names no value"),
        ("key=,", "names no value"),
        ("key=zz*", "no key matches 'zz*'"),
        ("size=huge", "'huge' is not a valid size"),
        ("size=0", "out of range"),
        ("size=17MiB", "out of range"),
        ("implementation=ssl client=ssl", "sets both ends"),
    ],
)
def test_a_wrong_selector_is_one_line_that_says_what_is_valid(text: str, message: str) -> None:
    with pytest.raises(RequestError) as error:
        parse([text], IMPLEMENTATIONS)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        selection = parse([text], IMPLEMENTATIONS)
    except RequestError as error:
        assert str(error)
    else:
        assert set(selection) <= set(AXES)


PROFILE = (
    {"version": ("1.2",), "resumption": ("none", "ticket")},
    {"version": ("1.3",), "resumption": ("none", "psk")},
)


def test_values_that_a_profile_has_narrow_it() -> None:
    assert narrow(PROFILE, {"version": ("1.3",)}) == (PROFILE[1],)


def test_values_that_a_profile_has_not_replace_its_own() -> None:
    narrowed = narrow(PROFILE, {"key": ("ed25519", "ecdsa-secp256r1")})
    assert [selection["key"] for selection in narrowed] == [("ed25519", "ecdsa-secp256r1")] * 2


def test_a_profile_that_names_no_workload_has_handshakes_alone() -> None:
    selections = (*PROFILE, {"workload": ("bulk",)})
    assert narrow(selections, {"workload": ("bulk",)}) == ({"workload": ("bulk",)},)


def test_one_end_takes_the_place_of_both() -> None:
    narrowed = narrow(({"implementation": ("ssl",)},), {"client": ("pyopenssl",)})
    assert narrowed == ({"client": ("pyopenssl",)},)


WITH_PATHS = ("ssl", "libssl", "libssl:PATH")


def test_an_implementation_may_be_named_by_a_path_which_keeps_its_case() -> None:
    selection = parse(["implementation=ssl,LibSSL:/opt/Mine/libssl.so.3"], WITH_PATHS)
    assert selection["implementation"] == ("ssl", "libssl:/opt/Mine/libssl.so.3")


def test_a_star_stands_for_no_path() -> None:
    assert parse(["implementation=*"], WITH_PATHS)["implementation"] == ("ssl", "libssl")


@pytest.mark.parametrize("path", ["PATH", "lib/libssl.so.3", ""])
def test_a_path_that_is_not_absolute_is_refused(path: str) -> None:
    with pytest.raises(RequestError, match=f"'{path}' is not an absolute path"):
        parse([f"client=libssl:{path}"], WITH_PATHS)
