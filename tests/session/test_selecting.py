from __future__ import annotations

from pathlib import Path

import pytest

from tlsbench.implementations import found_files
from tlsbench.session.selecting import matrix_of


def test_a_profile_takes_the_libssl_files_that_are_found_and_none_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "libssl.so"
    broken.write_text("not a library")
    monkeypatch.setattr(found_files, "libssl_files", lambda: (str(broken),))
    matrix = matrix_of(["version=1.3", "workload=handshake", "resumption=none"], "engines")
    ends = {scenario.client for scenario in matrix.scenarios}
    assert {"pyopenssl", "ssl"} <= ends
    assert f"libssl:{broken}" not in ends
    reasons = [one.reason for one in matrix.excluded if f"implementation=libssl:{broken}" in one.id]
    assert reasons
    assert all("does not load: cannot load" in reason for reason in reasons)


def test_a_profile_is_measured_where_no_libssl_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(found_files, "libssl_files", tuple)
    matrix = matrix_of(["version=1.3"], "engines")
    assert "pyopenssl" in {scenario.client for scenario in matrix.scenarios}
