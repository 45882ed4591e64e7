from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsbench.errors import RequestError
from tlsbench.scenarios import (
    Capabilities,
    Gap,
    Matrix,
    Scenario,
    Selection,
    expand,
    gap,
    parse,
    scenario_from_id,
)
from tlsbench.scenarios.axes import AXES, SPECIAL_AXES, WORKLOAD_AXES
from tlsbench.scenarios.matrix import MOST_COMBINATIONS
from tlsbench.scenarios.profiles import PROFILES
from tlsbench.scenarios.protocol import PROTOCOL


def able(*gaps: Gap, alone: str = "") -> Capabilities:
    """The capabilities of a library that can do everything special, except its gaps."""
    return Capabilities(gaps, supports=SPECIAL_AXES, alone=alone)


CAPABILITIES = {
    "ssl": able(gap("no primitives", workload="primitive"), gap("no early data", resumption="early-data")),
    "pyopenssl": able(gap("no primitives", workload="primitive")),
    "utls": able(gap("no resumption", resumption=("session-id", "ticket", "psk"))),
    "libssl": able(),
    "mbedtls": able(gap("no TLS 1.3", version="1.3")),
    "tlslite": able(),
    "rtls": able(gap("one group", group=("secp256r1", "x25519", "secp384r1", "secp521r1"))),
    "cryptography": able(gap("no TLS", workload=("handshake", "bulk", "echo"))),
}
SPELLINGS = (*CAPABILITIES, "libssl:PATH")


def matrix(*selectors: str) -> Matrix:
    return expand([parse([text], SPELLINGS) for text in selectors], CAPABILITIES)


def test_the_matrix_is_the_product_of_the_values() -> None:
    found = matrix("version=1.3 key=rsa-2048,ed25519 group=x25519,secp256r1")
    assert [(one.key, one.group) for one in found.scenarios] == [
        ("rsa-2048", "x25519"),
        ("rsa-2048", "secp256r1"),
        ("ed25519", "x25519"),
        ("ed25519", "secp256r1"),
    ]


