"""One end of a connection on python-mbedtls, and the context that makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tlsbench.errors import HandshakeError
from tlsbench.implementations.contract import Negotiated
from tlsbench.pki import SERVER_NAME
from tlsbench.protocol.messages import RECORD_BYTES, RECORD_HEADER_BYTES

if TYPE_CHECKING:
    from tlsbench.implementations.mbedtls.library import MbedTls

_OUTGOING_BYTES: Final = 1 << 17
#: MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY, without its sign.
PEER_CLOSE_NOTIFY: Final = 0x7880
_VERSIONS: Final = {"TLSv1": "1.0", "TLSv1_1": "1.1", "TLSv1_2": "1.2", "DTLSv1_2": "1.2"}


class MbedTlsContext:
    """One side's context."""

    def __init__(self, library: MbedTls, context: Any) -> None:
        self._library = library
        self._context = context

    def connect(self, session: object | None = None, early_data: bytes = b"") -> MbedTlsEndpoint:
        assert session is None, "a capability says that nothing resumes"
        assert not early_data, "and so there is no early data"
        return MbedTlsEndpoint(self._library, self._context.wrap_buffers(SERVER_NAME))

    def accept(self) -> MbedTlsEndpoint:
        return MbedTlsEndpoint(self._library, self._context.wrap_buffers())


class MbedTlsEndpoint:
    """A TLSWrappedBuffer, whose buffers hold a few records: further input and output wait outside them."""

    def __init__(self, library: MbedTls, buffer: Any) -> None:
        tls = library.tls
        self._buffer = buffer
        configuration = buffer.context.configuration
        self._validates = configuration.validate_certificates
        asked = configuration.max_fragmentation_length
        # The codes of RFC 6066, section 4, mean powers of two from 512 on. A longer write is cut short.
        self._record_bytes = 256 << asked.value if asked else RECORD_BYTES
        self._over = tls.HandshakeStep.HANDSHAKE_OVER
        self._wants_read, self._wants_write = tls.WantReadError, tls.WantWriteError
        self._incoming = bytearray()
        self._outgoing: list[bytes] = []

    def handshake(self) -> bool:
        while self._buffer._handshake_state is not self._over:
            self._feed()
            try:
                self._buffer.do_handshake()
            except self._wants_write:
                self._drain()  # its buffer holds less than a flight
            except self._wants_read:
                self._drain()
                if not self._incoming:
                    return False
            except Exception as error:  # its errors have no common base class
                self._drain()
                raise self._translated(error) from error
        self._drain()
        return True

    def data_to_send(self) -> bytes:
        self._drain()
        data = b"".join(self._outgoing)
        self._outgoing.clear()
        return data

    def receive_data(self, data: bytes) -> None:
        self._incoming += data

    def write(self, data: bytes) -> None:
        for start in range(0, len(data), self._record_bytes):
            record = data[start : start + self._record_bytes]
            while True:
                try:
                    self._buffer.write(record)  # all of it; it returns the size of what it sends
                    break
                except self._wants_write:
                    self._drain()
            self._drain()

    def read(self) -> bytes:
        chunks: list[bytes] = []
        while True:
            self._feed()
            try:
                chunk = self._buffer.read(RECORD_BYTES)
            except self._wants_read:
                if not self._incoming:
                    return b"".join(chunks)
                continue
            except Exception as error:  # its errors have no common base class
                if getattr(error, "err", 0) == PEER_CLOSE_NOTIFY:
                    return b"".join(chunks)
                raise self._translated(error) from error
            if not chunk and not self._incoming:
                return b"".join(chunks)
            chunks.append(chunk)

    def negotiated(self) -> Negotiated:
        certificate = self._buffer.getpeercert(binary_form=True) if self._validates else None
        version = self._buffer.negotiated_tls_version()
        return Negotiated(
            version=_VERSIONS.get(version.name, version.name),
            cipher=self._buffer.cipher().replace("-", "_"),
            group=None,
            resumed=False,
            peer_certificate=certificate or b"",
            # With validate_certificates a handshake whose verification fails does not complete.
            peer_verified=bool(certificate) and self._validates,
        )

    def session(self) -> object | None:
        return None

    def close(self) -> None:
        pass  # nothing resumes, so no close_notify is needed

    def _feed(self) -> None:
        """Give the library at most one record at a time: a read that meets an alert loses the rest."""
        if self._incoming:
            record_bytes = RECORD_HEADER_BYTES + int.from_bytes(self._incoming[3:RECORD_HEADER_BYTES], "big")
            self._buffer.receive_from_network(bytes(self._incoming[:record_bytes]))
            del self._incoming[:record_bytes]

    def _drain(self) -> None:
        while data := self._buffer.peek_outgoing(_OUTGOING_BYTES):
            self._buffer.consume_outgoing(len(data))
            self._outgoing.append(data)

    def _translated(self, error: Exception) -> HandshakeError:
        return HandshakeError(f"mbedtls: {' '.join(str(error).split()) or type(error).__name__}")
