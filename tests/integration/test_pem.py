"""Files that users have, read by the openssl program and here: with the same result, or with a note."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tests.integration.conftest import Answer, find
from tests.integration.test_programs import free_port, running
from tests.pki.test_pem_as_openssl import TO_A_LINE, TO_ALL

from tlsbench.certs.findings import findings_of
from tlsbench.errors import RequestError
from tlsbench.pki import (
    Authority,
    Bundle,
    Identity,
    Template,
    authority_template,
    certificates_pem,
    new_key,
    read_bundle,
    read_file,
)
from tlsbench.pki.keys import to_pem

pytestmark = pytest.mark.integration
Ask = Callable[..., Answer]
KEY = new_key("ecdsa-secp256r1")
ROOT = Authority.new(authority_template("root"), KEY)
MIDDLE = ROOT.subordinate(authority_template("middle"), KEY)
LEAF = MIDDLE.issue(Template(names=("localhost",)), KEY)
LINES = LEAF.chain_pem.splitlines()
MISTAKES = {
    **{f"all lines: {name}": mend(LINES) for name, mend in TO_ALL.items()},
    **{
        f"line {at}: {name}": [*LINES[:at], mend(LINES[at]), *LINES[at + 1 :]]
        for name, mend in TO_A_LINE.items()
        for at in (0, LINES.index(b"-----END CERTIFICATE-----"), len(LINES) - 1)
    },
}


def by_openssl(ask: Ask, file: Path) -> list[bytes]:
    """The certificates that ``openssl crl2pkcs7`` packs (it refuses files as servers do), sorted."""
    packed = file.with_suffix(".p7")
    answer = ask("openssl", "crl2pkcs7", "-nocrl", "-certfile", file, "-outform", "DER", "-out", packed)
    if answer.code:
        return []
    unpacked = ask("openssl", "pkcs7", "-inform", "DER", "-in", packed, "-print_certs")
    assert unpacked.code == 0, unpacked.text
    return sorted(ders(read_bundle(unpacked.text.encode(), "unpacked"))) if "BEGIN" in unpacked.text else []


def ders(bundle: Bundle) -> list[bytes]:
    return [certificate.public_bytes(Encoding.DER) for certificate in bundle.certificates]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_openssl_reads_is_read_and_what_it_refuses_is_said(
    mistake: str, tmp_path: Path, ask: Ask
) -> None:
    file = tmp_path / "odd.pem"
    file.write_bytes(b"\n".join(MISTAKES[mistake]) + b"\n")
    expected = by_openssl(ask, file)
    try:
        bundle = read_bundle(read_file(file), "odd.pem")
    except RequestError as error:
        assert not expected, error
        return
    assert sorted(ders(bundle)) == expected or (not expected and bundle.notes)


def test_what_openssl_writes_is_read(tmp_path: Path, ask: Ask) -> None:
    (tmp_path / "chain.pem").write_bytes(LEAF.chain_pem)
    (tmp_path / "key.pem").write_bytes(to_pem(KEY))
    leaf = (LEAF.leaf,)

    def written(command: str) -> Bundle:
        answer = ask("openssl", *command.split(), "-out", "written", cwd=tmp_path)
        assert answer.code == 0, answer.text
        return read_bundle(read_file(tmp_path / "written"), "written")

    assert written("x509 -in chain.pem -text").certificates == leaf
    assert written("x509 -in chain.pem -trustout -addtrust serverAuth -setalias x").certificates == leaf
    assert written("x509 -in chain.pem -trustout -outform DER").certificates == leaf
    packed = written("crl2pkcs7 -nocrl -certfile chain.pem")
    assert packed.certificates == LEAF.certificates
    assert packed == written("crl2pkcs7 -nocrl -certfile chain.pem -outform DER") or packed.notes
    assert len(written("req -new -key key.pem -subj /CN=x -newhdr").requests) == 1
    for form in ("PEM", "DER"):
        assert written(f"pkey -in key.pem -outform {form}").private_key.public_key() == KEY.public_key()
        assert written(f"ec -in key.pem -outform {form}").private_key.public_key() == KEY.public_key()
    assert written("ecparam -name prime256v1 -genkey").notes == (
        "line 1: skipped, the parameters of a curve",
    )
    encrypted = ask("openssl", "ec", "-aes128", "-passout", "pass:secret", "-in", tmp_path / "key.pem").text
    key = read_bundle(encrypted[encrypted.index("-----BEGIN") :].encode(), "x", "secret").private_key
    assert key.public_key() == KEY.public_key()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (LEAF.chain_pem.replace(b"-----END CERTIFICATE-----\n", b"-----END CERTIFICATE-----", 1), "glued"),
        (LEAF.chain_pem[:-60], "cut off"),
    ],
    ids=["glued", "cut off"],
)
def test_what_is_refused_nginx_refuses_too(data: bytes, problem: str, tmp_path: Path, ask: Ask) -> None:
    with pytest.raises(RequestError, match=problem):
        read_bundle(data, "x")
    assert "bad end line" in asked_of_nginx(data, tmp_path, ask).text


def test_what_is_warned_of_alone_nginx_serves_and_verifiers_accept(tmp_path: Path, ask: Ask) -> None:
    spare = Authority.new(authority_template("spare"), KEY).certificate
    odd = certificates_pem([LEAF.leaf, ROOT.certificate, spare, MIDDLE.certificate, MIDDLE.certificate])
    port = free_port()
    (tmp_path / "root.pem").write_bytes(ROOT.certificate_pem)
    with running(nginx_with(odd, port, tmp_path), port, tmp_path):
        resolve = ["--resolve", f"localhost:{port}:127.0.0.1"]
        page = ask("curl", "-sS", "--cacert", tmp_path / "root.pem", *resolve, f"https://localhost:{port}/")
        assert page.code == 0, page.text
        gnutls = ask(
            *("gnutls-cli", "--x509cafile", tmp_path / "root.pem", "--verify-hostname", "localhost"),
            *("-p", port, "127.0.0.1"),
        )
        assert "Handshake was completed" in gnutls.text


@pytest.mark.parametrize(("length", "accepted"), [(16, True), (17, False)])
def test_gnutls_follows_sixteen_certificates(length: int, accepted: bool, tmp_path: Path, ask: Ask) -> None:
    above = ROOT
    for level in range(1, length):
        above = above.subordinate(authority_template(f"level {level}"), KEY)
    long = above.issue(Template(names=("localhost",)), KEY)
    warned = any("GnuTLS (16)" in finding.text for finding in findings_of(long.certificates))
    assert warned is not accepted
    assert in_a_handshake(long.certificates, to_pem(KEY), tmp_path, ask) is accepted


@pytest.mark.parametrize(
    ("key", "accepted"),
    [
        ("-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048", True),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1", False),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1", False),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit", False),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-521", True),
        ("-algorithm ED448", True),
    ],
)
def test_keys_that_are_errors_fail_and_those_that_are_warnings_may_work(
    key: str, accepted: bool, tmp_path: Path, ask: Ask
) -> None:
    (tmp_path / "root.pem").write_bytes(ROOT.certificate_pem)
    (tmp_path / "root.key").write_bytes(to_pem(KEY))
    (tmp_path / "ext").write_text("subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n")
    for command in (
        f"genpkey {key} -out odd.key",
        "req -new -key odd.key -subj /CN=odd -out odd.csr",
        "x509 -req -in odd.csr -CA root.pem -CAkey root.key -days 9 -extfile ext -out odd.pem",
    ):
        assert ask("openssl", *command.split(), cwd=tmp_path).code == 0
    certificates = read_bundle(read_file(tmp_path / "odd.pem"), "odd.pem").certificates
    (finding, *_) = findings_of(certificates)
    assert finding.level == ("warning" if accepted else "error"), finding
    assert in_a_handshake(certificates, (tmp_path / "odd.key").read_bytes(), tmp_path, ask) is accepted


def in_a_handshake(chain: Sequence[x509.Certificate], key: bytes, place: Path, ask: Ask) -> bool:
    """Whether GnuTLS accepts a chain that an openssl server sends."""
    port = free_port()
    (place / "root.pem").write_bytes(ROOT.certificate_pem)
    (place / "leaf.pem").write_bytes(certificates_pem(chain[:1]))
    (place / "above.pem").write_bytes(certificates_pem(chain[1:]))
    (place / "leaf.key").write_bytes(key)
    above = ["-cert_chain", "above.pem"] * (len(chain) > 1)
    server = [find("openssl"), "s_server", "-accept", str(port), "-cert", "leaf.pem", "-key", "leaf.key"]
    with running([*server, *above, "-quiet"], port, place):
        answer = ask(
            *("gnutls-cli", "--x509cafile", place / "root.pem", "--verify-hostname", "localhost"),
            *("-p", port, "127.0.0.1"),
        )
    return "Handshake was completed" in answer.text


def nginx_with(chain: bytes, port: int, into: Path) -> list[str]:
    identity = Identity(KEY, LEAF.certificates)
    (into / "chain.pem").write_bytes(chain)
    (into / "key.pem").write_bytes(to_pem(identity.private_key))
    (into / "nginx.conf").write_text(
        "daemon off; pid nginx.pid; error_log stderr; events {} http { access_log off;"
        "client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u;"
        "scgi_temp_path s;"
        f"server {{ listen 127.0.0.1:{port} ssl; ssl_certificate chain.pem; ssl_certificate_key key.pem;"
        "location / { return 200 hello; } } }"
    )
    return [find("nginx"), "-e", "stderr", "-p", str(into), "-c", str(into / "nginx.conf")]


def asked_of_nginx(chain: bytes, into: Path, ask: Ask) -> Answer:
    """Whether nginx accepts the chain: ``nginx -t``."""
    _, *arguments = nginx_with(chain, 1, into)
    return ask("nginx", *arguments, "-t")
