from __future__ import annotations

import ssl
from types import ModuleType
from typing import Any

import pytest

from tlsbench.protocol import alerts, groups, signature_schemes
from tlsbench.scenarios import groups as axis_of_groups
from tlsbench.scenarios import signatures as axis_of_signatures

#: The names that Python's ssl module spells differently.
AS_IANA = {"user_cancelled": "user_canceled"}


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        (axis_of_groups.GROUPS, groups),
        (axis_of_signatures.SIGNATURE_SCHEMES, signature_schemes),
    ],
)
def test_what_can_be_measured_has_iana_s_code_point_and_name(
    rows: tuple[Any, ...], names: ModuleType
) -> None:
    for row in rows:
        assert names.NAMES[row.code_point] == row.name


def test_alerts_have_the_code_points_and_names_that_python_s_ssl_module_has() -> None:
    known = {one.value: one.name.removeprefix("ALERT_DESCRIPTION_").lower() for one in ssl.AlertDescription}
    known = {code: AS_IANA.get(name, name) for code, name in known.items()}
    assert known.items() <= alerts.DESCRIPTIONS.items()


def test_a_code_point_without_a_name_is_given_in_hexadecimal() -> None:
    assert groups.name_of(0x0A0A) == signature_schemes.name_of(0x0A0A) == "0x0a0a"
