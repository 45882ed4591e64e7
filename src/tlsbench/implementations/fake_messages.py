"""The messages of ``fake``: in the shape of TLS, with nothing in them that was computed."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tlsbench.protocol import finite_fields
from tlsbench.protocol import messages as tls
from tlsbench.protocol.extensions import (
    EARLY_DATA,
    KEY_SHARE,
    PRE_SHARED_KEY,
    SESSION_TICKET,
    SUPPORTED_VERSIONS,
)
from tlsbench.scenarios import Scenario, ciphers, groups
from tlsbench.scenarios.groups import NO_GROUP, PRIMES

_HEADER_BYTES = tls.RECORD_HEADER_BYTES
_RANDOM = bytes(range(32))
FINISHED = bytes(36)
#: Precedes a Finished of TLS 1.2.
CHANGE_CIPHER_SPEC = bytes((20, 3, 3, 0, 1, 1))
#: Where a ClientHello record has its session id: after the headers, version, random and length.
SESSION_ID_AT = _HEADER_BYTES + 4 + 2 + 32 + 1
#: A full flight has this much padding instead of a leaf, and more for intermediates; a resumed one has none.
FULL_ANSWER_BYTES = 600


def _bytes_of(certificates: tuple[x509.Certificate, ...]) -> int:
    """The size of certificates, in whole message headers: TLS 1.2 readers take padding for empty messages."""
    size_bytes = sum(len(certificate.public_bytes(Encoding.DER)) for certificate in certificates)
    return size_bytes + -size_bytes % 4


def _vector(width: int, data: bytes) -> bytes:
    return len(data).to_bytes(width, "big") + data


def record(content_type: int, fragment: bytes) -> bytes:
    """A record."""
    return bytes((content_type, 3, 3)) + _vector(2, fragment)


def records(data: bytes) -> bytes:
    """Application data in as many records as it takes."""
    return b"".join(
        record(tls.APPLICATION_DATA, data[at : at + tls.RECORD_BYTES])
        for at in range(0, len(data), tls.RECORD_BYTES)
    )


def payload(data: bytes) -> bytes:
    """The contents of records."""
    fragments, at = [], 0
    while at < len(data):
        end = at + _HEADER_BYTES + int.from_bytes(data[at + 3 : at + 5], "big")
        fragments.append(data[at + _HEADER_BYTES : end])
        at = end
    return b"".join(fragments)


def _extension(extension_type: int, data: bytes) -> bytes:
    return extension_type.to_bytes(2, "big") + _vector(2, data)


def _message(message_type: int, body: bytes) -> bytes:
    return bytes([message_type]) + _vector(3, body)


def client_hello(scenario: Scenario, ticket: bytes) -> bytes:
    """The record with a ClientHello.

    :param ticket: the ticket that it resumes; ``b""`` if none.
    """
    session_id, extensions = b"", b""
    if ticket and scenario.resumption == "session-id":
        session_id = ticket
    elif ticket and scenario.resumption == "ticket":
        extensions = _extension(SESSION_TICKET, ticket)
    elif ticket:
        early = _extension(EARLY_DATA, b"") if scenario.resumption == "early-data" else b""
        extensions = early + _extension(PRE_SHARED_KEY, ticket)
    suite = ciphers.BY_NAME[scenario.cipher].code_point.to_bytes(2, "big")
    body = (
        b"\x03\x03"
        + _RANDOM
        + _vector(1, session_id)
        + _vector(2, suite)
        + b"\x01\x00"
        + _vector(2, extensions)
    )
    return record(tls.HANDSHAKE, _message(tls.CLIENT_HELLO, body))


def _group(scenario: Scenario) -> bytes:
    return groups.BY_NAME[scenario.group].code_point.to_bytes(2, "big")


def _server_keys(scenario: Scenario) -> bytes:
    """The ServerKeyExchange before TLS 1.3; ``b""`` if no keys are exchanged."""
    if scenario.group == NO_GROUP:
        return b""
    if scenario.group in PRIMES:
        body = _vector(2, finite_fields.prime_bytes(scenario.group)) + _vector(2, b"\x02") + _vector(2, b"")
    else:
        body = bytes([tls.NAMED_CURVE]) + _group(scenario) + _vector(1, b"")
    return _message(tls.SERVER_KEY_EXCHANGE, body)


def server_flight(scenario: Scenario, sent: tuple[x509.Certificate, ...], *, resumed: bool) -> bytes:
    """The server's answer to a ClientHello.

    :param sent: the certificates in it; ignored if it resumes.
    """
    suite = ciphers.BY_NAME[scenario.cipher].code_point.to_bytes(2, "big")
    tls13 = scenario.version == "1.3"
    extensions, messages = b"", b""
    if tls13:
        extensions = _extension(SUPPORTED_VERSIONS, b"\x03\x04")
        extensions += _extension(KEY_SHARE, _group(scenario) + _vector(2, b""))
        extensions += _extension(PRE_SHARED_KEY, b"\x00\x00") if resumed else b""
    elif not resumed:
        chain = _vector(3, b"") * len(sent)
        messages = _message(tls.CERTIFICATE, _vector(3, chain))
        messages += _server_keys(scenario)
        if scenario.client_auth == "required":
            messages += _message(tls.CERTIFICATE_REQUEST, b"")
    # TLS 1.3 has the code point of TLS 1.2 here (legacy_version).
    version = tls.VERSION_CODE_POINTS["1.2" if tls13 else scenario.version].to_bytes(2, "big")
    body = version + _RANDOM + _vector(1, b"") + suite + b"\x00" + _vector(2, extensions)
    hello = record(tls.HANDSHAKE, _message(tls.SERVER_HELLO, body) + messages)
    rest = FINISHED if resumed else bytes(FULL_ANSWER_BYTES + _bytes_of(sent[1:]))
    if not tls13:
        return hello + (CHANGE_CIPHER_SPEC if resumed else b"") + record(tls.HANDSHAKE, rest)
    return hello + record(tls.APPLICATION_DATA, rest)
