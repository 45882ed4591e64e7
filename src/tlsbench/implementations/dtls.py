"""What the libraries with DTLS have in common: the sizes of records, how they fill datagrams, and cookies."""

from __future__ import annotations

import hmac
import os
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from tlsbench.protocol.messages import DTLS_RECORD_HEADER_BYTES
from tlsbench.scenarios import Scenario, ciphers

#: What an HMAC adds, by its hash.
_HMAC_BYTES: Final = {"MD5": 16, "SHA": 20, "SHA256": 32, "SHA384": 48}
_EXPLICIT_NONCE_BYTES: Final = 8
#: A context's cookies are good for it alone.
_COOKIE_SECRET_BYTES: Final = 32
#: The peer of a connection in memory, as a cookie is bound to one.
_ADDRESS: Final = b"memory"


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


def cookie_maker() -> Callable[[], bytes]:
    """Makes the cookies of one server's context, as RFC 6347 (section 4.2.1) proposes them."""
    secret = os.urandom(_COOKIE_SECRET_BYTES)
    return lambda: hmac.digest(secret, _ADDRESS, "sha256")


class FedByDatagrams(ABC):
    """An end over a BIO in memory that keeps no datagrams apart: it is given them one by one.

    What comes out of it is packed into datagrams. It comes before the end over a stream among the bases, and
    a subclass gives that end's ``handshake`` and ``read`` as the methods that end with ``_once``.
    """

    __slots__ = ()

    _mtu: int
    #: What waits for the BIO, and what came out of it.
    _arrived: deque[bytes]
    _ready: list[bytes]

    def handshake(self) -> bool:
        while True:
            is_done = self._handshake_once()
            if is_done or not self._feed():
                self._pack()
                return is_done

    def read(self) -> bytes:
        data = self._read_once()
        while self._feed():
            data += self._read_once()
        self._pack()
        return data

    def _feed(self) -> bool:
        """Give the BIO the next datagram, alone; whether there was one."""
        if not self._arrived:
            return False
        if datagram := self._arrived.popleft():
            self._give(datagram)
        return True

    def _pack(self) -> None:
        """Make datagrams of what came out of the BIO, as it is of one flight."""
        self._ready += packed(self._taken(), self._mtu)

    def _take_ready(self) -> list[bytes]:
        """What is to be sent; what is written after the handshake leaves a record in a datagram."""
        found = [*self._ready, *records(self._taken())]
        self._ready.clear()
        return found

    @abstractmethod
    def _handshake_once(self) -> bool:
        """Continue the handshake with what the BIO has; whether it is complete."""

    @abstractmethod
    def _read_once(self) -> bytes:
        """The application data of what the BIO has."""

    @abstractmethod
    def _give(self, datagram: bytes) -> None:
        """Write to the BIO."""

    @abstractmethod
    def _taken(self) -> bytes:
        """All that came out of the BIO."""