def test_what_cannot_be_is_there_with_its_reason() -> None:
    found = matrix("version=1.2 key=ed25519 cipher=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
    assert not found.scenarios
    assert [one.reason for one in found.excluded] == ["the cipher suite needs a certificate with an RSA key"]


@pytest.mark.parametrize(
    ("selector", "reason"),
    [
        ("version=1.3 cipher=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "not one of TLS 1.3"),
        ("version=1.2 cipher=TLS_AES_128_GCM_SHA256", "not one of TLS 1.2"),
        ("version=1.2 key=ml-dsa-44", "need TLS 1.3"),
        ("version=1.2 group=X25519MLKEM768", "post-quantum groups need TLS 1.3"),
        ("version=1.3 resumption=ticket", "TLS 1.3 resumes by"),
        ("version=1.2 resumption=psk", "TLS 1.2 resumes by"),
        ("implementation=ssl resumption=early-data", "ssl: no early data"),
        ("client=pyopenssl server=ssl resumption=early-data", "ssl: no early data"),
        ("workload=primitive implementation=ssl", "ssl: no primitives"),
        ("implementation=cryptography", "cryptography: no TLS"),
        ("workload=bulk resumption=psk version=1.3", "a bulk has no resumption"),
        ("version=1.2 root_key=ml-dsa-44", "ML-DSA certificates need TLS 1.3"),
        ("signature=ed25519 key=rsa-2048", "ed25519 signs with a key of ed25519"),
        (
            "signature=rsa_pkcs1_sha256 key=rsa-2048 version=1.3",
            "TLS 1.3 does not sign handshakes with rsa_pkcs1",
        ),
        ("signature=rsa_pss_rsae_sha256 key=rsa-2048 resumption=psk", "a resumed handshake is not signed"),
        ("tickets=0 resumption=psk", "if the server sends no ticket, no session can be resumed"),
        ("tickets=1 version=1.2", "the number of tickets can be chosen only in TLS 1.3"),
        ("session=serialised", "a full handshake has no session"),
        ("workload=bulk tickets=1", "a bulk has no tickets"),
        ("intermediate_key=rsa-2048 chain_length=1", "add chain_length=2"),
        ("ocsp=stapled resumption=psk", "a resumed handshake sends no certificate"),
        ("trust=150 resumption=ticket", "new each time the trust store is loaded"),
        (
            "workload=certificate operation=parse chain_length=2",
            "concerns one certificate, and has no chain_length",
        ),
        (
            "workload=certificate operation=issue root_key=rsa-2048",
            "concerns one certificate, and has no root_key",
        ),
    ],
)
def test_each_impossibility_has_its_reason(selector: str, reason: str) -> None:
    found = matrix(selector)
    assert not found.scenarios
    assert found.excluded
    assert all(reason in one.reason for one in found.excluded)


@pytest.mark.parametrize(
    ("selector", "axes"),
    [
        ("cipher=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", {"version": "1.2", "key": "rsa-2048"}),
        ("resumption=ticket", {"version": "1.2", "key": "ecdsa-secp256r1"}),
        ("key=rsa-2048 version=1.2", {"cipher": "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"}),
        ("workload=primitive", {"implementation": "cryptography", "size": "16KiB"}),
        ("client=ssl", {"client": "ssl", "server": "pyopenssl"}),
        ("intermediate_key=rsa-2048", {"key": "ecdsa-secp256r1", "chain_length": "2"}),
        ("workload=certificate", {"implementation": "cryptography", "operation": "verify"}),
    ],
)
def test_open_axes_take_the_first_value_that_fits_the_given_ones(selector: str, axes: dict[str, str]) -> None:
    (scenario,) = matrix(selector).scenarios
    assert scenario.axes().items() >= axes.items()


def test_open_axes_take_the_first_value_that_the_libraries_can_do() -> None:
    (scenario,) = matrix("implementation=rtls").scenarios
    assert scenario.group == "X25519MLKEM768"
    found = matrix("implementation=rtls version=1.2")
    assert [one.reason for one in found.excluded] == ["rtls: one group"]


def test_a_library_that_talks_to_itself_alone_says_so() -> None:
    alone = {**CAPABILITIES, "fake": able(alone="it talks to itself")}
    selections = [parse([text], alone) for text in ("implementation=fake", "client=fake server=ssl")]
    found = expand(selections, alone)
    assert [scenario.client for scenario in found.scenarios] == ["fake"]
    assert [one.reason for one in found.excluded] == ["fake: it talks to itself"]


def test_operations_without_a_size_are_there_once() -> None:
    found = matrix("workload=primitive algorithm=x25519/exchange size=1KiB,16KiB")
    assert [one.id for one in found.scenarios] == [
        "workload=primitive implementation=cryptography algorithm=x25519/exchange"
    ]


def test_a_chain_of_one_key_type_is_the_same_scenario_however_it_is_spelled() -> None:
    found = matrix("key=ed25519 chain_length=2 root_key=same,ed25519 intermediate_key=same,ed25519")
    assert [one.root_key for one in found.scenarios] == ["same"]


def test_an_issuers_key_that_is_the_leafs_by_default_is_spelled_in_the_same_way() -> None:
    (scenario,) = matrix("intermediate_key=ecdsa-secp256r1").scenarios
    assert (scenario.key, scenario.intermediate_key, scenario.chain_length) == ("ecdsa-secp256r1", "same", 2)
    assert scenario_from_id(scenario.id, CAPABILITIES) == scenario


def test_neutral_values_are_not_in_the_id() -> None:
    (scenario,) = matrix("chain_length=1 client_auth=none link=memory resumption=none").scenarios
    assert scenario.id == (
        "workload=handshake implementation=pyopenssl version=1.3 cipher=TLS_AES_256_GCM_SHA384 "
        "group=secp256r1 key=ecdsa-secp256r1"
    )


def test_special_values_are_in_the_id_and_in_the_label() -> None:
    (scenario,) = matrix("chain_length=3 resumption=psk client=ssl server=pyopenssl").scenarios
    assert "client=ssl server=pyopenssl" in scenario.id
    assert scenario.id.endswith("chain_length=3 resumption=psk")
    assert scenario.label.endswith("ecdsa-secp256r1 3 psk")


#: The libraries in profiles that nothing else here needs.
FURTHER = ("s2n", "gnutls", "wolfssl", "libmbedtls", "aioquic", "qh3")


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_has_scenarios_and_each_id_leads_back_to_its_scenario(name: str) -> None:
    further = {**CAPABILITIES, **{one: able() for one in FURTHER}}
    found = expand([parse([text], (*SPELLINGS, *further)) for text in PROFILES[name].selections], further)
    assert found.scenarios
    for scenario in found.scenarios:
        assert scenario_from_id(scenario.id, further) == scenario


def test_the_quick_profile_has_what_it_promises() -> None:
    scenarios = matrix(*PROFILES["quick"].selections).scenarios
    shakes = [one for one in scenarios if one.workload == "handshake"]
    assert {(one.client, one.version, one.key) for one in shakes} == {
        (client, version, key)
        for client in ("ssl", "pyopenssl")
        for version in ("1.2", "1.3")
        for key in ("rsa-2048", "ecdsa-secp256r1")
    }
    assert {one.resumption for one in shakes} == {"none", "ticket", "psk"}
    assert len({one.cipher for one in scenarios if one.workload == "bulk"}) == 3


def test_an_id_that_names_several_scenarios_is_refused() -> None:
    with pytest.raises(RequestError, match="names 2 scenarios"):
        scenario_from_id("version=1.2,1.3", CAPABILITIES)


some_values = {
    axis: st.lists(st.sampled_from(AXES[axis].values), min_size=1, max_size=3, unique=True)
    for axis in ("workload", "version", "cipher", "group", "key", "resumption", "link", "size", "algorithm")
}


@given(st.fixed_dictionaries({}, optional=some_values))
def test_every_request_comes_to_something(asked: dict[str, list[str]]) -> None:
    selector = " ".join(f"{axis}={','.join(values)}" for axis, values in asked.items())
    found = matrix(selector)
    workloads = {one.value("workload") for one in found.scenarios}
    workloads |= {one.id.split()[0].partition("=")[2] for one in found.excluded}
    assert workloads == set(asked.get("workload", ["handshake"]))


@given(
    st.fixed_dictionaries(
        {},
        optional={
            axis: some_values[axis] for axis in ("version", "cipher", "group", "key", "resumption", "link")
        },
    )
)
def test_no_value_asked_for_is_lost(asked: dict[str, list[str]]) -> None:
    found = matrix(" ".join(f"{axis}={','.join(values)}" for axis, values in asked.items()))
    seen = [one.axes() for one in found.scenarios]
    seen += [dict(word.split("=") for word in one.id.split()) for one in found.excluded]
    for axis, values in asked.items():
        assert {axes.get(axis, AXES[axis].neutral) for axes in seen} == set(values)


def test_libraries_that_no_process_can_hold_together_do_not_meet() -> None:
    capabilities = {
        "system": Capabilities(libcrypto="the system's"),
        "mine": Capabilities(libcrypto="/opt/mine"),
        "own": Capabilities(),
    }
    text = "client=system,mine,own server=system,mine,own"
    found = expand([parse([text], capabilities)], capabilities)
    assert {(one.client, one.server) for one in found.scenarios} == {
        ("system", "system"),
        ("mine", "mine"),
        *(pair for end in capabilities for pair in (("own", end), (end, "own"))),
    }
    assert found.excluded[0].reason == (
        "a process can load only one libcrypto of a name: system needs the system's, mine /opt/mine"
    )


def tried_one_by_one(selection: Selection) -> list[tuple[str, str | None]]:
    """What :func:`expand` must return for one workload, found by trying every value of every open axis."""
    (workload,) = selection.get("workload", ("handshake",))
    axes = WORKLOAD_AXES[workload]
    found = []
    for combination in product(*selection.values()):
        chosen = {**dict(zip(selection, combination, strict=True)), "workload": workload}
        both = chosen.pop("implementation", "pyopenssl")
        chosen = {"client": both, "server": both, **chosen}
        options = [(chosen[axis],) if axis in chosen else AXES[axis].default for axis in axes]
        candidates = [dict(zip(axes, values, strict=True)) for values in product(*options)]
        reasons = [reason_of(candidate) for candidate in candidates]
        allowed = [place for place, one in enumerate(candidates) if not first_gap(PROTOCOL, one)]
        place = reasons.index(None) if None in reasons else (allowed or [0])[0]
        fields = {axis: AXES[axis].read(value) for axis, value in candidates[place].items()}
        found.append((Scenario(**fields).id, reasons[place]))
    return found


def first_gap(gaps: Iterable[Gap], values: Mapping[str, str]) -> str | None:
    return next((g.reason for g in gaps if all(values.get(a, "") in v for a, v in g.when.items())), None)


def reason_of(values: Mapping[str, str]) -> str | None:
    reason = first_gap(PROTOCOL, values)
    for end in dict.fromkeys((values["client"], values["server"])):
        if reason is None and (objection := first_gap(CAPABILITIES[end].gaps, values)):
            reason = f"{end}: {objection}"
    return reason


@pytest.mark.slow
@given(
    st.fixed_dictionaries(
        {},
        optional={
            axis: st.lists(st.sampled_from(valid), min_size=1, max_size=2, unique=True).map(tuple)
            for axis, valid in {
                **{
                    name: AXES[name].values
                    for name in ("version", "cipher", "group", "key", "chain_length", "resumption", "tickets")
                },
                "implementation": ("ssl", "pyopenssl", "utls", "rtls", "mbedtls", "cryptography"),
            }.items()
        },
    )
)
@settings(max_examples=40, deadline=None)
def test_giving_up_a_value_early_changes_neither_scenarios_nor_reasons(asked: Selection) -> None:
    found = expand([asked], CAPABILITIES)
    expected = tried_one_by_one(asked)
    assert [one.id for one in found.scenarios] == list(dict.fromkeys(i for i, why in expected if why is None))
    assert [(one.id, one.reason) for one in found.excluded] == list(
        dict.fromkeys((i, why) for i, why in expected if why is not None)
    )


_KEYS = len(AXES["key"].values)
_CIPHERS, _GROUPS = (len(AXES[axis].values) for axis in ("cipher", "group"))
EVERYTHING = " ".join(f"{axis}=*" for axis in AXES if axis not in ("client", "server"))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (EVERYTHING, None),
        (
            "version=* cipher=* group=* key=* resumption=* link=* session=*",
            4 * _CIPHERS * _GROUPS * _KEYS * 6 * 4 * 2,
        ),
        ("client=* server=* cipher=* group=* key=*", 8 * 8 * _CIPHERS * _GROUPS * _KEYS),
    ],
)
def test_more_than_can_be_expanded_is_refused_with_the_count_before_any_is(
    text: str, count: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tlsbench.scenarios.matrix._product", None)  # nothing is expanded
    with pytest.raises(RequestError) as error:
        matrix(text)
    told = re.fullmatch(
        r"the selectors ask for ([0-9,]+) combinations, more than the 50,000 that are expanded: "
        r"name fewer values of \w+ \([0-9]+\)(, \w+ \([0-9]+\))*",
        str(error.value),
    )
    assert told
    assert int(told[1].replace(",", "")) > MOST_COMBINATIONS
    assert count is None or int(told[1].replace(",", "")) == count


def test_the_limit_itself_is_expanded_and_the_lines_of_a_profile_count_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tlsbench.scenarios.matrix.MOST_COMBINATIONS", _KEYS)
    found = matrix("key=*")
    assert len(found.scenarios) + len(found.excluded) == _KEYS
    with pytest.raises(RequestError, match=f"ask for {_KEYS + 1} .*more than the {_KEYS} .* of key"):
        matrix("key=*", "version=1.2")


def test_an_id_with_patterns_is_refused_with_the_count_and_not_expanded() -> None:
    with pytest.raises(RequestError, match="names [0-9]{10,} scenarios, not one"):
        scenario_from_id(EVERYTHING, CAPABILITIES)
