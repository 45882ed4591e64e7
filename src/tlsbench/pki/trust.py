"""Trust stores of a given size: one root, as in a test, or a hundred and fifty, as in a browser."""

from __future__ import annotations

import hashlib
import tempfile
from functools import cache
from pathlib import Path

from cryptography import x509

from tlsbench.interrupts import held
from tlsbench.pki.authority import Authority
from tlsbench.pki.identity import certificates_pem
from tlsbench.pki.keys import private_key
from tlsbench.pki.template import authority_template

#: How many of the 144 roots in Debian 12's ca-certificates 20230311 have each key type.
_BROWSER_MIX = {"rsa-4096": 62, "rsa-2048": 47, "ecdsa-secp384r1": 31, "ecdsa-secp256r1": 4}


@cache
def stranger_roots(count: int) -> tuple[x509.Certificate, ...]:
    """``count`` self-signed roots that issue nothing, with the mix of key types in a browser's store.

    Roots of one key type share a key, since making 62 RSA-4096 keys takes long; to a library that
    loads them they are as different as their names.
    """
    total = sum(_BROWSER_MIX.values())
    types = [key_type for key_type, share in _BROWSER_MIX.items() for _ in range(share)]
    return tuple(
        Authority.new(
            authority_template(f"tlsbench stranger {number}"),
            private_key(types[number * total // max(count, total) % total], "stranger"),
        ).certificate
        for number in range(count)
    )


@cache
def trust_file(roots: tuple[x509.Certificate, ...]) -> Path:
    """A PEM file with these roots, kept for the life of the process."""
    pem = certificates_pem(roots)
    path = Path(_folder().name) / f"roots-{hashlib.sha256(pem).hexdigest()[:16]}.pem"
    path.write_bytes(pem)
    return path


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    with held():
        return tempfile.TemporaryDirectory(prefix="tlsbench-trust-")
