from __future__ import annotations

from pathlib import Path

import pytest

from tlsbench.certs.looking import bundle_with, look
from tlsbench.errors import RequestError
from tlsbench.pki.peers import peers

WHO = peers("ecdsa-secp256r1", 2)


def test_a_file_is_a_chain_with_facts_and_no_findings(tmp_path: Path) -> None:
    path = tmp_path / "chain.pem"
    path.write_bytes(WHO.server.chain_pem)
    seen = look(str(path))
    assert (seen.target, seen.bundle.encoding, seen.are_roots) == (str(path), "PEM", False)
    assert [one.is_authority for one in seen.facts] == [False, True]
    assert not [finding for finding in seen.findings if finding.level == "error"]


def test_what_a_file_lacks_is_told_with_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "root.pem"
    path.write_bytes(WHO.root.certificate_pem)
    assert len(bundle_with(path, "certificates").certificates) == 1
    with pytest.raises(RequestError, match=r"root\.pem holds no CRL: it has a certificate"):
        bundle_with(path, "crls")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("192.0.2.1:443", "192.0.2.1 is not this machine: only servers on loopback are inspected"),
        ("127.0.0.1:70000", "port 70000 is not valid"),
        ("no-such-file.pem", "no-such-file.pem"),
    ],
)
def test_what_cannot_be_looked_at_is_refused(target: str, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        look(target)
