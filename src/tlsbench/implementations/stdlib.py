"""``ssl``: Python's own ssl module, over memory BIOs."""

from __future__ import annotations

import ssl
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tlsbench.errors import HandshakeError
from tlsbench.implementations.contract import Negotiated
from tlsbench.implementations.openssl import ML_DSA, cipher_from_openssl, version_from_openssl
from tlsbench.pki import SERVER_NAME, Peers
from tlsbench.pki.trust import trust_file
from tlsbench.scenarios import Capabilities, Scenario, ciphers, gap, groups, keys
from tlsbench.scenarios.axes import ONE_SIDED_WORKLOADS

_CHUNK_BYTES = 256 * 1024
_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
#: OpenSSL's short names (OBJ_sn2nid), which set_ecdh_curve looks up.
_CURVES = {
    "secp256r1": "prime256v1",
    "secp384r1": "secp384r1",
    "secp521r1": "secp521r1",
    "x25519": "X25519",
    "x448": "X448",
}
#: What OpenSSL picks when it is not told: the first of its default list.
_TLS13_CIPHER = "TLS_AES_256_GCM_SHA384"


@dataclass(frozen=True, slots=True)
class StdlibSsl:
    """The ssl module of this Python."""

    id: str = "ssl"
    summary: str = "Python's ssl module"

    def engine(self) -> str:
        return " ".join(ssl.OPENSSL_VERSION.split()[:2])

    def capabilities(self) -> Capabilities:
        python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
        curves = {key.name: key.curve for key in keys.KEY_TYPES if key.curve}
        return Capabilities(
            (
                gap(
                    "a TLS library: primitives and certificates are in cryptography",
                    workload=ONE_SIDED_WORKLOADS,
                ),
                gap(
                    f"{python} takes one curve, set_ecdh_curve(), and it is no post-quantum group",
                    group=tuple(name for name in groups.BY_NAME if name not in _CURVES),
                ),
                gap(
                    f"{python} cannot choose a TLS 1.3 cipher suite: it is {_TLS13_CIPHER}",
                    version="1.3",
                    cipher=tuple(name for name in ciphers.BY_NAME if name != _TLS13_CIPHER),
                ),
                gap("the ssl module has no early data", resumption="early-data"),
                gap("the ssl module staples no OCSP response", ocsp="stapled"),
                gap(
                    "a side with a trust store sends its root behind a lone leaf: add chain_length=2",
                    client_auth="required",
                    chain_length="1",
                ),
                *(
                    gap(
                        f"{python} takes one curve, and in TLS 1.2 it is the certificate's: group={curve}",
                        version="1.2",
                        key=key,
                        group=tuple(name for name in groups.BY_NAME if name != curve),
                    )
                    for key, curve in curves.items()
                ),
                *(
                    gap(
                        f"{self.engine()} has no ML-DSA certificates",
                        **{axis: () if ssl.OPENSSL_VERSION_INFO >= (3, 5) else ML_DSA},
                    )
                    for axis in ("key", "intermediate_key", "root_key")
                ),
            )
        )

    def client_context(self, scenario: Scenario, peers: Peers) -> StdlibContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        _configure(context, scenario)
        _trust(context, scenario, peers)
        if scenario.client_auth == "required":
            with peers.client.pem_file() as path:
                context.load_cert_chain(path)
        return StdlibContext(context)

    def server_context(self, scenario: Scenario, peers: Peers) -> StdlibContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        _configure(context, scenario)
        if scenario.client_auth == "required":
            context.load_verify_locations(cadata=peers.root.certificate_pem.decode("ascii"))
            context.verify_mode = ssl.CERT_REQUIRED
        with peers.server.pem_file() as path:
            context.load_cert_chain(path)
        return StdlibContext(context)


def _trust(context: ssl.SSLContext, scenario: Scenario, peers: Peers) -> None:
    if scenario.trust in ("", "memory"):
        context.load_verify_locations(cadata=peers.root.certificate_pem.decode("ascii"))
    else:
        context.load_verify_locations(trust_file((*peers.strangers, peers.root.certificate)))


def _configure(context: ssl.SSLContext, scenario: Scenario) -> None:
    context.minimum_version = context.maximum_version = _VERSIONS[scenario.version]
    context.set_ecdh_curve(_CURVES[scenario.group])
    if scenario.version == "1.2":
        context.set_ciphers(ciphers.BY_NAME[scenario.cipher].openssl)
    if scenario.resumption == "session-id":
        context.options |= ssl.OP_NO_TICKET


class StdlibContext:
    """One side's SSLContext."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context

    def connect(self, session: object | None = None, early_data: bytes = b"") -> StdlibEndpoint:
        assert not early_data, "a capability says that there is none"
        assert session is None or isinstance(session, ssl.SSLSession)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        return StdlibEndpoint(
            self._context.wrap_bio(incoming, outgoing, server_hostname=SERVER_NAME, session=session),
            incoming,
            outgoing,
        )

    def accept(self) -> StdlibEndpoint:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        return StdlibEndpoint(
            self._context.wrap_bio(incoming, outgoing, server_side=True), incoming, outgoing
        )


class StdlibEndpoint:
    """An SSLObject between two memory BIOs."""

    __slots__ = ("_incoming", "_outgoing", "_tls", "data_to_send", "receive_data", "write")

    def __init__(self, tls: ssl.SSLObject, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO) -> None:
        self._tls = tls
        self._incoming = incoming
        self._outgoing = outgoing
        # Bound once: a wrapper would put its own call into the time of the library.
        self.data_to_send = outgoing.read
        self.receive_data = incoming.write
        self.write = tls.write

    def handshake(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as error:
            raise _translated(error) from error
        return True

    def read(self) -> bytes:
        chunks = []
        try:
            while chunk := self._tls.read(_CHUNK_BYTES):
                chunks.append(chunk)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            raise _translated(error) from error
        return b"".join(chunks)

    def negotiated(self) -> Negotiated:
        cipher = self._tls.cipher()
        certificate = self._tls.getpeercert(binary_form=True) or b""
        context = self._tls.context
        verifies = context.verify_mode is ssl.CERT_REQUIRED
        checks_name = self._tls.server_side or context.check_hostname
        return Negotiated(
            version=version_from_openssl(self._tls.version()),
            cipher=cipher_from_openssl(cipher[0] if cipher else None),
            group=None,
            resumed=bool(self._tls.session_reused),
            peer_certificate=certificate,
            # With CERT_REQUIRED a handshake whose verification fails does not end.
            peer_verified=bool(certificate) and verifies and checks_name,
            peer_chain_length=self._peer_chain_length(),
        )

    def _peer_chain_length(self) -> int | None:
        # Public since Python 3.13, and in the object below the SSLObject before.
        tls: Any = self._tls if sys.version_info >= (3, 13) else self._tls._sslobj  # type: ignore[attr-defined]
        chain = tls.get_unverified_chain()
        return len(chain) if chain else None

    def session(self) -> object | None:
        return self._tls.session

    def close(self) -> None:
        with suppress(ssl.SSLError):  # close_notify is sent, which keeps the session; nobody answers
            self._tls.unwrap()


def _translated(error: ssl.SSLError) -> HandshakeError:
    detail = getattr(error, "verify_message", "") or error.reason or str(error)
    return HandshakeError(f"ssl: {detail}")
