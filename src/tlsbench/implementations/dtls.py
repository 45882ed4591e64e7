"""What the libraries with DTLS have in common: how large records are, and how they stand in datagrams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tlsbench.protocol.messages import DTLS_RECORD_HEADER_BYTES
from tlsbench.scenarios import Scenario

#: What protection adds to a record of DTLS 1.2, by what is in the name of its suite: explicit nonce and tag
#: (RFC 5288, RFC 6655; RFC 7905 has no nonce); of CBC the IV, the MAC and the most padding (RFC 5246
#: section 6.2.3.2).
_PROTECTION_BYTES: Final = {"_GCM_": 8 + 16, "_CCM": 8 + 16, "_CHACHA20_": 16, "_CBC_SHA": 16 + 20 + 16}
#: A context's cookies are good for it alone.
COOKIE_SECRET_BYTES: Final = 32


def payload_bytes(scenario: Scenario) -> int:
    """The most application data in a record that fits into a datagram of the scenario's size."""
    (protection,) = (added for part, added in _PROTECTION_BYTES.items() if part in scenario.cipher)
    return int(scenario.mtu) - DTLS_RECORD_HEADER_BYTES - protection


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
