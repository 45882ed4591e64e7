"""Subject alternative names (RFC 5280 section 4.2.1.6), as people write them and as X.509 holds them."""

from __future__ import annotations

import ipaddress
import re

from cryptography import x509

from tlsbench.errors import RequestError
from tlsbench.pki.extensions import extension

#: One label of a host name: letters, digits, hyphens inside (RFC 1123 section 2.1), underscores tolerated.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*", re.IGNORECASE | re.ASCII)
_MOST_HOST_CHARACTERS = 253
_URI = re.compile(r"[a-z][a-z0-9+.-]*://[!-~]+", re.IGNORECASE | re.ASCII)
_VALID = "valid are a DNS name, *.example.test, an IP address or a URI such as spiffe://test/api"


def general_name(text: str) -> x509.GeneralName:
    """A name from its text: ``localhost``, ``*.example.test``, ``127.0.0.1``, ``::1``, ``spiffe://test/api``.

    An internationalised name is given in its ASCII form (``xn--…``, RFC 5890).

    :raises RequestError: if it is none of these.
    """
    text = text.strip()
    if not text.isascii():
        raise RequestError(f"'{text}' is not ASCII: {_VALID}; write an internationalised name as xn--…")
    try:
        if "%" not in text:  # the scope of a link-local address, which a certificate cannot hold
            return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        pass
    if _URI.fullmatch(text):
        return x509.UniformResourceIdentifier(text)
    all_digits = text.rpartition(".")[2].isdigit()  # 1.2.3.256 is a mistake, not a host
    if _HOST.fullmatch(text) and len(text) <= _MOST_HOST_CHARACTERS and not all_digits:
        return x509.DNSName(text.lower())
    raise RequestError(f"'{text}' is not a name for a certificate: {_VALID}")


def constraint(text: str) -> x509.GeneralName:
    """The names that a name constraint permits or excludes (RFC 5280 section 4.2.1.10).

    A DNS name covers itself and all names below it, a network such as ``10.0.0.0/8`` its addresses.

    :raises RequestError: if it is neither.
    """
    if "/" in text and "://" not in text:
        try:
            return x509.IPAddress(ipaddress.ip_network(text.strip()))
        except ValueError as error:
            raise RequestError(f"'{text}' is not a network for a name constraint: {error}") from error
    name = general_name(text)
    if isinstance(name, x509.DNSName) and not name.value.startswith("*"):
        return name
    raise RequestError(
        f"'{text}' is not a name constraint: valid are a DNS name such as example.test and a network such as "
        "10.0.0.0/8"
    )


def name_text(name: x509.GeneralName) -> str:
    """The text of a name, as :func:`general_name` takes it; RFC 4514 or a dotted OID for other kinds."""
    if isinstance(name, x509.DirectoryName):
        return name.value.rfc4514_string()
    if isinstance(name, x509.RegisteredID):
        return name.value.dotted_string
    return str(name.value)


def short_name(certificate: x509.Certificate) -> str:
    """A short name for a certificate's holder: the common name, or the first other name, or the subject."""
    common_names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    if common_names:
        return str(common_names[0].value)
    names = extension(certificate, x509.SubjectAlternativeName) or ()
    return next((name_text(name) for name in names), certificate.subject.rfc4514_string() or "nobody")
