"""Find which certificate issued which: the chain from a leaf upwards, whatever order they are in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography import x509

from tlsbench.pki.authority import is_authority, issued_by

#: Certificates with the same subject that are tried as issuers: no file may take forever.
_MOST_TRIED = 8


def chain_of(certificates: Sequence[x509.Certificate], at: datetime | None = None) -> tuple[int, ...]:
    """The positions of a leaf and of the certificates above it, each the issuer of the one before.

    The leaf is the first that is not an authority's, or else the first of all. Of several issuers, one valid
    at ``at`` is preferred, then one that is an authority, as verifiers do (RFC 4158 section 3.2).
    """
    if not certificates:
        return ()
    at = at or datetime.now(UTC)
    by_subject = defaultdict(list)
    for position, certificate in enumerate(certificates):
        by_subject[certificate.subject.public_bytes()].append(position)

    def rank(position: int) -> tuple[bool, bool]:
        certificate = certificates[position]
        holds = certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc
        return not holds, not is_authority(certificate)

    chain = [next((place for place, one in enumerate(certificates) if not is_authority(one)), 0)]
    while True:
        last = certificates[chain[-1]]
        if last.subject == last.issuer and issued_by(last, last):
            return tuple(chain)
        named = [place for place in by_subject[last.issuer.public_bytes()] if place not in chain]
        tried = sorted(named[:_MOST_TRIED], key=rank)
        above = next((place for place in tried if issued_by(last, certificates[place])), None)
        if above is None:
            return tuple(chain)
        chain.append(above)


def are_roots(certificates: Sequence[x509.Certificate]) -> bool:
    """Whether they are a set of trusted roots, as of a system or browser, rather than a chain to send.

    There are several; the first and most of the others are self-issued, and the rest are authorities'.
    """
    own = [certificate.subject == certificate.issuer for certificate in certificates]
    return (
        len(own) > 1
        and own[0]
        and sum(own) * 2 > len(own)
        and all(mine or is_authority(one) for mine, one in zip(own, certificates, strict=True))
    )
