from __future__ import annotations

import pytest

from tlsbench.report.naming import called, module_of


@pytest.mark.parametrize(
    ("ids", "module", "names"),
    [
        (["b/t.py::test_a", "b/t.py::TestB::test_c[x-1]"], "b/t.py", ["test_a", "TestB::test_c[x-1]"]),
        (["b/t.py::test_a", "b/u.py::test_a"], "", ["b/t.py::test_a", "b/u.py::test_a"]),
        (["test_a", "test_b"], "", ["test_a", "test_b"]),
        (["handshake", "b/t.py::test_a"], "b/t.py", ["handshake", "test_a"]),
    ],
)
def test_tests_of_one_file_are_called_without_it(ids: list[str], module: str, names: list[str]) -> None:
    assert module_of(ids) == module
    assert called(ids, [{} for _ in ids]) == names


def test_a_cell_is_called_by_its_axes_beside_a_test() -> None:
    axes: list[dict[str, str]] = [{"key": "ed25519"}, {"key": "rsa-2048"}, {}]
    assert called(["x", "y", "t.py::test_a"], axes) == ["ed25519", "rsa-2048", "test_a"]
