from __future__ import annotations

import tomllib
from itertools import product
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tlsbench.implementations import packages
from tlsbench.implementations.packages import PACKAGES, Package

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
EXTRAS = {
    extra: [Requirement(line) for line in lines]
    for extra, lines in tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ].items()
    if extra in ("implementations", "quic")
}
#: h2 does not wrap an implementation: it speaks HTTP/2 over the TLS of any.
EXTRA = [one for lines in EXTRAS.values() for one in lines if one.name != "h2"]
MBEDTLS = PACKAGES["mbedtls"]


def test_the_extras_bring_every_package() -> None:
    for extra, lines in EXTRAS.items():
        brought = {requirement.name for requirement in lines} - {"h2"}
        assert brought == {package.name for package in PACKAGES.values() if package.extra == extra}


@pytest.mark.parametrize("requirement", EXTRA, ids=lambda requirement: requirement.name)
def test_the_extra_asks_for_a_package_exactly_where_it_has_a_wheel(requirement: Requirement) -> None:
    (package,) = (one for one in PACKAGES.values() if one.name == requirement.name)
    machines = ("x86_64", "aarch64", "arm64", "AMD64", "ppc64le", "riscv64", "s390x", "armv7l")
    pythons = ((3, 11), (3, 12), (3, 13), (3, 14))
    systems = ("linux", "darwin")
    for machine, python, interpreter, system in product(machines, pythons, ("CPython", "PyPy"), systems):
        environment = {
            "platform_machine": machine,
            "python_version": ".".join(map(str, python)),
            "platform_python_implementation": interpreter,
            "sys_platform": system,
        }
        asked = requirement.marker is None or requirement.marker.evaluate(environment)
        assert asked == (not package.lack(machine, python, interpreter, system)), environment


@pytest.mark.parametrize(
    ("machine", "python", "interpreter", "reason"),
    [
        ("x86_64", (3, 12), "CPython", ""),
        ("x86_64", (3, 13), "CPython", "python-mbedtls has no wheel for CPython 3.13, only up to 3.12"),
        (
            "aarch64",
            (3, 11),
            "CPython",
            "python-mbedtls has no wheel for aarch64, only for x86_64, arm64, AMD64",
        ),
        ("x86_64", (3, 11), "PyPy", "python-mbedtls has no wheel for PyPy, only for CPython"),
    ],
)
def test_where_there_is_no_wheel_the_reason_is_said(
    machine: str, python: tuple[int, int], interpreter: str, reason: str
) -> None:
    assert MBEDTLS.lack(machine, python, interpreter) == reason


def test_where_the_wheels_have_not_the_library_in_them_the_reason_is_said() -> None:
    reason = "awscrt has s2n-tls only on linux"
    assert PACKAGES["s2n"].lack("x86_64", (3, 11), "CPython", "darwin") == reason


def test_the_remedy_is_a_line_that_installs_it_or_the_reason_why_none_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = Package("tlslite-ng")
    assert here.remedy().startswith("pip install tlslite-ng, or ")
    monkeypatch.setattr(packages.Package, "lack", lambda _self: "there is none")
    assert here.remedy() == "there is none"
