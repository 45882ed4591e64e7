from __future__ import annotations

from dataclasses import replace

import pytest

from tlsbench.errors import RequestError
from tlsbench.implementations.registry import tls_libraries, tls_library
from tlsbench.pki import peers_for
from tlsbench.session.serve import GROUPS, served_groups, served_scenario


def test_a_server_is_of_one_scenario_and_takes_the_groups_that_clients_offer() -> None:
    selectors = ["implementation=pyopenssl", "version=1.2", "key=rsa-2048"]
    scenario = served_scenario(selectors)
    assert (scenario.server, scenario.version, scenario.key) == ("pyopenssl", "1.2", "rsa-2048")
    assert served_groups(selectors, scenario) == tuple(name for name in GROUPS if "MLKEM" not in name)
    assert served_groups(["GROUP=x25519"], scenario) == ()


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("library", ["pyopenssl", "ssl", "libssl", "utls", "rtls", "tlslite"])
def test_every_library_takes_its_groups_and_the_curve_of_its_certificate_among_them(
    library: str, version: str
) -> None:
    if library not in tls_libraries():
        pytest.skip(f"{library} is not installed")
    selectors = [f"implementation={library}", f"version={version}", "key=ecdsa-secp256r1"]
    scenario = served_scenario(selectors)
    groups = served_groups(selectors, scenario)
    assert "secp256r1" in groups
    several = replace(scenario, group=":".join(groups))
    assert tls_library(library).server_context(several, peers_for(scenario)).accept() is not None


@pytest.mark.parametrize(
    ("selectors", "message"),
    [
        (["version=1.2,1.3"], "the selectors name 2"),
        (["workload=bulk"], "a server has no"),
        (["resumption=psk"], "a server has no resumption=psk"),
        (["implementation=ssl", "group=X25519MLKEM768"], "cannot serve that: ssl"),
    ],
)
def test_what_is_no_server_is_refused(selectors: list[str], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        served_scenario(selectors)
