from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from tlsbench.pki import Authority, Template, Validity, authority_template, new_key
from tlsbench.pki.chains import are_roots, chain_of
from tlsbench.pki.trust import stranger_roots

KEY = new_key("ecdsa-secp256r1")
ROOT = Authority.new(authority_template("root"), KEY)
MIDDLE = ROOT.subordinate(authority_template("middle"), new_key("ecdsa-secp256r1"))
LEAF, *_ = MIDDLE.issue(Template(names=("localhost",))).certificates
CHAIN = (LEAF, MIDDLE.certificate, ROOT.certificate)


def test_a_chain_is_found_in_any_order_and_among_others() -> None:
    crowd = (*CHAIN, *stranger_roots(3), LEAF)
    for order in itertools.permutations(range(3)):
        mixed = [*(crowd[place] for place in order), *crowd[3:]]
        assert [mixed[place] for place in chain_of(mixed)] == list(CHAIN)


def test_no_certificates_are_no_chain_and_one_is_its_own() -> None:
    assert chain_of(()) == ()
    assert chain_of([LEAF]) == chain_of([ROOT.certificate]) == (0,)


def test_of_two_issuers_the_one_that_holds_is_taken() -> None:
    over = Validity(datetime.now(UTC) - timedelta(9), datetime.now(UTC) - timedelta(1))
    key = MIDDLE.private_key
    expired = ROOT.subordinate(authority_template("middle", validity=over), key).certificate
    assert chain_of([LEAF, expired, MIDDLE.certificate]) == (0, 2)
    assert chain_of([LEAF, expired, MIDDLE.certificate], over.not_before) == (0, 1)


def test_certificates_that_issued_each_other_are_no_endless_chain() -> None:
    first = Authority.new(authority_template("first"), KEY)
    crossed = ROOT.subordinate(authority_template("first"), KEY).certificate
    back = first.subordinate(authority_template("root"), KEY).certificate
    leaf = first.issue(Template(names=("localhost",))).leaf
    assert len(chain_of([leaf, crossed, back])) == 3


def test_a_thousand_namesakes_are_not_all_tried() -> None:
    namesakes = [Authority.new(authority_template("middle"), KEY).certificate for _ in range(200)]
    assert chain_of([LEAF, *namesakes]) == (0,)


def test_a_set_of_roots_is_no_chain_and_a_chain_no_set_of_roots() -> None:
    roots = stranger_roots(10)
    assert are_roots(roots)
    assert are_roots((*roots, MIDDLE.certificate)), "a system's bundle may have a few others"
    for chain in (CHAIN, CHAIN[1:], CHAIN[::-1], CHAIN[:1], CHAIN[2:], (), (LEAF, *roots)):
        assert not are_roots(chain)
