"""A PKI as a user requests it: the plan, and the whole PKI made from it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from cryptography import x509

from tlsbench.errors import RequestError, unknown
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
from tlsbench.pki.engine_keys import ENGINE_KEY_TYPES, WITHOUT_SIGNATURE_SCHEME
from tlsbench.pki.names import general_name
from tlsbench.scenarios.keys import BY_NAME

#: The longest validity of leaves.
_MOST_DAYS = 3650
#: Authorities outlive the certificates that they issue.
_AUTHORITY_DAYS = 3650.0
#: How long the CRL and the OCSP response in a folder are valid: they cannot be fetched again.
STATUS_DAYS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PkiPlan:
    """What PKI to make.

    :param names: the server's names, see :func:`tlsbench.pki.names.general_name`.
    :param client: the name in the client's certificate.
    :param key: the key type of the leaves; ``intermediate_key`` and ``root_key``, those of the certificates
        above, the same if empty.
    :param chain_length: certificates that the server sends, 1 to 5.
    :param days: how long the leaves are valid.
    :param must_staple: whether the server's certificate needs a stapled OCSP response.
    """

    names: tuple[str, ...] = ("localhost", "127.0.0.1", "::1")
    client: str = "client.tlsbench.test"
    key: str = "ecdsa-secp256r1"
    intermediate_key: str = ""
    root_key: str = ""
    chain_length: int = 2
    days: float = 90.0
    must_staple: bool = False

    def check(self) -> None:
        """Refuse in advance a plan that cannot be carried out.

        :raises RequestError: if a key type, the length, the time or a name is invalid or unsuitable.
        """
        for key in (self.key, self.intermediate_key, self.root_key):
            if key and key not in BY_NAME:
                raise unknown("key type", key, BY_NAME)
        if not 1 <= self.chain_length <= 5:
            raise RequestError(f"--chain-length {self.chain_length}: valid is 1 to 5 certificates")
        if not (math.isfinite(self.days) and 0 < self.days <= _MOST_DAYS):
            raise RequestError(f"--days {self.days:g}: valid is more than 0 and up to {_MOST_DAYS}")
        if self.key in WITHOUT_SIGNATURE_SCHEME:
            raise RequestError(f"--key {self.key}: no library signs handshakes with it; use it as --root-key")
        issuer = self.intermediate_key or self.key if self.chain_length > 1 else self.root_key or self.key
        if issuer in ENGINE_KEY_TYPES:
            raise RequestError(
                f"an issuer with a key of {issuer} signs no CRL or OCSP response here: give it another by "
                f"{'--intermediate-key' if self.chain_length > 1 else '--root-key'}"
            )
        if self.intermediate_key and self.chain_length == 1:
            raise RequestError("--intermediate-key: a chain of one certificate has no intermediate")
        for name in (*self.names, self.client):
            general_name(name)


#: The named kinds of PKI: for each, a description and the fields of a plan that differ from the defaults.
PROFILES: Final[dict[str, tuple[str, dict[str, object]]]] = {
    "modern": ("P-256 throughout, an intermediate, 90 days: what public authorities issue", {}),
    "legacy": ("RSA-2048 throughout, for peers that know nothing else", {"key": "rsa-2048"}),
    "short-lived": ("leaves that are valid for six days, and need no revocation", {"days": 6.0}),
    "must-staple": ("a server that must staple an OCSP response", {"must_staple": True}),
    "post-quantum": ("ML-DSA-65 throughout (FIPS 204)", {"key": "ml-dsa-65"}),
    "hash-based": (
        "an SLH-DSA root over P-256 (FIPS 205): it rests only on a hash, and its signatures are long",
        {"root_key": "slh-dsa-sha2-128s"},
    ),
    "mixed": (
        "an ML-DSA-65 root over P-256: trust that lasts, handshakes that stay small",
        {"root_key": "ml-dsa-65"},
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pki:
    """A whole PKI.

    :param authorities: the root, then each intermediate down to the issuer of the leaves.
    """

    authorities: tuple[Authority, ...]
    server: Identity
    client: Identity

    @property
    def root(self) -> Authority:
        """The authority that everybody trusts."""
        return self.authorities[0]

    @property
    def issuer(self) -> Authority:
        """The authority that issued to server and client."""
        return self.authorities[-1]

    def crls(self) -> tuple[x509.CertificateRevocationList, ...]:
        """An empty CRL of each authority that can sign one, the leaves' issuer first."""
        validity = Validity.days(STATUS_DAYS)
        return tuple(
            revocation_list(authority, validity=validity)
            for authority in reversed(self.authorities)
            if authority.key_type not in ENGINE_KEY_TYPES
        )

    def staple(self) -> bytes:
        """An OCSP response with status good for the server's certificate, in DER."""
        return ocsp_response(self.issuer, self.server.leaf, validity=Validity.days(STATUS_DAYS))


def make(plan: PkiPlan) -> Pki:
    """The PKI of a plan, with new keys throughout.

    :raises RequestError: if a name is invalid.
    """
    # Not with trustme, whose roots have random names and are valid until the year 3000.
    lifetime = Validity.days(_AUTHORITY_DAYS)
    root = authority_template("tlsbench root", validity=lifetime)
    authorities = [Authority.new(root, new_key(plan.root_key or plan.key))]
    for level in range(1, plan.chain_length):
        template = authority_template(f"tlsbench intermediate {level}", validity=lifetime)
        authorities.append(authorities[-1].subordinate(template, new_key(plan.intermediate_key or plan.key)))
    validity = Validity.days(plan.days)
    server = Template(names=plan.names, validity=validity, must_staple=plan.must_staple)
    client = Template(names=(plan.client,), usages=("client",), validity=validity)
    return Pki(
        authorities=tuple(authorities),
        server=authorities[-1].issue(server, new_key(plan.key)),
        client=authorities[-1].issue(client, new_key(plan.key)),
    )
