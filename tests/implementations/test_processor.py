from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tlsbench.implementations import processor
from tlsbench.implementations.processor import cpu_gaps, still_used, variables, with_aes

REPORT = "CPUINFO: OPENSSL_ia32cap={} env:none"


def test_all_of_the_processor_needs_no_variable() -> None:
    assert variables("native") == {}


@pytest.mark.parametrize(
    ("cpu", "words", "left"),
    [
        ("no-aes", "0xfffa32034f8bffff:0x1a415f46f1bf2ffb", "0x200000200000000:0x60000000000"),
        ("no-aes", "0xfdfa32014f8bffff:0x1a415946f1bf2ffb", None),
        ("no-avx512", "0xfffa32034f8bffff:0x1a415f46f1bf2ffb", "0x0:0x5842d0230000"),
        ("no-avx512", "0xfffa32034f8bffff:0x1a410704019c2ffb", None),
        ("baseline", "0x000000004f8bffff:0x0000000000000000:0x0", None),
        ("baseline", "0x000000014f8bffff:0x0000000000000000:0x0", "0x100000000:0x0:0x0"),
    ],
)
def test_a_report_tells_what_is_still_used(cpu: str, words: str, left: str | None) -> None:
    assert still_used(cpu, REPORT.format(words)) == left


def test_a_report_that_names_no_features_proves_nothing() -> None:
    assert "a report without" in str(still_used("no-aes", "CPUINFO: N/A"))


@pytest.mark.parametrize(
    ("features", "tells", "reasons"),
    [
        ({"aes", "avx512f", "ssse3"}, True, []),
        ({"aes", "avx512f", "ssse3"}, False, ["it does not say whether it uses AVX-512"]),
        ({"aes", "ssse3"}, True, ["this processor has no avx512f to disable"]),
        (
            set(),
            True,
            [f"this processor has no {flag} to disable" for flag in ("aes", "avx512f", "ssse3")],
        ),
    ],
)
def test_what_is_not_there_cannot_be_taken_away(
    features: set[str], tells: bool, reasons: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processor, "_features", lambda: frozenset(features))
    assert [gap.reason for gap in cpu_gaps(tells=tells)] == reasons


def test_a_processor_without_aes_is_without_it_under_every_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "_features", lambda: frozenset({"aes"}))
    assert with_aes(has_aes=True) == ("native", "no-avx512")
    assert with_aes(has_aes=False) == ("no-aes", "baseline")
    monkeypatch.setattr(processor, "_features", frozenset)
    assert with_aes(has_aes=True) == ()


@pytest.mark.skipif("aes" not in processor._features(), reason="this processor has no AES instructions")
@pytest.mark.parametrize("cpu", ["no-aes", "baseline"])
def test_the_variable_makes_openssl_do_without(cpu: str) -> None:
    code = "from tlsbench.implementations.pyopenssl.bindings import cpu_info; print(cpu_info())"
    environment = {**os.environ, **variables(cpu)}
    told = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert still_used(cpu, told.stdout) is None
