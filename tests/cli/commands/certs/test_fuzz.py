"""``tlsbench certs show`` and ``verify`` on files that are broken in their text or in what they encode."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.pki.test_pem_as_openssl import files

from tlsbench.cli.commands.certs.show import command as show
from tlsbench.cli.commands.certs.verify import command as verify
from tlsbench.errors import TlsbenchError
from tlsbench.pki import ocsp_response, peers, revocation_list, signing_request
from tlsbench.pki.pem import Block

WHO = peers("ecdsa-secp256r1", 3)
KEY = WHO.server.private_key
#: By label; some labels say too little, so these are tried only as they are.
DERS = {
    "CERTIFICATE": [
        *(one.public_bytes(Encoding.DER) for one in WHO.server.certificates),
        peers("rsa-2048").server.leaf_der,
        peers("ml-dsa-44").server.leaf_der,
    ],
    "PRIVATE KEY": [KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())],
    "EC PRIVATE KEY": [KEY.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())],
    "ENCRYPTED PRIVATE KEY": [
        KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    ],
    "X509 CRL": [revocation_list(WHO.root).public_bytes(Encoding.DER)],
    "CERTIFICATE REQUEST": [signing_request(KEY, ["localhost"]).public_bytes(Encoding.DER)],
    "PKCS7": [pkcs7.serialize_certificates(list(WHO.server.certificates), Encoding.DER)],
    "OCSP": [ocsp_response(WHO.issuer, WHO.server.leaf)],
    "PKCS12": [WHO.server.pkcs12("secret"), WHO.server.pkcs12("")],
}
#: Replacements for a byte of DER: tags, lengths, ends of ranges.
BYTES = st.one_of(
    st.sampled_from(
        [0, 1, 2, 3, 5, 6, 0x0C, 0x13, 0x17, 0x18, 0x1E, 0x30, 0x31, 0x7F, 0x80, 0x81, 0x84, 0xA0, 0xFF]
    ),
    st.integers(0, 255),
)


@st.composite
def encoded(draw: st.DrawFn) -> bytes:
    """Several objects in PEM, or one in DER, with some of their bytes changed, missing or doubled."""
    blocks = []
    for _ in range(draw(st.integers(1, 3))):
        label = draw(st.sampled_from(list(DERS)))
        der = bytearray(draw(st.sampled_from(DERS[label])))
        for _ in range(draw(st.integers(0, 3))):
            at = draw(st.integers(0, len(der) - 1))
            cut = draw(st.sampled_from([1, 1, 1, 1, 0, 2, len(der)]))
            der[at : at + cut] = bytes(draw(st.lists(BYTES, min_size=0 if cut > 1 else 1, max_size=2)))
            if not der:
                break
        blocks.append(Block(label, 1, b"", bytes(der)))
    return blocks[0].data if draw(st.booleans()) else b"".join(block.to_pem() for block in blocks)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("fuzz")
    (place / "root.pem").write_bytes(WHO.root.certificate_pem)
    (place / "chain.pem").write_bytes(WHO.server.chain_pem)
    return place


def outcome(command: Callable[[], int | None]) -> int:
    """The exit code, with the line on stderr, as in tlsbench.cli.app."""
    try:
        return command() or 0
    except TlsbenchError as error:
        print(f"tlsbench: {error}", file=sys.stderr)
        return error.exit_code


def question(folder: Path, **more: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "chain": folder / "chain.pem",
        "root": [folder / "root.pem"],
        "host": "localhost",
    }
    return {**usual, **more}


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(encoded(), encoded(), files(), st.binary(max_size=99)), st.sampled_from([None, "secret"]))
def test_whatever_a_file_holds_it_is_shown_and_judged_or_refused_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], data: bytes, password: str | None
) -> None:
    odd = folder / "odd"
    odd.write_bytes(data)
    commands: list[tuple[tuple[int, ...], Callable[[], int | None]]] = [
        ((0, 2), partial(show, target=str(odd), password=password)),
        ((0, 2), partial(show, target=str(odd), password=password, as_json=True)),
        *(
            ((0, 1, 2), partial(verify, **question(folder, **more)))
            for more in ({"chain": odd, "password": password}, {"root": [odd]}, {"crl": [odd]})
        ),
    ]
    for codes, command in commands:
        capsys.readouterr()
        code = outcome(command)
        captured = capsys.readouterr()
        assert code in codes
        assert all(line.startswith("tlsbench: ") for line in captured.err.splitlines()), captured.err
        said = [line for line in captured.err.splitlines() if not line.startswith("tlsbench: note: ")]
        assert (len(said), bool(captured.out)) == ((1, False) if code == 2 else (0, True)), captured
