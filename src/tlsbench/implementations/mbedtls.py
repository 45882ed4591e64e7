"""``mbedtls``: Mbed TLS, by the package python-mbedtls."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.metadata import version
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tlsbench.errors import HandshakeError
from tlsbench.implementations.contract import Negotiated
from tlsbench.implementations.pairs import facts
from tlsbench.pki import SERVER_NAME, Identity, Peers
from tlsbench.protocol.messages import RECORD_BYTES, RECORD_HEADER_BYTES
from tlsbench.scenarios import Capabilities, Scenario, ciphers, gap, keys

_OUTGOING_BYTES = 1 << 17
#: MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY, without its sign.
_PEER_CLOSE_NOTIFY = 0x7880
_REFUSED: Final = tuple(name for name in keys.BY_NAME if not name.startswith(("rsa", "ecdsa")))
#: By the type of key, the groups that it takes only where the key's curve is not listed beside them.
_PREFERS_CURVE_OF: Final = {
    "ecdsa-secp256r1": ("x25519", "x448"),
    "ecdsa-secp384r1": ("x25519", "x448", "secp256r1"),
}


@dataclass(frozen=True)
class MbedTls:
    """Mbed TLS."""

    id: str = "mbedtls"
    summary: str = "Mbed TLS, by the package python-mbedtls"

    @cached_property
    def tls(self) -> Any:
        return import_module("mbedtls.tls")

    def engine(self) -> str:
        name = import_module("mbedtls.version").version
        return f"{name} in python-mbedtls {version('python-mbedtls')}"

    def capabilities(self) -> Capabilities:
        known = {name.replace("-", "_") for name in self.tls.ciphers_available()}
        return Capabilities(
            (
                gap("this Mbed TLS ends with TLS 1.2", version="1.3"),
                gap("its API resumes nothing", resumption=("session-id", "ticket")),
                gap(
                    f"{self.engine()} does not know the cipher suite",
                    version="1.2",
                    cipher=tuple(name for name in ciphers.BY_NAME if name not in known),
                ),
                *(
                    gap("it has RSA and ECDSA certificates alone", **{axis: _REFUSED})
                    for axis in ("key", "intermediate_key", "root_key")
                ),
                gap(
                    "its server asks for a client certificate always: add client_auth=required",
                    server="mbedtls",
                    client_auth="none",
                ),
                *(
                    gap(
                        "the server lists the curve of its certificate too, which a client mbedtls prefers",
                        client="mbedtls",
                        key=key,
                        group=shorter,
                    )
                    for key, shorter in _PREFERS_CURVE_OF.items()
                ),
                gap(
                    "the Mbed TLS inside is built without locks (MBEDTLS_THREADING_C)",
                    workload="scaling",
                ),
                *facts(self.id),
            ),
            supports=("trust",),
        )

    def client_context(self, scenario: Scenario, peers: Peers) -> MbedTlsContext:
        identity = peers.client if scenario.client_auth == "required" else None
        roots = (*peers.strangers, peers.root.certificate)
        return MbedTlsContext(self, self.tls.ClientContext(self._configuration(scenario, identity, roots)))

    def server_context(self, scenario: Scenario, peers: Peers) -> MbedTlsContext:
        roots = (peers.root.certificate,) if scenario.client_auth == "required" else ()
        configuration = self._configuration(scenario, peers.server, roots)
        return MbedTlsContext(self, self.tls.ServerContext(configuration))

    def _configuration(
        self, scenario: Scenario, identity: Identity | None, roots: tuple[x509.Certificate, ...]
    ) -> Any:
        only = self.tls.TLSVersion.TLSv1_2
        return self.tls.TLSConfiguration(
            trust_store=self.tls.TrustStore([_certificate(root) for root in roots]),
            validate_certificates=bool(roots),
            certificate_chain=None if identity is None else _chain(identity),
            ciphers=[scenario.cipher.replace("_", "-")],
            lowest_supported_version=only,
            highest_supported_version=only,
        )


def _certificate(certificate: x509.Certificate) -> Any:
    return import_module("mbedtls.x509").CRT.from_DER(certificate.public_bytes(Encoding.DER))


def _chain(identity: Identity) -> tuple[Any, Any]:
    key = identity.private_key
    kind = "RSA" if isinstance(key, rsa.RSAPrivateKey) else "ECC"
    der = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    loaded = getattr(import_module("mbedtls.pk"), kind).from_buffer(der)
    return tuple(_certificate(certificate) for certificate in identity.certificates), loaded


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
    """A TLSWrappedBuffer, whose buffers hold a few records: what goes in and out waits beside them."""

    def __init__(self, library: MbedTls, buffer: Any) -> None:
        tls = library.tls
        self._buffer = buffer
        self._validates = buffer.context.configuration.validate_certificates
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
            except Exception as error:  # its errors have no common root
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
        for start in range(0, len(data), RECORD_BYTES):
            record = data[start : start + RECORD_BYTES]
            while True:
                try:
                    self._buffer.write(record)  # all of it; what it returns is the size of what it sends
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
            except Exception as error:  # its errors have no common root
                if getattr(error, "err", 0) == _PEER_CLOSE_NOTIFY:
                    return b"".join(chunks)
                raise self._translated(error) from error
            if not chunk and not self._incoming:
                return b"".join(chunks)
            chunks.append(chunk)

    def negotiated(self) -> Negotiated:
        certificate = self._buffer.getpeercert(binary_form=True) if self._validates else None
        version = self._buffer.negotiated_tls_version()
        return Negotiated(
            version="1.2" if version.name == "TLSv1_2" else version.name,
            cipher=self._buffer.cipher().replace("-", "_"),
            group=None,
            resumed=False,
            peer_certificate=certificate or b"",
            # With validate_certificates a handshake whose verification fails does not end.
            peer_verified=bool(certificate) and self._validates,
        )

    def session(self) -> object | None:
        return None

    def close(self) -> None:
        pass  # nothing resumes, so nothing needs a goodbye

    def _feed(self) -> None:
        """Give the library one record, or what there is of it: a read that meets an alert loses the rest."""
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
