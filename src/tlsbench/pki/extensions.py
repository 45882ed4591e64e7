"""Reading extensions of certificates that may be anything: absent, malformed, or of an unknown kind."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

#: What cryptography raises, when they are looked at, for parts of a certificate that are not what they should
#: be: it parses most of them late.
UNREADABLE: Final = (
    ValueError,
    TypeError,
    KeyError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


def extension(
    certificate: x509.Certificate | x509.CertificateSigningRequest, kind: type[_Extension]
) -> _Extension | None:
    """The value of an extension; None if there is none, or it cannot be read."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return None


@contextmanager
def lenient() -> Iterator[None]:
    """Look at certificates that break rules without a word: they are to be shown, not hidden.

    cryptography warns of negative serial numbers, of names that are too long, and of more.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
