"""What the libraries with DTLS have in common: how large records are, and how they fill datagrams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tlsbench.protocol.messages import DTLS_RECORD_HEADER_BYTES
from tlsbench.scenarios import Scenario, ciphers

#: What an HMAC adds, by its hash.
_HMAC_BYTES: Final = {"MD5": 16, "SHA": 20, "SHA256": 32, "SHA384": 48}
_EXPLICIT_NONCE_BYTES: Final = 8
#: A context's cookies are good for it alone.
COOKIE_SECRET_BYTES: Final = 32


def payload_bytes(scenario: Scenario) -> int:
    """The most application data in a record that fits into a datagram of the scenario's size."""
    return int(scenario.mtu) - DTLS_RECORD_HEADER_BYTES - protection_bytes(ciphers.BY_NAME[scenario.cipher])


def protection_bytes(suite: ciphers.CipherSuite) -> int:
    """What protection adds at most to a record of DTLS 1.2.

    Of an AEAD the explicit nonce and the tag (RFC 5288, RFC 6655, RFC 6209, RFC 6367; RFC 7905 has no nonce);
    of CBC the IV, the MAC and the most padding (RFC 5246 section 6.2.3.2); of NULL the MAC.
    """
    if suite.is_aead:
        tag = 8 if suite.encryption.endswith("_8") else 16
        return tag + (0 if "CHACHA20" in suite.encryption else _EXPLICIT_NONCE_BYTES)
    mac = _HMAC_BYTES[suite.hash_name]
    if suite.encryption == "NULL":
        return mac
    block = 8 if suite.encryption.startswith(("3DES", "IDEA")) else 16
    return block + mac + block


def records(data: bytes) -> Iterator[bytes]:
    """The records in a row of whole ones."""
    at = 0
    while at < len(data):
        length_at = at + DTLS_RECORD_HEADER_BYTES - 2
        end = length_at + 2 + int.from_bytes(data[length_at : length_at + 2], "big")
        yield data[at:end]
        at = end


def packed(flight: bytes, mtu: int) -> Iterator[bytes]:
    """The datagrams of a flight whose records were joined: each filled up with as many as fit.

    That is how OpenSSL (``dtls1_do_write``) and Mbed TLS (``mbedtls_ssl_flush_output``) fill them, who cut
    messages to fit into what is left of one.
    """
    datagram = b""
    for record in records(flight):
        if datagram and len(datagram) + len(record) > mtu:
            yield datagram
            datagram = b""
        datagram += record
    if datagram:
        yield datagram
