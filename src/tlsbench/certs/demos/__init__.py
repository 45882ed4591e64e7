"""Demos: real handshakes on loopback, every step told and every outcome asserted.

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
    "mutual-tls": "the server asks for a certificate too, and knows its clients by it",
    "wrong-host": "a good certificate for another name",
    "expired": "a certificate whose time is over",
    "not-yet-valid": "a certificate whose time has not come, or a client whose clock is behind",
    "untrusted-root": "a chain that ends at a root that the client does not have",
    "missing-intermediate": "a server that forgets to send its intermediate",
    "self-signed": "a certificate that nobody vouches for",
    "revoked-crl": "a certificate that its issuer has put on a revocation list",
    "revoked-ocsp-stapled": "a server that staples the news of its own revocation",
    "must-staple": "a certificate that may be shown with a stapled OCSP response only",
    "pinning": "a client that knows the key which it expects",
    "name-constraints": "an authority that may issue for some names only",
    "weak-key": "a key that is too short",
    "post-quantum": "ML-DSA certificates and a hybrid key exchange, and a client that knows neither",
    "replay": "an early request (0-RTT) that somebody sends again, and what stops it",
    "renewal": "a new certificate in a running server, without dropping a connection",
    "acme-shape": "from a signing request to a certificate in use, as an ACME client does it",
}


def load(name: str) -> Callable[[Stage], None]:
    """The demo of that name.

    :raises RequestError: if there is none.
    """
    if name not in DEMOS:
        raise unknown("demo", name, (*DEMOS, "all"))
    demo: Callable[[Stage], None] = import_module(f"{__name__}.{name.replace('-', '_')}").demo
    return demo
