"""OpenSSL's own settings are proved by the reports of both of its ends, and what it forbids is excluded."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tlsbench.errors import MeasurementError, ProofError, RequestError
from tlsbench.implementations.configuration import with_digest, without_digest
from tlsbench.implementations.libssl import bindings, knobs, library, providers
from tlsbench.implementations.registry import capabilities, implementations, spellings
from tlsbench.sampling import Plan, measure, meter_named
from tlsbench.sampling.placement import placement
from tlsbench.scenarios import Scenario, expand, groups, keys, parse
from tlsbench.workloads import prepare

Find = Callable[[str], tuple[Scenario, ...]]
NAME = bindings.find()
LIB: Any = bindings.load(NAME) if NAME is not None else None
pytestmark = pytest.mark.skipif(NAME is None, reason="the system has no libssl 3")
BASE = "implementation=libssl version=1.3"


def reasons(selector: str) -> list[str]:
    selection = parse([selector], spellings())
    return [one.reason for one in expand([selection], capabilities(selection)).excluded]


def handshake(scenario: Scenario) -> Any:
    cell = prepare(scenario, implementations(), time.perf_counter_ns)
    try:
        cell.sample()
        return cell.proof()
    finally:
        cell.close()


@pytest.mark.parametrize("level", ["0", "1", "2", "3"])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_both_ends_say_the_security_level_that_they_were_given(
    level: str, version: str, workload_of: Callable[[str], Any]
) -> None:
    cell = workload_of(
        f"implementation=libssl version={version} security_level={level} key=ecdsa-secp256r1 group=secp256r1"
    )
    cell.sample()
    assert cell.proof()["security_level"] == level


def test_a_level_that_is_not_in_force_is_an_error(
    scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scenario,) = scenarios_of(f"{BASE} security_level=3 key=ecdsa-secp256r1")
    monkeypatch.setattr(library, "new_context", lambda lib, method, _scenario: knobs.new_context(lib, method))
    with pytest.raises(ProofError, match=r"security_level: wanted 3, got [012] "):
        handshake(scenario)


@pytest.mark.parametrize("level", ["1", "2", "3", "4", "5"])
def test_what_a_level_forbids_is_what_the_library_refuses(level: str) -> None:
    # Each key with the strongest group, and each group with the strongest key: one forbids, or the other.
    asked = [f"{BASE} key=* group=secp521r1", f"{BASE} key=ecdsa-secp521r1 group=*"]
    every = expand(
        [parse([one], spellings()) for one in asked], capabilities(parse([BASE], spellings()))
    ).scenarios
    suite = "TLS_AES_256_GCM_SHA384"
    wrong = []
    for plain in every:
        scenario = replace(plain, security_level=level, cipher=suite)
        excluded = bool(reasons(scenario.id))
        try:
            handshake(scenario)
        except MeasurementError:
            refused = True
        else:
            refused = False
        if excluded != refused:
            wrong.append((scenario.key, scenario.group, excluded))
    assert len(every) >= 20
    assert wrong == []


@pytest.mark.parametrize(
    ("selector", "reason"),
    [
        (
            "version=1.2 security_level=3 resumption=ticket",
            "from security level 3 on OpenSSL sends no session tickets",
        ),
        (
            "version=1.3 security_level=3 key=rsa-2048",
            "security level 3 requires 128 bits, and the key has fewer",
        ),
        (
            "version=1.3 security_level=4 key=ecdsa-secp384r1 group=secp384r1 cipher=TLS_AES_128_GCM_SHA256",
            "security level 4 requires 192 bits, and the cipher has fewer",
        ),
    ],
)
def test_what_a_level_forbids_is_excluded_with_the_bits_that_it_asks_for(selector: str, reason: str) -> None:
    assert reasons(f"implementation=libssl {selector}") == [f"libssl: {reason}"]


def test_tickets_of_tls_1_2_are_really_not_given(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("implementation=libssl version=1.2 resumption=ticket key=ecdsa-secp256r1")
    with pytest.raises(MeasurementError):
        handshake(replace(scenario, security_level="3"))


@pytest.mark.parametrize("library_name", ["ssl", "pyopenssl", "fake"])
@pytest.mark.parametrize(
    "knob", ["security_level=2", "provider=fips", "openssl_conf=none", "openssl_conf=/etc/ssl/openssl.cnf"]
)
def test_a_library_that_was_never_taught_them_has_none_of_these_axes(library_name: str, knob: str) -> None:
    (reason,) = reasons(f"implementation={library_name} {knob}")
    assert reason.startswith(f"{library_name}: ")


def test_a_provider_that_is_not_there_is_excluded_with_openssl_s_own_words() -> None:
    found = reasons(f"{BASE} provider=fips")
    if not found:
        pytest.skip("there is a FIPS module")
    assert found[0].startswith("libssl: there is no provider fips: OpenSSL loads none from /")


def test_what_the_fips_module_does_not_have_is_what_is_refused() -> None:
    if reasons(f"{BASE} provider=fips"):
        pytest.skip("there is no FIPS module")
    asked = [
        f"{BASE} key=* group=*",
        f"{BASE} cipher=*",
        "implementation=libssl version=1.2 cipher=* key=rsa",
    ]
    known = capabilities(parse([BASE], spellings()))
    wrong = []
    for plain in expand([parse([one], spellings()) for one in asked], known).scenarios:
        scenario = replace(plain, provider="fips")
        excluded = bool(reasons(scenario.id))
        try:
            refused = handshake(scenario)["provider"] != "fips"
        except MeasurementError:
            refused = True
        if excluded != refused:
            wrong.append(scenario.id)
    assert wrong == []


def test_the_provider_of_a_plain_context_is_openssl_s_default(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of(BASE)
    assert providers.provider_of(LIB, scenario) == "default"


def test_a_context_of_another_provider_than_was_asked_for_is_an_error(
    scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scenario,) = scenarios_of(BASE)
    monkeypatch.setattr(providers, "library_context", lambda _lib, _provider: bindings.ffi.NULL)
    monkeypatch.setattr(knobs, "library_context", lambda _lib, _provider: bindings.ffi.NULL)
    with pytest.raises(ProofError, match="provider: wanted fips, got default "):
        handshake(replace(scenario, provider="fips"))


def in_workers(selector: str, scenarios_of: Find) -> Any:
    scenarios = scenarios_of(selector)
    with placement(scenarios, meter_named("wall")) as place:
        outcome = measure(scenarios, place.make, Plan(time_budget_s=0.01, precision=0, seed=1, warm_up_s=0))
    return outcome.series


@pytest.mark.slow
def test_each_end_says_which_configuration_it_has_read(tmp_path: Path, scenarios_of: Find) -> None:
    configuration = tmp_path / "own.cnf"
    configuration.write_text(
        "openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\nsystem_default = here\n[here]\nGroups = P-384\n"
    )
    own, none = in_workers(
        f"{BASE} group=secp384r1 key=ecdsa-secp384r1 openssl_conf={configuration},none", scenarios_of
    )
    assert own.error is None
    assert none.error is None
    assert own.proof["openssl_conf"] == with_digest(str(configuration))
    assert without_digest(str(none.proof["openssl_conf"])) == "/dev/null"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("openssl_conf = init\n[init]\nproviders = p\n[p]\ngone = g\n[g]\nactivate = 1\n", ""),
        ("this is no configuration [", "does not take the configuration"),
    ],
)
def test_a_configuration_that_openssl_does_not_take_fails_its_cell_alone(
    content: str, words: str, tmp_path: Path, scenarios_of: Find
) -> None:
    configuration = tmp_path / "broken.cnf"
    configuration.write_text(content)
    plain, broken = in_workers(f"{BASE} openssl_conf=environment,{configuration}", scenarios_of)
    assert plain.error is None
    assert broken.error is not None
    assert words in str(broken.error)


def test_a_configuration_that_is_not_in_force_is_an_error(scenarios_of: Find, tmp_path: Path) -> None:
    (scenario,) = scenarios_of(BASE)
    with pytest.raises(ProofError, match="openssl_conf: wanted /no/such.cnf, got /"):
        handshake(replace(scenario, openssl_conf="/no/such.cnf"))


def test_a_configuration_is_an_absolute_path_or_a_word() -> None:
    with pytest.raises(RequestError, match=r"'own\.cnf' is not a configuration: write none, environment or"):
        parse(["openssl_conf=own.cnf"], spellings())
    assert parse(["openssl_conf=None,ENVIRONMENT,/A.cnf"], spellings())["openssl_conf"] == (
        "none",
        "environment",
        "/A.cnf",
    )


def test_the_tables_of_bits_have_every_key_and_group() -> None:
    from tlsbench.implementations import security_levels

    assert security_levels._OF_KEYS.keys() == keys.BY_NAME.keys()
    assert security_levels._OF_GROUPS.keys() == groups.BY_NAME.keys()
