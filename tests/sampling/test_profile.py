"""A callgrind profile, read for the cost below the calls between two files."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import MeasurementError
from tlsbench.sampling import instructions
from tlsbench.sampling.placement import interpreter_of
from tlsbench.sampling.profile import parts_of_profile, read_profile
from tlsbench.scenarios import Scenario

PROFILE = """\
version: 1
creator: callgrind-3.19.0
positions: line
events: Ir

ob=(1) /usr/lib/libssl.so.3
fl=(1) ???
fn=(1) 0x0000000000042a10
0 1000
cob=(2) /usr/lib/libcrypto.so.3
cfi=(1)
cfn=(2) EVP_PKEY_derive
calls=2 0
0 80000
cob=(2)
cfn=(3) EVP_PKEY_derive_set_peer
calls=2 0
0 4000
0 500

fn=(4) 0x0000000000050000
0 500
cob=(2)
cfn=(2)
calls=46 0
0 46000
cob=(2)
cfn=(5) EVP_DigestSign
calls=2 0
0 50000
cob=(2)
cfn=(6) ERR_set_mark
calls=4 0
0 40
cfn=(1)
calls=1 0
0 90000

ob=(2)
fn=(2)
0 126000
cfn=(7) internal
calls=9 0
0 7000

fn=(3)
+1 4000

fn=(5)
* 50000

fn=(6)
0 40

ob=(3) /usr/bin/python3.11
fn=(8) PyObject_Call
0 9000
cob=(1)
cfn=(4)
calls=2 0
0 180000
cob=(2)
cfn=(9) BIO_new
calls=4 0
0 600

ob=(2)
fn=(9)
0 600

totals: 191640
"""


def test_each_part_is_what_is_below_its_calls_and_all_of_it_adds_up() -> None:
    profile = read_profile(PROFILE.splitlines())
    parts = parts_of_profile(profile, "server", 2)
    costs: dict[str, float] = {}
    for one in parts:
        costs[one.part] = costs.get(one.part, 0.0) + one.cost
    assert costs["agreement"] == (80_000 + 4_000) / 2
    assert costs["key schedule"] == 46_000 / 2, "a derivation without a peer is HKDF"
    assert costs["signature"] == 50_000 / 2
    assert costs["allocation"] == 600 / 2, "what Python itself calls"
    assert sum(costs.values()) == profile.total / 2 == 191_640 / 2
    rest = {one.operation: one.cost for one in parts if one.part == "rest"}
    assert rest["the protocol code itself"] == 2_000 / 2
    assert rest["what calls it, Python among it"] == 9_000 / 2
    assert rest["1 other function"] == 40 / 2


def test_what_boringssl_multiplies_is_a_key_share_or_an_agreement_by_who_calls_it() -> None:
    text = PROFILE.replace("EVP_PKEY_derive_set_peer", "EC_POINT_get_affine_coordinates_GFp")
    parts = parts_of_profile(
        read_profile(text.replace("EVP_PKEY_derive", "EC_POINT_mul").splitlines()), "client", 1
    )
    costs = {(one.part, one.operation): one.cost for one in parts}
    assert costs["agreement", "EC_POINT_mul"] == 80_000
    assert costs["key share", "EC_POINT_mul"] == 46_000


def test_a_call_by_a_linkage_table_is_none_from_outside() -> None:
    """Within libcrypto, callgrind records them as calls to and from a file that it does not know."""
    stub = "\n\nob=(4) ???\nfn=(10) 0x70158b0\n0 10\ncob=(2)\ncfn=(5)\ncalls=3 0\n0 20000\n\ntotals"
    with_stub = read_profile(PROFILE.replace("\n\ntotals", stub).splitlines())
    parts = parts_of_profile(with_stub, "server", 1)
    assert next(one.cost for one in parts if one.operation == "EVP_DigestSign") == 50_000
    assert sum(one.cost for one in parts) == with_stub.total == 191_640 + 10
    assert min(one.cost for one in parts) > 0


def test_a_library_in_one_file_cannot_be_taken_apart() -> None:
    text = PROFILE.replace("/usr/lib/libcrypto.so.3", "/usr/lib/_rust.abi3.so").replace(
        "libssl.so.3", "_rust.abi3.so"
    )
    with pytest.raises(MeasurementError, match="are one file"):
        parts_of_profile(read_profile(text.splitlines()), "client", 1)


@pytest.mark.parametrize("text", ["", "events: Ir\n", "ob=(1) libssl.so\nfn=(1) f\n0 x\n"])
def test_what_is_no_profile_is_an_error(text: str) -> None:
    with pytest.raises(MeasurementError):
        read_profile(text.splitlines())


@given(st.lists(st.one_of(st.sampled_from(PROFILE.splitlines()), st.text(max_size=20)), max_size=40))
def test_whatever_the_lines_a_profile_is_read_or_refused(lines: list[str]) -> None:
    with contextlib.suppress(MeasurementError):
        parts_of_profile(read_profile(lines), "client", 1)


@pytest.mark.integration
@pytest.mark.timeout(600)
def test_the_sides_of_a_real_handshake_are_told_apart(
    scenarios_of: Callable[[str], tuple[Scenario, ...]],
) -> None:
    (one,) = scenarios_of("implementation=libssl group=x25519 parts=yes")
    costs: dict[tuple[str, str], float] = {}
    for side in ("client", "server"):
        collected, answer = instructions._run(one, interpreter_of(one), instructions._Task(2, side), set())
        parts = answer["parts"]
        assert math.fsum(part.cost for part in parts) == pytest.approx(collected / 2)
        assert min(part.cost for part in parts) >= 0
        for part in parts:
            costs[side, part.operation] = part.cost
    assert ("client", "EVP_DigestSign") not in costs
    assert ("server", "X509_verify_cert") not in costs
    assert ("server", "EVP_DigestSign") in costs
    assert ("client", "X509_verify_cert") in costs
    for both in ("EVP_PKEY_keygen", "EVP_PKEY_derive", "EVP_KDF_derive"):
        assert costs["client", both] == pytest.approx(costs["server", both], rel=0.02), both
