"""``tlslite``: tlslite-ng, TLS in pure Python.

It verifies signatures, and leaves chains and host names to its caller: here the cryptography package's
verifier judges them within the handshake, as a program that uses it would have to.
"""

from __future__ import annotations

import errno
import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.verification import VerificationError

from tlsbench.errors import HandshakeError
from tlsbench.implementations.contract import Negotiated
from tlsbench.implementations.openssl import group_list
from tlsbench.implementations.verifiers import (
    UNKNOWN_TO_CRYPTOGRAPHY,
    Question,
    cryptography_verifier,
)
from tlsbench.pki import SERVER_NAME, Identity, Peers
from tlsbench.scenarios import Capabilities, Scenario, ciphers, gap, groups
from tlsbench.scenarios.axes import ONE_SIDED_WORKLOADS

#: What is used of it, and the modules that have it.
_API: Final = {
    "TLSConnection": "tlsconnection",
    "HandshakeSettings": "handshakesettings",
    "SessionCache": "sessioncache",
    "X509CertChain": "x509certchain",
    "parsePEMKey": "utils.keyfactory",
}
_VERSIONS: Final = {"1.2": (3, 3), "1.3": (3, 4)}
_VERSION_NAMES: Final = {number: name for name, number in _VERSIONS.items()}
#: What it calls a suite's cipher, by the end of the suite's name; all have an authenticating mode.
_CIPHERS: Final = {
    "AES_128_GCM_SHA256": "aes128gcm",
    "AES_256_GCM_SHA384": "aes256gcm",
    "CHACHA20_POLY1305_SHA256": "chacha20-poly1305",
}
_GROUPS: Final = ("x25519", "x448", "secp256r1", "secp384r1", "secp521r1")
_TICKET_KEY_BYTES: Final = 32
_READ_BYTES = 1 << 20
#: What its generators yield when they need bytes from the other side.
_WANTS_BYTES = 0
_REFUSED: Final = tuple(dict.fromkeys((*UNKNOWN_TO_CRYPTOGRAPHY, "ml-dsa-44", "ml-dsa-65", "ml-dsa-87")))


@dataclass(frozen=True)
class Tlslite:
    """tlslite-ng."""

    id: str = "tlslite"
    summary: str = "tlslite-ng, TLS in pure Python"

    @cached_property
    def api(self) -> SimpleNamespace:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # it imports asyncore where Python has it
            return SimpleNamespace(
                **{name: getattr(import_module(f"tlslite.{module}"), name) for name, module in _API.items()}
            )

    def engine(self) -> str:
        return f"tlslite-ng {version('tlslite-ng')}"

    def capabilities(self) -> Capabilities:
        return Capabilities(
            (
                gap(
                    "a TLS library: primitives and certificates are in cryptography",
                    workload=ONE_SIDED_WORKLOADS,
                ),
                gap("it has no early data", resumption="early-data"),
                gap("it staples no OCSP response", ocsp="stapled"),
                gap("it has no trust store", trust=("1", "150")),
                gap(
                    "of a resumed TLS 1.3 handshake its server does not tell that, nor its client with whom",
                    resumption="psk",
                ),
                gap(
                    "OpenSSL refuses its TLS 1.3 flight with a client certificate: unexpected_message",
                    version="1.3",
                    client="tlslite",
                    server=("ssl", "libssl", "pyopenssl"),
                    client_auth="required",
                ),
                *(
                    gap(
                        "it refuses what Mbed TLS sends for a key: illegal_parameter, invalid ECC point",
                        client=client,
                        server=server,
                        version="1.2",
                    )
                    for client, server in (("mbedtls", "tlslite"), ("tlslite", "mbedtls"))
                ),
                gap(
                    "of the cipher suites it is asked here for AES-GCM and ChaCha20-Poly1305",
                    cipher=tuple(name for name in ciphers.BY_NAME if _cipher(name) is None),
                ),
                gap("it does not know the group", group=tuple(g for g in groups.BY_NAME if g not in _GROUPS)),
                *(
                    gap(
                        "its chains are verified by cryptography, which refuses the key type",
                        **{axis: _REFUSED},
                    )
                    for axis in ("key", "intermediate_key", "root_key")
                ),
            )
        )

    def client_context(self, scenario: Scenario, peers: Peers) -> TlsliteContext:
        identity = peers.client if scenario.client_auth == "required" else None
        verifier = cryptography_verifier(Question(roots=(peers.root.certificate,), host=SERVER_NAME))
        return TlsliteContext(self, scenario, identity, verifier)

    def server_context(self, scenario: Scenario, peers: Peers) -> TlsliteContext:
        verifier = None
        if scenario.client_auth == "required":
            verifier = cryptography_verifier(Question(roots=(peers.root.certificate,), usage="client"))
        return TlsliteContext(self, scenario, peers.server, verifier)


def _cipher(suite: str) -> str | None:
    return next((name for end, name in _CIPHERS.items() if suite.endswith(end)), None)


