from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from tlsbench.pki import Template, Validity, authority_template, peers, root_authority

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


def leaf(template: Template, key_type: str = "ecdsa-secp256r1") -> x509.Certificate:
    return root_authority(key_type).issue(template).leaf


def extension(certificate: x509.Certificate, kind: type[_Extension]) -> x509.Extension[_Extension]:
    return certificate.extensions.get_extension_for_class(kind)


def test_a_leaf_has_all_kinds_of_names() -> None:
    names = ("localhost", "*.example.test", "127.0.0.1", "spiffe://test/api")
    found = extension(leaf(Template(names=names)), x509.SubjectAlternativeName)
    assert [str(name.value) for name in found.value] == list(names)
    assert not found.critical


@pytest.mark.parametrize(
    ("usages", "oids"),
    [
        (("server",), [ExtendedKeyUsageOID.SERVER_AUTH]),
        (("client",), [ExtendedKeyUsageOID.CLIENT_AUTH]),
        (("server", "client"), [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
    ],
)
def test_usages_become_extended_key_usages(
    usages: tuple[str, ...], oids: list[x509.ObjectIdentifier]
) -> None:
    assert list(extension(leaf(Template(names=("a",), usages=usages)), x509.ExtendedKeyUsage).value) == oids


@pytest.mark.parametrize(
    ("key_type", "usage", "encipherment"),
    [("rsa-2048", "server", True), ("rsa-2048", "client", False), ("ecdsa-secp256r1", "server", False)],
)
def test_only_an_rsa_server_may_encipher_keys(key_type: str, usage: str, encipherment: bool) -> None:
    key_usage = extension(leaf(Template(names=("a",), usages=(usage,)), key_type), x509.KeyUsage)
    assert key_usage.critical
    assert key_usage.value.digital_signature
    assert key_usage.value.key_encipherment is encipherment
    assert not key_usage.value.key_cert_sign


def test_an_authority_signs_certificates_and_lists_and_nothing_else() -> None:
    key_usage = extension(peers("ed25519", 2).server.certificates[1], x509.KeyUsage).value
    assert key_usage.key_cert_sign
    assert key_usage.crl_sign
    assert not key_usage.digital_signature


def test_a_validity_starts_an_hour_early_for_slow_clocks() -> None:
    certificate = leaf(Template(names=("a",), validity=Validity.days(10)))
    assert certificate.not_valid_before_utc < datetime.now(UTC) - timedelta(minutes=59)
    assert (
        timedelta(days=9, hours=23) < certificate.not_valid_after_utc - datetime.now(UTC) < timedelta(days=10)
    )


def test_a_validity_can_lie_in_the_past_or_the_future() -> None:
    past, future = Validity.days(10, start=-20), Validity.days(10, start=5)
    assert past.not_after < datetime.now(UTC) < future.not_before


def test_name_constraints_are_critical() -> None:
    template = authority_template("a", permitted=("example.test",), excluded=("10.0.0.0/8",))
    root = root_authority("ecdsa-secp256r1")
    found = extension(root.subordinate(template, root.private_key).certificate, x509.NameConstraints)
    assert found.critical
    assert [name.value for name in found.value.permitted_subtrees or ()] == ["example.test"]
    assert [str(name.value) for name in found.value.excluded_subtrees or ()] == ["10.0.0.0/8"]


def test_places_to_ask_are_in_the_certificate() -> None:
    certificate = leaf(
        Template(names=("a",), ocsp_url="http://o.test", issuer_url="http://i.test", crl_url="http://c.test")
    )
    access = {
        access.access_method: access.access_location.value
        for access in extension(certificate, x509.AuthorityInformationAccess).value
    }
    assert access == {
        AuthorityInformationAccessOID.OCSP: "http://o.test",
        AuthorityInformationAccessOID.CA_ISSUERS: "http://i.test",
    }
    (point,) = extension(certificate, x509.CRLDistributionPoints).value
    assert [name.value for name in point.full_name or ()] == ["http://c.test"]


def test_must_staple_is_the_tls_feature_status_request() -> None:
    plain = Template(names=("a",))
    (feature,) = extension(leaf(replace(plain, must_staple=True)), x509.TLSFeature).value
    assert feature is x509.TLSFeatureType.status_request
    with pytest.raises(x509.ExtensionNotFound):
        extension(leaf(plain), x509.TLSFeature)


def test_a_long_name_is_cut_in_the_subject_alone() -> None:
    name = ".".join(["a" * 40] * 3)
    certificate = leaf(Template(names=(name,)))
    assert len(certificate.subject.rfc4514_string().split(",")[0]) == len("CN=") + 64
    assert extension(certificate, x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName) == [
        name
    ]
