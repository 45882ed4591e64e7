from __future__ import annotations

import pytest

from tlsbench.errors import RequestError
from tlsbench.session.serve import GROUPS, served_groups, served_scenario


def test_a_server_is_of_one_scenario_and_takes_the_groups_that_clients_offer() -> None:
    selectors = ["implementation=pyopenssl", "version=1.2", "key=rsa-2048"]
    scenario = served_scenario(selectors)
    assert (scenario.server, scenario.version, scenario.key) == ("pyopenssl", "1.2", "rsa-2048")
    assert served_groups(selectors, scenario) == tuple(name for name in GROUPS if "MLKEM" not in name)
    assert served_groups(["GROUP=x25519"], scenario) == ()


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
