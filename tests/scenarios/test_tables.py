"""The tables compared with the libraries and registries."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from tlsbench.protocol.groups import NAMES
from tlsbench.scenarios import algorithms, ciphers, groups, keys, signatures
from tlsbench.scenarios.axes import AXES, WORKLOAD_AXES
from tlsbench.scenarios.axis import aliases_of


def test_cipher_suites_have_the_code_points_that_openssl_knows_them_by() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:@SECLEVEL=0")
    known = {suite["name"]: suite["id"] & 0xFFFF for suite in context.get_ciphers()}
    shared = [suite for suite in ciphers.CIPHER_SUITES if suite.openssl in known]
    assert len(shared) >= 70
    assert all(known[suite.openssl] == suite.code_point for suite in shared)


def test_names_and_code_points_are_unique() -> None:
    for rows in (ciphers.CIPHER_SUITES, groups.GROUPS):
        assert len({row.name for row in rows}) == len({row.code_point for row in rows}) == len(rows)


@pytest.mark.parametrize(
    "rows",
    [
        ciphers.CIPHER_SUITES,
        groups.GROUPS,
        keys.KEY_TYPES,
        signatures.SIGNATURE_SCHEMES,
        algorithms.ALGORITHMS,
    ],
    ids=["ciphers", "groups", "keys", "signatures", "algorithms"],
)
def test_another_name_stands_for_one_row_alone(rows: Any) -> None:
    assert len(aliases_of(rows)) == sum(len(row.aliases) for row in rows)


def test_the_curve_of_a_key_is_a_group() -> None:
    assert {key.curve for key in keys.KEY_TYPES} - {""} <= set(NAMES.values())


def test_every_axis_of_a_workload_exists_and_its_defaults_are_values() -> None:
    for axes in WORKLOAD_AXES.values():
        assert set(axes) <= set(AXES)
    for axis in AXES.values():
        assert not axis.values or set(axis.default) <= set(axis.values)
        assert axis.neutral in ("", *axis.default)