class TlsliteContext:
    """What one side brings: settings, key and chain, and who judges the other's chain."""

    def __init__(
        self,
        library: Tlslite,
        scenario: Scenario,
        identity: Identity | None,
        verifier: Any,  # noqa: ANN401 - cryptography's, for servers or for clients
    ) -> None:
        api = library.api
        self._api = api
        self._verifier = verifier
        self._credentials = _loaded(api, identity) if identity is not None else (None, None)
        settings = api.HandshakeSettings()
        settings.minVersion = settings.maxVersion = _VERSIONS[scenario.version]
        settings.cipherNames = [_cipher(scenario.cipher)]
        settings.eccCurves = group_list(scenario).split(":")
        settings.keyShares = [scenario.group]
        if scenario.resumption in ("ticket", "psk"):
            settings.ticketKeys = [os.urandom(_TICKET_KEY_BYTES)]
        self._settings = settings
        self._cache = api.SessionCache() if scenario.resumption == "session-id" else None

    def connect(self, session: object | None = None, early_data: bytes = b"") -> TlsliteEndpoint:
        assert not early_data, "a capability says that there is none"
        pipe = _Pipe()
        connection = self._api.TLSConnection(pipe)
        chain, key = self._credentials
        steps = connection.handshakeClientCert(
            certChain=chain,
            privateKey=key,
            session=session,
            settings=self._settings,
            serverName=SERVER_NAME,
            async_=True,
        )
        return TlsliteEndpoint(connection, pipe, steps, self._verifier, is_server=False)

    def accept(self) -> TlsliteEndpoint:
        pipe = _Pipe()
        connection = self._api.TLSConnection(pipe)
        chain, key = self._credentials
        steps = connection.handshakeServerAsync(
            certChain=chain,
            privateKey=key,
            reqCert=self._verifier is not None,
            sessionCache=self._cache,
            settings=self._settings,
        )
        return TlsliteEndpoint(connection, pipe, steps, self._verifier, is_server=True)


def _loaded(api: Any, identity: Identity) -> tuple[Any, Any]:  # noqa: ANN401
    chain = api.X509CertChain()
    chain.parsePemList(identity.chain_pem.decode("ascii"))
    key = identity.private_key
    modern = isinstance(key, ed25519.Ed25519PrivateKey)
    encoding = PrivateFormat.PKCS8 if modern else PrivateFormat.TraditionalOpenSSL
    pem = key.private_bytes(Encoding.PEM, encoding, NoEncryption())
    return chain, api.parsePEMKey(pem.decode("ascii"), private=True)


class _Pipe:
    """What tlslite takes for a socket."""

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
        """Nothing to close."""


class TlsliteEndpoint:
    """A TLSConnection over a pipe in memory."""

    def __init__(
        self,
        connection: Any,  # noqa: ANN401
        pipe: _Pipe,
        steps: Iterator[int],
        verifier: Any,  # noqa: ANN401
        *,
        is_server: bool,
    ) -> None:
        self._connection = connection
        self._pipe = pipe
        self._steps = steps
        self._verifier = verifier
        self._is_server = is_server
        self._verified = False

    def handshake(self) -> bool:
        if not self._advance(self._steps):
            return False
        if self._verifier is not None and not self._connection.resumed:
            self._verify()
        return True

    def _advance(self, steps: Iterator[int]) -> bool:
        """Take steps as far as the bytes allow; whether they are over."""
        try:
            for state in steps:
                if state == _WANTS_BYTES and not self._pipe.incoming:
                    return False
        except Exception as error:  # its alerts and its parsers' errors have no common root
            raise HandshakeError(
                f"tlslite: {' '.join(str(error).split()) or type(error).__name__}"
            ) from error
        return True

    def _verify(self) -> None:
        shown = self._peer_chain()
        if not shown:
            raise HandshakeError("tlslite: the other side shows no certificate")
        leaf, *intermediates = (x509.load_der_x509_certificate(bytes(one.bytes)) for one in shown)
        try:
            self._verifier.verify(leaf, intermediates)
        except VerificationError as error:
            raise HandshakeError(f"tlslite: the certificate is not good: {error}") from error
        self._verified = True

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

    def read(self) -> bytes:
        chunks: list[bytes] = []
        while True:
            steps = self._connection.readAsync(_READ_BYTES, 1)
            chunk = self._read_some(steps)
            if not chunk:
                return b"".join(chunks)
            chunks.append(chunk)

    def _read_some(self, steps: Iterator[Any]) -> bytes:
        try:
            for state in steps:
                if not isinstance(state, int):
                    return bytes(state)
                if state == _WANTS_BYTES and not self._pipe.incoming:
                    return b""
        except Exception as error:
            raise HandshakeError(
                f"tlslite: {' '.join(str(error).split()) or type(error).__name__}"
            ) from error
        return b""

    def negotiated(self) -> Negotiated:
        connection = self._connection
        suite = ciphers.BY_CODE_POINT.get(connection.session.cipherSuite)
        group = groups.BY_CODE_POINT.get(connection.ecdhCurve)
        shown = self._peer_chain() if self._verifier is not None else []
        return Negotiated(
            version=_VERSION_NAMES.get(tuple(connection.version), str(connection.version)),
            cipher=suite.name if suite is not None else hex(connection.session.cipherSuite),
            group=group.name if group is not None else None,
            resumed=bool(connection.resumed),
            peer_certificate=bytes(shown[0].bytes) if shown else b"",
            # A session that is resumed was verified when it was made.
            peer_verified=self._verified or bool(shown and connection.resumed),
            peer_chain_length=len(shown) if shown and not connection.resumed else None,
        )

    def session(self) -> object | None:
        session: object | None = self._connection.session
        return session

    def close(self) -> None:
        """Nothing to say: its sessions stay usable without a goodbye."""


def _translated(error: Exception) -> HandshakeError:
    try:
        words = " ".join(str(error).split())
    except TypeError:  # of some of its alerts the text itself is an error
        words = f"{type(error).__name__} {getattr(error, 'message', '')}".strip()
    return HandshakeError(f"tlslite: {words or type(error).__name__}")
