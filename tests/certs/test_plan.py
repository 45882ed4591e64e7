from __future__ import annotations

import pytest

from tlsbench.certs.plan import PkiPlan, make
from tlsbench.errors import RequestError
from tlsbench.pki.authority import issued_by


def test_an_slh_dsa_root_issues_to_those_below_it_and_gives_no_list() -> None:
    pki = make(PkiPlan(root_key="slh-dsa-sha2-128f"))
    assert pki.root.key_type == "slh-dsa-sha2-128f"
    assert issued_by(pki.issuer.certificate, pki.root.certificate)
    assert [crl.issuer for crl in pki.crls()] == [pki.issuer.certificate.subject]
    assert pki.staple()


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"key": "slh-dsa-sha2-128f"}, "no library signs handshakes with it"),
        ({"key": "composite-ml-dsa-65-ecdsa-secp256r1"}, "no library signs handshakes with it"),
        ({"key": "rsa-pss-2048"}, "give it another by --intermediate-key"),
        ({"key": "rsa-pss-2048", "chain_length": 1}, "give it another by --root-key"),
        ({"intermediate_key": "slh-dsa-sha2-128f"}, "give it another by --intermediate-key"),
    ],
)
def test_a_plan_that_comes_to_nothing_is_refused(fields: dict[str, object], problem: str) -> None:
    with pytest.raises(RequestError, match=problem):
        PkiPlan(**fields).check()  # type: ignore[arg-type]


def test_an_rsa_pss_leaf_is_issued_by_another_key() -> None:
    assert make(PkiPlan(key="rsa-pss-2048", intermediate_key="rsa-2048")).server.key_type == "rsa-pss-2048"
