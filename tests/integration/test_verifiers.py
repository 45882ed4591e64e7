"""Good and bad chains with other people's verifiers: OpenSSL's, curl's, GnuTLS's and NSS's.

Each connects to a real server on loopback; our verifier also checks the same server.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from tlsbench.loopback import ClientSetup, Server, ServerSetup, meet
from tlsbench.pki import (
    Authority,
    Identity,
    Template,
    Validity,
    authority_template,
    new_key,
    ocsp_response,
    revocation_list,
)

pytestmark = pytest.mark.integration
Ask = Callable[..., object]

ROOT = Authority.new(authority_template("integration root"), new_key("ecdsa-secp256r1"))
ISSUER = ROOT.subordinate(authority_template("integration intermediate"), new_key("rsa-2048"))
NARROW = ROOT.subordinate(
    authority_template("integration department", permitted=("in.test",)), new_key("ecdsa-secp256r1")
)
STRANGER = Authority.new(authority_template("integration stranger"), new_key("ecdsa-secp256r1"))


def leaf(issuer: Authority = ISSUER, **template: object) -> Identity:
    return issuer.issue(Template(**{"names": ("localhost",), **template}), new_key("ecdsa-secp256r1"))


GOOD = leaf()
REVOKED = leaf()
#: On its issuer's list. GnuTLS loads only lists signed by a trusted root itself.
LISTED = leaf(ROOT)
CRL = revocation_list(ROOT, [LISTED.leaf.serial_number])
_KEY = new_key("ecdsa-secp256r1")
CASES: dict[str, ServerSetup] = {
    "good": ServerSetup(identity=GOOD),
    "good and stapled": ServerSetup(identity=GOOD, staple=ocsp_response(ISSUER, GOOD.leaf)),
    "good from the root": ServerSetup(identity=leaf(ROOT)),
    "wrong host": ServerSetup(identity=leaf(names=("other.test",))),
    "expired": ServerSetup(identity=leaf(validity=Validity.days(1, start=-9))),
    "not yet valid": ServerSetup(identity=leaf(validity=Validity.days(1, start=9))),
    "untrusted root": ServerSetup(identity=leaf(STRANGER)),
    "missing intermediate": ServerSetup(identity=Identity(GOOD.private_key, GOOD.certificates[:1])),
    "self-signed": ServerSetup(
        identity=Identity(_KEY, (Authority.new(Template(names=("localhost",)), _KEY).certificate,))
    ),
    "name constraints": ServerSetup(identity=leaf(NARROW)),
    "for clients": ServerSetup(identity=leaf(usages=("client",))),
    "weak key": ServerSetup(
        identity=ISSUER.issue(Template(names=("localhost",)), rsa.generate_private_key(65537, 1024)),
        weak=True,
    ),
    "revoked by CRL": ServerSetup(identity=LISTED),
    "revoked by staple": ServerSetup(identity=REVOKED, staple=ocsp_response(ISSUER, REVOKED.leaf, "revoked")),
    "must staple": ServerSetup(identity=leaf(must_staple=True)),
}
#: What each verifier says of each case, if it checks for it at all; "" if it accepts.
SAYS: dict[str, dict[str, str]] = {
    "good": {"openssl": "", "curl": "", "gnutls": "", "nss": "", "ours": ""},
    "good and stapled": {"openssl": "", "curl": "", "gnutls": "", "nss": "", "ours": ""},
    "good from the root": {"openssl": "", "curl": "", "gnutls": "", "nss": "", "ours": ""},
    "wrong host": {
        "openssl": "hostname mismatch",
        "curl": "no alternative certificate subject name matches",
        "gnutls": "name in the certificate does not match",
        "nss": "SSL_ERROR_BAD_CERT_DOMAIN",
        "ours": "hostname mismatch",
    },
    "expired": {
        "openssl": "certificate has expired",
        "curl": "certificate has expired",
        "gnutls": "expired certificate",
        "nss": "SEC_ERROR_EXPIRED_CERTIFICATE",
        "ours": "certificate has expired",
    },
    "not yet valid": {
        "openssl": "not yet valid",
        "curl": "not yet valid",
        "gnutls": "not yet valid",
        "nss": "SEC_ERROR_EXPIRED_CERTIFICATE",
        "ours": "not yet valid",
    },
    "untrusted root": {
        "openssl": "unable to get local issuer",
        "curl": "unable to get local issuer",
        "gnutls": "issuer is unknown",
        "nss": "SEC_ERROR_UNKNOWN_ISSUER",
        "ours": "unable to get local issuer",
    },
    "missing intermediate": {
        "openssl": "unable to get local issuer",
        "curl": "unable to get local issuer",
        "gnutls": "issuer is unknown",
        "nss": "SEC_ERROR_UNKNOWN_ISSUER",
        "ours": "unable to get local issuer",
    },
    "self-signed": {
        "openssl": "self-signed certificate",
        "curl": "self-signed certificate",
        "gnutls": "issuer is unknown",
        "nss": "SEC_ERROR_",
        "ours": "self-signed certificate",
    },
    "name constraints": {
        "openssl": "permitted subtree violation",
        "curl": "permitted subtree violation",
        "gnutls": "violates the signer's constraints",
        "nss": "SEC_ERROR_CERT_NOT_IN_NAME_SPACE",
        "ours": "permitted subtree violation",
    },
    "for clients": {
        "openssl": "unsuitable certificate purpose",
        "curl": "unsuitable certificate purpose",
        "gnutls": "does not match the intended purpose",
        "nss": "SEC_ERROR_INADEQUATE_CERT_TYPE",
        "ours": "unsuitable certificate purpose",
    },
    # GnuTLS 3.7 and NSS 3.87 accept RSA-1024.
    "weak key": {"openssl": "key too weak", "curl": "key too weak", "ours": "key too weak"},
    "revoked by CRL": {
        "openssl": "certificate revoked",
        "curl": "certificate revoked",
        "gnutls": "chain is revoked",
        "nss": "SEC_ERROR_REVOKED_CERTIFICATE",
        "ours": "certificate revoked",
    },
    # The openssl command prints a stapled response but does not judge it; NSS's client requests none.
    "revoked by staple": {"curl": "revocation reason", "gnutls": "chain is revoked", "ours": "says: revoked"},
    "must staple": {
        "curl": "No OCSP response",
        "gnutls": "OCSP status is missing",
        "ours": "says that it must",
    },
}
ROWS = [(case, verifier) for case, answers in SAYS.items() for verifier in answers]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "root.pem").write_bytes(ROOT.certificate_pem)
    (tmp_path / "crl.pem").write_bytes(CRL.public_bytes(Encoding.PEM))
    return tmp_path


def ask_openssl(ask: Ask, files: Path, port: int, case: str) -> object:
    revocation = ("-CRL", files / "crl.pem", "-crl_check") if case == "revoked by CRL" else ()
    where = ("-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-verify_hostname", "localhost")
    trust = ("-CAfile", files / "root.pem", "-verify_return_error")
    return ask("openssl", "s_client", *where, *trust, "-brief", *revocation)


def ask_curl(ask: Ask, files: Path, port: int, case: str) -> object:
    revocation = ("--crlfile", files / "crl.pem") if case == "revoked by CRL" else ()
    status = ("--cert-status",) if "staple" in case else ()
    trust = ("--cacert", files / "root.pem", *revocation, *status)
    return ask("curl", "-sS", "--max-time", "20", *trust, f"https://localhost:{port}/")


def ask_gnutls(ask: Ask, files: Path, port: int, case: str) -> object:
    revocation = ("--x509crlfile", files / "crl.pem") if case == "revoked by CRL" else ()
    names = ("--verify-hostname", "localhost", "--sni-hostname", "localhost")
    trust = ("--x509cafile", files / "root.pem", *revocation)
    return ask("gnutls-cli", *trust, *names, "-p", port, "127.0.0.1", text="GET / HTTP/1.0\r\n\r\n")


def ask_nss(ask: Ask, files: Path, port: int, case: str) -> object:
    database = f"sql:{files}"
    for command in (
        ("certutil", "-N", "-d", database, "--empty-password"),
        ("certutil", "-A", "-d", database, "-n", "root", "-t", "C,,", "-i", files / "root.pem"),
    ):
        answer = ask(*command)
        assert answer.code == 0, answer.text  # type: ignore[attr-defined]
    if case == "revoked by CRL":
        (files / "crl.der").write_bytes(CRL.public_bytes(Encoding.DER))
        answer = ask("crlutil", "-I", "-d", database, "-i", files / "crl.der", "-t", "1")
        assert answer.code == 0, answer.text  # type: ignore[attr-defined]
    return ask("tstclnt", "-h", "localhost", "-4", "-p", port, "-d", database, "-V", "tls1.2:tls1.3", "-Q")


ASK = {"openssl": ask_openssl, "curl": ask_curl, "gnutls": ask_gnutls, "nss": ask_nss}


@pytest.mark.parametrize(("case", "verifier"), ROWS)
def test_a_verifier_accepts_the_good_and_rejects_the_bad_for_the_right_reason(
    case: str, verifier: str, ask: Ask, files: Path
) -> None:
    expected = SAYS[case][verifier]
    with Server(CASES[case]) as server:
        if verifier == "ours":
            crls = (CRL,) if "CRL" in case else ()
            setup = ClientSetup(roots=(ROOT.certificate,), crls=crls, ocsp="checked")
            problem = meet(server.address, setup).problem
            assert bool(problem) is bool(expected), problem
            assert expected in problem
            return
        answer = ASK[verifier](ask, files, server.address[1], case)
    code, text = answer.code, " ".join(answer.text.split())  # type: ignore[attr-defined]
    assert (code == 0) is (expected == ""), text
    assert re.search(re.escape(expected), text, re.IGNORECASE), text


@pytest.mark.parametrize("key_type", ["rsa-2048", "rsa-4096", "ecdsa-secp384r1", "ed25519"])
@pytest.mark.parametrize("verifier", ["openssl", "curl", "gnutls"])
def test_every_classical_key_type_is_accepted(key_type: str, verifier: str, ask: Ask, files: Path) -> None:
    root = Authority.new(authority_template(f"{key_type} root"), new_key(key_type))
    (files / "root.pem").write_bytes(root.certificate_pem)
    with Server(ServerSetup(identity=root.issue(Template(names=("localhost",))))) as server:
        answer = ASK[verifier](ask, files, server.address[1], "good")
    assert answer.code == 0, answer.text  # type: ignore[attr-defined]
