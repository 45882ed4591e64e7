"""Read certificate extensions that may be absent, malformed or of an unknown kind."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

#: What cryptography raises when a malformed part of a certificate is accessed: it parses most parts late.
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
    """The value of an extension; None if it is absent or unreadable."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return None


@contextmanager
def lenient() -> Iterator[None]:
    """Read certificates that break rules without warnings: they should be shown, not hidden.

    cryptography warns of negative serial numbers, names that are too long, and more.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
