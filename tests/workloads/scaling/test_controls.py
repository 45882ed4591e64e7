from __future__ import annotations

import sys

import pytest

from tlsbench.workloads.scaling.controls import CONTROLS, has_one_lock


def test_each_control_does_something_that_can_be_repeated() -> None:
    for operate in CONTROLS.values():
        assert operate() == operate()


@pytest.mark.parametrize("enabled", [True, False])
def test_a_python_without_the_lock_is_recognised(enabled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: enabled, raising=False)
    assert has_one_lock() is enabled


def test_one_that_says_nothing_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(sys, "_is_gil_enabled", raising=False)
    assert has_one_lock()
