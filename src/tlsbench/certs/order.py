"""Findings on a file's selection of certificates and their order, and which peers object to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tlsbench.pki.authority import is_authority
from tlsbench.pki.names import short_name

#: How many certificates verifiers follow, not counting the root: each tried with chains one longer.
_LONGEST: Final = ((7, "rustls"), (9, "the cryptography package"), (16, "GnuTLS"))
#: OpenSSL's verification depth of 100, plus the leaf: BoringSSL and programs built on either follow no more.
_LONGEST_OF_ALL = 101
#: The largest Certificate message that OpenSSL reads (``SSL_MAX_CERT_LIST_DEFAULT``).
_MOST_BYTES = 100 << 10
#: The lengths of each certificate and of its extensions in that message (RFC 8446 section 4.4.2).
_BYTES_BESIDE = 5


@dataclass(frozen=True, slots=True)
class CertificateFinding:
    """A finding: an ``"error"`` makes peers refuse the chain, a ``"warning"`` may do so, or soon will.

    ``position`` counts the certificates from 0, the first in the file.
    """

    level: str
    position: int
    text: str


def findings_of_order(chain: Sequence[x509.Certificate], path: Sequence[int]) -> Iterator[CertificateFinding]:
    """Findings on a chain as a whole, rather than on its single certificates.

    :param path: the result of :func:`tlsbench.pki.chains.chain_of` for them.
    """
    yield from _order(chain, path)
    yield from _extras(chain, path)
    yield from _issuers(chain, path)
    yield from _top(chain, path)
    yield from _length(chain, path)


def names_itself(certificate: x509.Certificate) -> bool:
    """Whether a certificate's issuer is its own subject, as in a root."""
    return certificate.subject == certificate.issuer


def _order(chain: Sequence[x509.Certificate], path: Sequence[int]) -> Iterator[CertificateFinding]:
    if path[0] != 0:
        text = f"it comes before '{short_name(chain[path[0]])}': a server shows the first as its own"
        yield CertificateFinding("error", 0, text)
    for below, above in pairwise(path):
        if above < below:
            text = (
                f"it comes before '{short_name(chain[below])}', which it issued: most peers correct the order"
            )
            yield CertificateFinding("warning", above, text)


def _extras(chain: Sequence[x509.Certificate], path: Sequence[int]) -> Iterator[CertificateFinding]:
    first: dict[bytes, int] = {}
    for position, certificate in enumerate(chain):
        der = certificate.public_bytes(Encoding.DER)
        same = first.setdefault(der, position)
        if same != position:
            yield CertificateFinding(
                "warning", position, f"it is certificate {same} again: {len(der)} bytes for nothing"
            )
        elif position not in path:
            text = (
                f"the chain of '{short_name(chain[path[0]])}' does not need it: {len(der)} bytes for nothing"
            )
            yield CertificateFinding("warning", position, text)


def _issuers(chain: Sequence[x509.Certificate], path: Sequence[int]) -> Iterator[CertificateFinding]:
    for below, above in pairwise(path):
        if not is_authority(chain[above]):
            yield CertificateFinding(
                "error", above, f"it is not an authority, but certificate {below} is signed by its key"
            )
    last = chain[path[-1]]
    namesakes = [place for place, one in enumerate(chain) if one.subject == last.issuer and place not in path]
    if namesakes and not names_itself(last):
        name = short_name(chain[namesakes[0]])
        text = f"it names '{name}' as issuer, but is not signed by the key of certificate {namesakes[0]}"
        yield CertificateFinding("error", path[-1], text)


def _top(chain: Sequence[x509.Certificate], path: Sequence[int]) -> Iterator[CertificateFinding]:
    last = chain[path[-1]]
    if names_itself(last) and len(path) > 1:
        size = len(last.public_bytes(Encoding.DER))
        yield CertificateFinding("warning", path[-1], f"the root need not be sent: {size} bytes for nothing")
    elif names_itself(last) and not is_authority(last):
        text = "it is self-signed: only clients that were given this very certificate trust it"
        yield CertificateFinding("warning", path[-1], text)
    elif len(path) == 1 and not is_authority(last):
        name = last.issuer.rfc4514_string()
        yield CertificateFinding(
            "warning", path[-1], f"its issuer '{name}' is not here: a root, or an intermediate is missing"
        )


def _length(chain: Sequence[x509.Certificate], path: Sequence[int]) -> Iterator[CertificateFinding]:
    length = len(path) - (len(path) > 1 and names_itself(chain[path[-1]]))
    if length > _LONGEST_OF_ALL:
        text = f"a chain of {length} certificates: OpenSSL and BoringSSL follow at most {_LONGEST_OF_ALL}"
        yield CertificateFinding("error", path[0], text)
    elif refusing := [f"{who} ({longest})" for longest, who in _LONGEST if length > longest]:
        text = f"a chain of {length} certificates, too long for {', '.join(refusing)}"
        yield CertificateFinding("warning", path[0], text)
    size = sum(len(one.public_bytes(Encoding.DER)) + _BYTES_BESIDE for one in chain)
    if size > _MOST_BYTES:
        text = f"{len(chain)} certificates of {size:,} bytes: OpenSSL reads at most {_MOST_BYTES:,}"
        yield CertificateFinding("error", path[0], text)
