"""Files that are mistaken for certificates: what each is, and what to do with it."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tlsbench.pki.extensions import UNREADABLE

_READ: Final = (
    "certificates, keys, CRLs, requests and OCSP responses in PEM, DER, PKCS #7 or PKCS #12 are read"
)
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/\s]+={0,2}\s*")
#: What such files begin with.
_BEGINNINGS: Final = (
    ((b"\xff\xfe", b"\xfe\xff"), "is text in UTF-16: save it as UTF-8"),
    (
        (b"\xfe\xed\xfe\xed",),
        "is a Java keystore: 'keytool -importkeystore' makes PKCS #12 of it",
    ),
    ((b"ssh-", b"ecdsa-sha2-", b"sk-ssh-"), "is a public key of OpenSSH, not a certificate for TLS"),
    ((b"PuTTY-User-Key-File",), "is a key of PuTTY, not a certificate for TLS"),
    ((b"PK\x03\x04", b"\x1f\x8b"), "is an archive: unpack it"),
    ((b"<",), "is HTML or XML, not a certificate"),
)
#: PEM blocks that TLS does not use, or that are not used here, by label.
_MEANINGS: Final = {
    "PUBLIC KEY": "a public key",
    "RSA PUBLIC KEY": "a public key",
    "OPENSSH PRIVATE KEY": "a private key of OpenSSH: 'ssh-keygen -p -m PKCS8' converts it",
    "SSH2 PUBLIC KEY": "a public key of OpenSSH",
    "EC PARAMETERS": "the parameters of a curve",
    "DH PARAMETERS": "parameters of Diffie-Hellman",
    "X9.42 DH PARAMETERS": "parameters of Diffie-Hellman",
    "DSA PARAMETERS": "parameters of DSA",
    "SSL SESSION PARAMETERS": "a TLS session",
    "ATTRIBUTE CERTIFICATE": "an attribute certificate (RFC 5755), which TLS does not use",
}


def meaning_of(label: str) -> str:
    """A description of the PEM blocks with that label, which are not used here."""
    return _MEANINGS.get(label, f"a block of a kind not known here, '{label}'")


def what_it_is(data: bytes) -> str:
    """What to say, after the file's name, of a file with nothing to read in it."""
    if not data.strip():
        return "is empty: it has no private key, and no certificate, CRL, request or OCSP response"
    beginning = data.lstrip()
    for beginnings, meaning in _BEGINNINGS:
        if beginning.startswith(beginnings):
            return meaning
    if b"-\0-\0" in data or b"\0-\0-" in data:
        return "is text in UTF-16: save it as UTF-8"
    try:
        load_der_public_key(data)
    except UNREADABLE:
        pass
    else:
        return "is a public key: it has no certificate"
    if _BASE64.fullmatch(data) and _is_der(data):
        return "is base64 without the lines BEGIN and END around it"
    return "has no certificate, CRL, request or OCSP response in PEM or DER, and is no PKCS #7 or #12"


def _is_der(text: bytes) -> bool:
    try:
        der = base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error:
        return False
    if der[:2] == b"\x30\x80":
        return True
    try:
        x509.load_der_x509_certificate(der)
    except UNREADABLE:
        return der[:1] == b"\x30" and len(der) > 64
    return True
