"""One end of a connection on tlslite-ng: its generators, driven by bytes in memory."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Any

from cryptography import x509
from cryptography.x509.verification import VerificationError

from tlsbench.errors import HandshakeError
from tlsbench.implementations.contract import Negotiated
from tlsbench.protocol import groups
from tlsbench.protocol.messages import VERSIONS
from tlsbench.scenarios import ciphers

_READ_BYTES = 1 << 20
#: What its generators yield when they need bytes from the peer.
_WANTS_BYTES = 0


class Pipe:
    """What tlslite uses as a socket."""

    def __init__(self) -> None:
        self.incoming = bytearray()
        self.outgoing = bytearray()

    def recv(self, most: int) -> bytes:
        if not self.incoming:
            raise BlockingIOError(errno.EWOULDBLOCK, "no bytes yet")
        data = bytes(self.incoming[:most])
        del self.incoming[:most]
        return data

    def send(self, data: bytes) -> int:
        self.outgoing += data
        return len(data)

    def sendall(self, data: bytes) -> None:
        self.outgoing += data

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


class TlsliteEndpoint:
    """A TLSConnection over a pipe in memory."""

    def __init__(
        self,
        connection: Any,
        pipe: Pipe,
        steps: Iterator[int],
        verifier: Any,
        *,
        is_server: bool,
        psk_identity: bytes = b"",
    ) -> None:
        self._connection = connection
        self._psk_identity = psk_identity
        self._pipe = pipe
        self._steps = steps
        self._verifier = verifier
        self._is_server = is_server
        self._verified = False
        self._reading: Iterator[Any] | None = None

    def handshake(self) -> bool:
        if not self._advance(self._steps):
            return False
        if self._verifier is not None and not self._connection.resumed and not self._is_by_psk():
            self._verify()
        return True

    def _advance(self, steps: Iterator[int]) -> bool:
        """Take steps as far as the bytes allow; return whether they are finished."""
        try:
            for state in steps:
                if state == _WANTS_BYTES and not self._pipe.incoming:
                    return False
        except Exception as error:  # its alerts and its parsers' errors have no common base class
            raise _translated(error) from error
        return True

    def _verify(self) -> None:
        shown = self._peer_chain()
        if not shown:
            raise HandshakeError("tlslite: the other side shows no certificate")
        leaf, *intermediates = (x509.load_der_x509_certificate(bytes(one.bytes)) for one in shown)
        try:
            self._verifier.verify(leaf, intermediates)
        except VerificationError as error:
            raise HandshakeError(f"tlslite: the certificate is not valid: {error}") from error
        self._verified = True

    def _is_by_psk(self) -> bool:
        """Whether a client used its PSK: then it was shown no certificate."""
        return bool(self._psk_identity) and not self._is_server and not self._peer_chain()

    def _peer_chain(self) -> list[Any]:
        session = self._connection.session
        chain = session.clientCertChain if self._is_server else session.serverCertChain
        return list(chain.x509List) if chain is not None else []

    def data_to_send(self) -> bytes:
        data = bytes(self._pipe.outgoing)
        self._pipe.outgoing.clear()
        return data

    def receive_data(self, data: bytes) -> None:
        self._pipe.incoming += data

    def write(self, data: bytes) -> None:
        self._advance(self._connection.writeAsync(data))

    def update_keys(self, *, requests_update: bool) -> None:
        self._advance(self._connection.send_keyupdate_request(int(requests_update)))

    def read(self) -> bytes:
        chunks: list[bytes] = []
        while chunk := self._read_some():
            chunks.append(chunk)
        return b"".join(chunks)

    def _read_some(self) -> bytes:
        # A generator that waits for the rest of a record holds its beginning, so the next call continues it.
        self._reading = self._reading or self._connection.readAsync(_READ_BYTES, 1)
        try:
            for state in self._reading:
                if not isinstance(state, int):
                    self._reading = None
                    return bytes(state)
                if state == _WANTS_BYTES and not self._pipe.incoming:
                    return b""
        except Exception as error:  # as above
            raise _translated(error) from error
        self._reading = None
        return b""

    def negotiated(self) -> Negotiated:
        connection = self._connection
        suite = ciphers.BY_CODE_POINT.get(connection.session.cipherSuite)
        shown = self._peer_chain() if self._verifier is not None else []
        return Negotiated(
            version=VERSIONS.get(int.from_bytes(bytes(connection.version), "big"), str(connection.version)),
            cipher=suite.name if suite is not None else hex(connection.session.cipherSuite),
            group=groups.NAMES.get(connection.ecdhCurve),
            resumed=bool(connection.resumed),
            peer_certificate=bytes(shown[0].bytes) if shown else b"",
            # A resumed session was verified when it was made.
            peer_verified=self._verified or bool(shown and connection.resumed),
            peer_chain_length=len(shown) if shown and not connection.resumed else None,
            psk_identity=self._psk_identity if self._is_by_psk() else b"",
            certificate_compression=self._compression(),
        )

    def _compression(self) -> str:
        """The compression of the peer's certificate."""
        connection = self._connection
        name = (
            connection.client_cert_compression_algo
            if self._is_server
            else connection.server_cert_compression_algo
        )
        return name or "none"

    def session(self) -> object | None:
        session: object | None = self._connection.session
        return session

    def close(self) -> None:
        """Do nothing: its sessions stay usable without a close_notify."""


def _translated(error: Exception) -> HandshakeError:
    try:
        words = " ".join(str(error).split())
    except TypeError:  # converting some of its alerts to text raises one
        words = f"{type(error).__name__} {getattr(error, 'message', '')}".strip()
    return HandshakeError(f"tlslite: {words or type(error).__name__}")
