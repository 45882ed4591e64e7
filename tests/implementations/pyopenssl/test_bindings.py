from __future__ import annotations

import pytest
from OpenSSL import SSL

from tlsbench.errors import HandshakeError
from tlsbench.implementations.openssl_names import (
    cipher_from_openssl,
    group_from_openssl,
    version_from_openssl,
)
from tlsbench.implementations.pyopenssl import bindings
from tlsbench.implementations.pyopenssl.library import PyOpenSsl


def test_this_pyopenssl_binds_everything_but_quic() -> None:
    lacking = {ability for ability in bindings.SYMBOLS if bindings.missing(ability)}
    assert lacking <= {"QUIC"}


@pytest.mark.parametrize(
    ("ability", "lost"),
    [("early data", "resumption"), ("groups", "workload"), ("proof of resumption", "workload")],
)
def test_a_missing_symbol_is_a_capability_lost_with_its_reason(
    ability: str, lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(bindings.SYMBOLS, ability, ("SSL_no_such_function",))
    gaps = [gap for gap in PyOpenSsl().capabilities().gaps if gap.when.get(lost)]
    assert any("SSL_no_such_function" in gap.reason for gap in gaps)


def test_an_unknown_group_is_refused_and_leaves_no_error_behind() -> None:
    assert not bindings.knows_group("secp999r1")
    with pytest.raises(HandshakeError, match="secp999r1"):
        bindings.set_groups(SSL.Context(SSL.TLS_METHOD), "secp999r1")
    assert bindings.knows_group("x25519")


def test_names_of_openssl_become_iana_names() -> None:
    assert version_from_openssl("TLSv1.3") == "1.3"
    assert cipher_from_openssl("ECDHE-RSA-AES128-GCM-SHA256") == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    assert group_from_openssl("prime256v1") == "secp256r1"


def test_names_that_nobody_knows_stay_as_they_are() -> None:
    assert version_from_openssl("TLSv9") == "TLSv9"
    assert cipher_from_openssl("ROT13") == "ROT13"
    assert group_from_openssl(None) is None
