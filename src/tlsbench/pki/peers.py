"""The peers of a scenario: the process's own PKI, made once for each kind of chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from cryptography import x509

from tlsbench.pki.authority import Authority, root_authority
from tlsbench.pki.identity import Identity, certificates_pem
from tlsbench.pki.keys import from_pem, private_key, to_pem
from tlsbench.pki.template import Template, authority_template
from tlsbench.pki.trust import stranger_roots
from tlsbench.scenarios import Scenario
from tlsbench.scenarios.chains import ANCHORED, is_suppressed

#: The name that server certificates are issued for, and that clients request and check.
SERVER_NAME = "localhost"
#: The name in client certificates.
CLIENT_NAME = "client.tlsbench.test"


@dataclass(frozen=True, slots=True)
class Peers:
    """The server, the client, the root that both trust, and the authority that issued to both.

    The issuer is the root itself if a chain has one certificate. ``strangers`` are further roots that the
    client trusts and that issued none of these certificates; ``known`` are the intermediates that it has
    beforehand but does not trust.
    """

    root: Authority
    issuer: Authority
    server: Identity
    client: Identity
    strangers: tuple[x509.Certificate, ...] = ()
    known: tuple[x509.Certificate, ...] = ()

    @property
    def store(self) -> tuple[x509.Certificate, ...]:
        """All the certificates that the client has beforehand, the root last."""
        return (*self.strangers, *self.known, self.root.certificate)

    def to_pem(self) -> dict[str, str]:
        """Everything as PEM, private keys included, to hand over to another process of our own."""
        holders = (
            ("root", self.root.private_key, (self.root.certificate,)),
            ("issuer", self.issuer.private_key, (self.issuer.certificate, *self.issuer.chain[1:])),
            ("server", self.server.private_key, self.server.certificates),
            ("client", self.client.private_key, self.client.certificates),
        )
        pems = {name: to_pem(key) + certificates_pem(chain) for name, key, chain in holders}
        pems["strangers"] = certificates_pem(self.strangers)
        pems["known"] = certificates_pem(self.known)
        return {name: pem.decode("ascii") for name, pem in pems.items()}

    @classmethod
    def from_pem(cls, pems: Mapping[str, str]) -> Peers:
        """The peers that :meth:`to_pem` wrote."""
        chains = {
            name: tuple(x509.load_pem_x509_certificates(pem.encode("ascii"))) if pem else ()
            for name, pem in pems.items()
        }
        strangers, known = chains.pop("strangers"), chains.pop("known")
        keys = {name: from_pem(pems[name].encode("ascii")) for name in chains}
        root = Authority(chains["root"][0], keys["root"])
        issuer = chains["issuer"]
        return cls(
            root=root,
            issuer=root if issuer[0] == root.certificate else Authority(issuer[0], keys["issuer"], issuer),
            server=Identity(keys["server"], chains["server"]),
            client=Identity(keys["client"], chains["client"]),
            strangers=strangers,
            known=known,
        )


def peers_for(scenario: Scenario) -> Peers:
    """The peers of a scenario that has certificates."""
    intermediate_key, root_key = (
        "" if key == "same" else key for key in (scenario.intermediate_key, scenario.root_key)
    )
    met = peers(scenario.key, scenario.chain_length or 1, intermediate_key, root_key)
    if is_suppressed(scenario):
        met = _suppressed(met, is_anchored=scenario.chain_sent == ANCHORED)
    if scenario.trust in ("", "memory"):
        return met
    return replace(met, strangers=stranger_roots(int(scenario.trust) - 1))


def _suppressed(met: Peers, *, is_anchored: bool) -> Peers:
    """The same peers, with a server that sends only its leaf and a client that has the rest already."""
    issuer = met.issuer
    server = replace(met.server, certificates=met.server.certificates[:1])
    if is_anchored:
        return replace(met, server=server, root=replace(issuer, chain=()))
    return replace(met, server=server, known=issuer.chain)


@cache
def peers(key: str, chain_length: int = 1, intermediate_key: str = "", root_key: str = "") -> Peers:
    """The peers whose certificates have these key types; made once per process.

    :param key: a name of :mod:`tlsbench.scenarios.keys`: the leaves' key type.
    :param chain_length: certificates in each side's chain, 1 to 5: the leaf and its intermediates.
    :param intermediate_key: the intermediates' key type; the leaves' if empty.
    :param root_key: the key type of the root, which signs the certificate below it; the leaves' if empty.
    """
    if not 1 <= chain_length <= 5:
        raise ValueError(f"a chain has 1 to 5 certificates, not {chain_length}")
    issuer = root = root_authority(root_key or key)
    for level in range(1, chain_length):
        name = f"intermediate {level}"
        issuer = issuer.subordinate(
            authority_template(f"tlsbench {name}"), private_key(intermediate_key or key, name)
        )
    return Peers(
        root=root,
        issuer=issuer,
        server=issuer.issue(Template(names=(SERVER_NAME,)), private_key(key, "server")),
        client=issuer.issue(Template(names=(CLIENT_NAME,), usages=("client",)), private_key(key, "client")),
    )
