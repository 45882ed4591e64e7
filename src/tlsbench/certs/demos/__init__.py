"""Demos: real handshakes on loopback, every step explained and every outcome asserted.

Each is a module with a function ``demo(stage)``; the folder ``certs/`` at the top of the repository shows the
same files as scripts.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Final

from tlsbench.certs.demos.stage import Stage
from tlsbench.errors import unknown

#: Every demo and what it shows, in the order of the guided tour.
DEMOS: Final = {
    "chain": "root, intermediate, leaf: what a server sends and what a client must have",
    "mutual-tls": "the server requires client certificates, and identifies its clients by them",
    "wrong-host": "a good certificate for another name",
    "expired": "a certificate that has expired",
    "not-yet-valid": "a certificate that is not valid yet, or a client whose clock is slow",
    "untrusted-root": "a chain that ends at a root that the client does not trust",
    "missing-intermediate": "a server that forgets to send its intermediate",
    "self-signed": "a certificate that no authority signed",
    "revoked-crl": "a certificate that is on its issuer's revocation list (CRL)",
    "revoked-ocsp-stapled": "a server that staples an OCSP response: its certificate is revoked",
    "must-staple": "a certificate that clients accept only with a stapled OCSP response",
    "pinning": "a client that accepts only keys that it knows",
    "name-constraints": "an authority that may issue only for certain names",
    "weak-key": "a key that is too short",
    "post-quantum": "ML-DSA certificates and a hybrid key exchange, and a client that knows neither",
    "replay": "a 0-RTT request that is captured and sent again, and what stops that",
    "renewal": "a new certificate in a running server, without dropping a connection",
    "acme-shape": "from a signing request to an installed certificate, as an ACME client does it",
}


def load(name: str) -> Callable[[Stage], None]:
    """The demo with that name.

    :raises RequestError: if there is no such demo.
    """
    if name not in DEMOS:
        raise unknown("demo", name, (*DEMOS, "all"))
    demo: Callable[[Stage], None] = import_module(f"{__name__}.{name.replace('-', '_')}").demo
    return demo
