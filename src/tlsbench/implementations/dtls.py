"""What libraries with DTLS have in common: the sizes of records, how they fill datagrams, and cookies."""

from __future__ import annotations

import hmac
import os
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from tlsbench.protocol.messages import DTLS_RECORD_HEADER_BYTES
from tlsbench.scenarios import Scenario, ciphers

#: The size of an HMAC, by its hash.
_HMAC_BYTES: Final = {"MD5": 16, "SHA": 20, "SHA256": 32, "SHA384": 48}
_EXPLICIT_NONCE_BYTES: Final = 8
#: Each context has a secret of its own, so that its cookies are valid only there.
_COOKIE_SECRET_BYTES: Final = 32
#: The peer address to which a cookie is bound, for a connection in memory.
_ADDRESS: Final = b"memory"


def payload_bytes(scenario: Scenario) -> int:
    """The most application data in a record that fits into a datagram of the scenario's MTU."""
    return int(scenario.mtu) - DTLS_RECORD_HEADER_BYTES - protection_bytes(ciphers.BY_NAME[scenario.cipher])


def protection_bytes(suite: ciphers.CipherSuite) -> int:
    """The most that protection adds to a record of DTLS 1.2.

    For an AEAD, the explicit nonce and the tag (RFC 5288, RFC 6655, RFC 6209, RFC 6367; RFC 7905 has no such
    nonce); for CBC, the IV, the MAC and the maximum padding (RFC 5246 section 6.2.3.2); for NULL, the MAC.
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
    """The records in a sequence of complete ones."""
    at = 0
    while at < len(data):
        length_at = at + DTLS_RECORD_HEADER_BYTES - 2
        end = length_at + 2 + int.from_bytes(data[length_at : length_at + 2], "big")
        yield data[at:end]
        at = end


def packed(flight: bytes, mtu: int) -> Iterator[bytes]:
    """The datagrams of a flight whose records were joined: each holds as many as fit.

    OpenSSL (``dtls1_do_write``) and Mbed TLS (``mbedtls_ssl_flush_output``) fill them in this way, and split
    messages to fit into the rest of a datagram.
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
    """A maker of the cookies of one server context, as RFC 6347 section 4.2.1 suggests them."""
    secret = os.urandom(_COOKIE_SECRET_BYTES)
    return lambda: hmac.digest(secret, _ADDRESS, "sha256")


class FedByDatagrams(ABC):
    """An end over a memory BIO, which does not keep datagrams apart: it is given them one by one.

    Its output is packed into datagrams. Put this class before the stream end among the bases; a subclass
    provides that end's ``handshake`` and ``read`` as the methods whose names end with ``_once``.
    """

    __slots__ = ()

    _mtu: int
    #: Datagrams waiting for the BIO, and datagrams packed from its output.
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
        """Give the BIO the next datagram, alone; return whether there was one."""
        if not self._arrived:
            return False
        if datagram := self._arrived.popleft():
            self._give(datagram)
        return True

    def _pack(self) -> None:
        """Pack the output of the BIO, which belongs to one flight, into datagrams."""
        self._ready += packed(self._taken(), self._mtu)

    def _take_ready(self) -> list[bytes]:
        """Take the datagrams to send; each record written after the handshake gets a datagram of its own."""
        found = [*self._ready, *records(self._taken())]
        self._ready.clear()
        return found

    @abstractmethod
    def _handshake_once(self) -> bool:
        """Continue the handshake with what the BIO has; return whether it is complete."""

    @abstractmethod
    def _read_once(self) -> bytes:
        """Read the application data in what the BIO has."""

    @abstractmethod
    def _give(self, datagram: bytes) -> None:
        """Write a datagram to the BIO."""

    @abstractmethod
    def _taken(self) -> bytes:
        """Take all output of the BIO."""
