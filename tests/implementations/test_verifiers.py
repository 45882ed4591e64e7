from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tlsbench.implementations.cryptography.verifier import UNKNOWN_TO_CRYPTOGRAPHY
from tlsbench.implementations.verification import Question
from tlsbench.implementations.verifiers import verdicts
from tlsbench.pki import (
    Authority,
    Template,
    authority_template,
    new_key,
    peers,
    revocation_list,
    root_authority,
)

ROOT = root_authority("ecdsa-secp256r1")
ASKED = Question(roots=(ROOT.certificate,), host="localhost")


def problems(template: Template, question: Question = ASKED, issuer: Authority = ROOT) -> list[str]:
    return [verdict.problem for verdict in verdicts(issuer.issue(template).certificates, question)]


@pytest.mark.parametrize(
    ("host", "name"),
    [("localhost", "localhost"), ("a.x.test", "*.x.test"), ("127.0.0.1", "127.0.0.1"), ("::1", "::1")],
)
def test_both_accept_a_good_chain_for_a_host_or_an_address(host: str, name: str) -> None:
    assert problems(Template(names=(name,)), replace(ASKED, host=host)) == ["", ""]


@pytest.mark.parametrize("host", ["other.test", "10.0.0.1"])
def test_both_reject_another_host(host: str) -> None:
    openssl, other = problems(Template(names=("localhost", "127.0.0.1")), replace(ASKED, host=host))
    assert "mismatch" in openssl
    assert "leaf certificate has no matching subjectAltName" in other


def test_both_reject_an_expired_leaf_and_openssl_says_where_it_is() -> None:
    later = replace(ASKED, at=datetime.now(UTC) + timedelta(days=90))
    openssl, other = problems(Template(names=("localhost",)), later)
    assert "expired" in openssl
    assert "not valid at validation time" in other


def test_both_reject_an_unknown_root() -> None:
    stranger = replace(ASKED, roots=(root_authority("ecdsa-secp384r1").certificate,))
    assert all(problems(Template(names=("localhost",)), stranger))


def test_both_reject_a_client_certificate_as_a_servers() -> None:
    template = Template(names=("localhost",), usages=("client",))
    assert all(problems(template))
    assert problems(template, replace(ASKED, usage="client", host="")) == ["", ""]


def test_both_keep_to_name_constraints() -> None:
    narrow = ROOT.subordinate(authority_template("narrow", permitted=("in.test",)), new_key("ed25519"))
    wide = ROOT.subordinate(authority_template("narrow", permitted=("in.test",)), new_key("ecdsa-secp256r1"))
    assert "permitted subtree violation" in problems(Template(names=("localhost",)), issuer=narrow)[0]
    assert all(problems(Template(names=("localhost",)), issuer=wide))
    assert problems(Template(names=("a.in.test",)), replace(ASKED, host="a.in.test"), wide) == ["", ""]


def test_a_revoked_leaf_is_rejected_by_openssl_and_the_other_says_that_it_does_not_look() -> None:
    leaf = ROOT.issue(Template(names=("localhost",)))
    crl = revocation_list(ROOT, [leaf.leaf.serial_number])
    openssl, other = verdicts(leaf.certificates, replace(ASKED, crls=(crl,)))
    assert "certificate revoked" in openssl.problem
    assert other.remark == "it reads no CRLs"
    openssl, _ = verdicts(leaf.certificates, replace(ASKED, crls=(revocation_list(ROOT),)))
    assert not openssl.problem


def test_without_a_host_one_does_not_look_at_the_name_and_the_other_is_not_asked() -> None:
    openssl, other = verdicts(ROOT.issue(Template(names=("a.test",))).certificates, replace(ASKED, host=""))
    assert not openssl.problem
    assert "give --host" in other.remark


@pytest.mark.parametrize("key_type", ["ed25519", "ml-dsa-65"])
def test_key_types_beyond_the_browsers_are_rejected_by_cryptography_alone(key_type: str) -> None:
    who = peers(key_type)
    openssl, other = verdicts(
        who.server.certificates, Question(roots=(who.root.certificate,), host="localhost")
    )
    assert not openssl.problem
    assert bool(other.problem) == (key_type in UNKNOWN_TO_CRYPTOGRAPHY)
