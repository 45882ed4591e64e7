from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from tlsbench.errors import MeasurementError
from tlsbench.implementations.registry import implementations
from tlsbench.scenarios import Scenario
from tlsbench.workloads import prepare


def test_a_configuration_that_a_library_refuses_is_one_line_that_names_it(
    scenarios_of: Callable[[str], tuple[Scenario, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tlsbench.scenarios import ciphers

    (scenario,) = scenarios_of("implementation=ssl version=1.2")
    suite = ciphers.BY_NAME[scenario.cipher]
    monkeypatch.setitem(ciphers.BY_NAME, scenario.cipher, replace(suite, openssl="NO-SUCH-SUITE"))
    with pytest.raises(
        MeasurementError, match="ssl refuses the configuration: .*No cipher can be selected"
    ) as error:
        prepare(scenario, implementations(), time.perf_counter_ns)
    assert "\n" not in str(error.value)
