from __future__ import annotations

from typing import Final

import pytest

from tlsbench.implementations import needed_packages
from tlsbench.implementations.needed_packages import NO_HTTP_2, as_installed
from tlsbench.implementations.registry import implementation
from tlsbench.scenarios import expand, parse

REQUEST: Final = "workload=request implementation=fake version=1.3 transport=tls"


def test_without_h2_requests_are_excluded_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = implementation("fake").capabilities()
    selection = parse([REQUEST, "workload=request,handshake"], {"fake": "fake"})
    monkeypatch.setattr(needed_packages, "find_spec", lambda _: None)
    matrix = expand([selection], {"fake": as_installed(fake)})
    assert {scenario.workload for scenario in matrix.scenarios} == {"handshake"}
    assert NO_HTTP_2 in matrix.excluded[0].reason
    monkeypatch.setattr(needed_packages, "find_spec", lambda _: object())
    assert as_installed(fake) is fake
