"""The check for constant time: an injected leak is found, and constant-time code passes."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable

import pytest

from tlsbench.errors import ProofError, RequestError
from tlsbench.implementations import Verification
from tlsbench.sampling import Progress
from tlsbench.scenarios import Scenario
from tlsbench.session.constant_time import EPOCHS, Subject, check, subjects_of

SCENARIO = Scenario(
    workload="primitive", client="cryptography", server="cryptography", algorithm="bytes/compare", size=32
)
TAG_BYTES = 32
ALIKE = ("wrong in the first byte", "wrong in the last byte")


def leaky(one: bytes, other: bytes) -> bool:
    """A comparison that stops at the first byte that differs."""
    return all(ours == theirs for ours, theirs in zip(one, other, strict=True))


def comparing(compare: Callable[[bytes, bytes], bool]) -> Subject:
    """A comparison of tags that are wrong at either end."""

    def make() -> Verification:
        secret = os.urandom(TAG_BYTES)
        return Verification(
            lambda given: compare(secret, given),
            (),
            {
                ALIKE[0]: lambda: bytes([secret[0] ^ 1]) + secret[1:],
                ALIKE[1]: lambda: secret[:-1] + bytes([secret[-1] ^ 1]),
            },
            frozenset(),
            (ALIKE,),
        )

    return Subject(SCENARIO, make)


def test_a_compare_that_stops_at_the_first_unequal_byte_is_found_and_compare_digest_passes() -> None:
    found = check([comparing(leaky), comparing(hmac.compare_digest)], 1.0, seed=1)
    leak, constant = found.results
    assert leak.leaks
    assert not constant.leaks
    # both in one run: the extra time of one for 31 bytes is far beyond what could be missed of the other
    assert leak.found.difference_ns.median > 3 * constant.found.resolution_ns
    assert leak.found.difference_ns.low > leak.found.floor_ns
    assert leak.found.epochs == constant.found.epochs == EPOCHS


def test_what_differs_in_its_outcome_is_no_leak() -> None:
    (found,) = check(subjects_of(["algorithm=ecdsa-secp256r1/verify"]), 0.4, seed=1).results
    assert (found.a, found.b) == ("valid", "forged")
    assert found.differs_in_outcome
    assert not found.leaks


def test_what_accepts_a_forgery_is_an_error_and_no_result() -> None:
    def make() -> Verification:
        return Verification(
            lambda _given: True,
            (),
            {"right": lambda: b"a", "wrong": lambda: b"b"},
            frozenset({"right"}),
            (("right", "wrong"),),
        )

    with pytest.raises(ProofError, match="bytes/compare: wrong: wanted refused, got accepted"):
        check([Subject(SCENARIO, make)], 0.1, seed=1)


def test_an_observer_sees_every_epoch_and_a_stop_keeps_those_before() -> None:
    seen: list[Progress] = []
    found = check([comparing(leaky)], 0.1, 1, seen.append, lambda: len(seen) == 2)
    assert found.interrupted
    assert [one.done for one in seen] == [1, 2]
    assert found.results[0].found.epochs == 2


@pytest.mark.parametrize(
    ("selectors", "words"),
    [
        (["algorithm=x25519/exchange"], "verifies nothing"),
        (["workload=handshake"], "leave out workload="),
        (["algorithm=bytes/comparison"], "did you mean"),
        (["implementation=pyopenssl"], "cannot be checked"),
    ],
)
def test_what_verifies_nothing_is_refused(selectors: list[str], words: str) -> None:
    with pytest.raises(RequestError, match=words):
        subjects_of(selectors)


def test_without_selectors_the_usual_ones_are_checked_at_the_size_of_a_small_record() -> None:
    subjects = subjects_of([])
    assert {one.scenario.algorithm for one in subjects} >= {"aes-128-gcm/decrypt", "rsa-2048/decrypt_pkcs1"}
    assert {one.scenario.size for one in subjects} == {0, 64}
    assert {one.scenario.size for one in subjects_of(["algorithm=bytes/compare size=32B"])} == {32}
