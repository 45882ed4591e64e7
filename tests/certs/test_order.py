from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tlsbench.certs.findings import findings_of
from tlsbench.implementations.verifiers import Question, verdicts
from tlsbench.pki import Authority, Template, Validity, authority_template, new_key

KEY = new_key("ecdsa-secp256r1")
ROOT = Authority.new(authority_template("root"), KEY)
MIDDLE = ROOT.subordinate(authority_template("middle"), new_key("ecdsa-secp256r1"))
PLAIN = Template(names=("localhost",))
LEAF = MIDDLE.issue(PLAIN).leaf
EXPIRED = Authority.new(authority_template("old", validity=Validity.days(1, start=-9)), KEY).certificate


def texts(*chain: x509.Certificate) -> list[str]:
    return [f"{one.level} {one.position}: {one.text}" for one in findings_of(chain)]


def size(certificate: x509.Certificate) -> int:
    return len(certificate.public_bytes(Encoding.DER))


def chain_below(length: int) -> tuple[x509.Certificate, ...]:
    """A chain of that many certificates, not counting the root."""
    above = ROOT
    for level in range(1, length):
        above = above.subordinate(authority_template(f"level {level}"), KEY)
    return above.issue(PLAIN, KEY).certificates


def test_a_wrong_order_is_a_warning() -> None:
    assert texts(LEAF, ROOT.certificate, MIDDLE.certificate) == [
        "warning 1: it comes before 'middle', which it issued: most peers correct the order",
        f"warning 1: the root need not be sent: {size(ROOT.certificate)} bytes for nothing",
    ]


def test_a_leaf_that_is_not_the_first_is_an_error_for_servers_show_the_first_as_theirs() -> None:
    (found, *_) = texts(MIDDLE.certificate, LEAF)
    assert found == "error 0: it comes before 'localhost': a server shows the first as its own"


def test_a_duplicate_is_a_warning_wherever_it_is() -> None:
    middle = MIDDLE.certificate
    assert texts(LEAF, middle, middle) == [
        f"warning 2: it is certificate 1 again: {size(middle)} bytes for nothing"
    ]
    assert texts(LEAF, LEAF, middle) == [
        f"warning 1: it is certificate 0 again: {size(LEAF)} bytes for nothing"
    ]


def test_what_the_chain_does_without_is_a_warning_expired_or_not() -> None:
    spare = Authority.new(authority_template("spare"), KEY).certificate
    useless = "the chain of 'localhost' does not need it"
    assert texts(LEAF, MIDDLE.certificate, spare) == [
        f"warning 2: {useless}: {size(spare)} bytes for nothing"
    ]
    found = texts(LEAF, MIDDLE.certificate, EXPIRED)
    assert all(text.startswith("warning 2: ") for text in found)
    assert any("it expired on" in text for text in found)


def test_an_expired_root_that_is_sent_along_is_a_warning_an_expired_intermediate_an_error() -> None:
    below = Authority(EXPIRED, KEY).subordinate(authority_template("below"), KEY)
    found = texts(*below.issue(PLAIN).certificates, EXPIRED)
    assert {text.split(":")[0] for text in found} == {"warning 2"}
    over = ROOT.subordinate(authority_template("over", validity=Validity.days(1, start=-9)), KEY)
    assert texts(*over.issue(PLAIN).certificates)[0].startswith("error 1: it expired on")


def test_an_issuer_of_the_same_name_and_another_key_is_an_error() -> None:
    twin = Authority.new(authority_template("middle"), KEY).certificate
    assert texts(LEAF, twin)[0] == (
        "error 0: it names 'middle' as issuer, but is not signed by the key of certificate 1"
    )


def test_a_stranger_for_an_intermediate_leaves_the_issuer_missing() -> None:
    found = texts(LEAF, ROOT.certificate)
    assert any("warning 0: its issuer 'CN=middle,O=tlsbench' is not here" in text for text in found)
    assert not any(text.startswith("error") for text in found)


@pytest.mark.parametrize(
    ("length", "finding"),
    [
        (7, ""),
        (8, "warning 0: a chain of 8 certificates, too long for rustls (7)"),
        (10, "too long for rustls (7), the cryptography package (9)"),
        (17, "too long for rustls (7), the cryptography package (9), GnuTLS (16)"),
        (101, "GnuTLS (16)"),
        (102, "error 0: a chain of 102 certificates: OpenSSL and BoringSSL follow at most 101"),
    ],
)
def test_a_long_chain_is_held_against_what_verifiers_follow(length: int, finding: str) -> None:
    found = texts(*chain_below(length))
    assert finding in found[0] if finding else not found
    with_root = texts(*chain_below(length), ROOT.certificate)
    assert any(finding in text for text in with_root), "a root that is sent along does not count"


@pytest.mark.parametrize(("verifier", "longest"), [(0, 101), (1, 9)], ids=["OpenSSL", "cryptography"])
def test_the_lengths_that_verifiers_follow_are_those(verifier: int, longest: int) -> None:
    question = Question(roots=(ROOT.certificate,), host="localhost")
    for length, fine in ((longest, True), (longest + 1, False)):
        answer = verdicts(chain_below(length), question)[verifier]
        assert (not answer.problem) is fine, answer


def test_more_bytes_than_openssl_reads_are_an_error() -> None:
    crowd = [MIDDLE.issue(PLAIN, KEY).leaf for _ in range(250)]
    assert any(
        text.startswith("error 0: 251 certificates of ") and text.endswith("OpenSSL reads at most 102,400")
        for text in texts(LEAF, *crowd)
    )
