"""``qh3``: QUIC and TLS 1.3 in Python over a core in Rust, with AWS-LC."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

from tlsbench.implementations.certificate_keys import OF_ISSUERS, SECP521R1, takes
from tlsbench.implementations.extension_gaps import no_compression, no_ech
from tlsbench.implementations.openssl_names import ML_DSA
from tlsbench.implementations.pairs import facts
from tlsbench.implementations.quic_shaped.adapter import QuicShaped, ciphers_but
from tlsbench.implementations.quic_shaped.endpoint import Address, Peer
from tlsbench.protocol.messages import VERSION_CODE_POINTS
from tlsbench.scenarios import Gap, Scenario, gap

_DATAGRAM_FRAME_BYTES: Final = 65_536
_ED25519: Final = "ed25519"
_SIGNATURES: Final = (
    "ED25519",
    "ECDSA_SECP256R1_SHA256",
    "RSA_PSS_RSAE_SHA256",
    "ECDSA_SECP384R1_SHA384",
    "RSA_PKCS1_SHA256",
)


def _peer(connection: Any) -> Peer:
    return Peer(connection.get_peercert().public_bytes(), 1 + len(connection.get_issuercerts()))


@dataclass(frozen=True, slots=True)
class _Tokens:
    """Retry tokens encrypted with RSA-2048 (OAEP)."""

    handler: Any

    def make(self, address: Address, original_id: bytes, source_id: bytes, _now: float) -> bytes:
        token: bytes = self.handler.create_token(address, original_id, source_id)
        return token

    def check(
        self, address: Address, _destination_id: bytes, token: bytes, _now: float
    ) -> tuple[bytes, bytes]:
        original_id, source_id = self.handler.validate_token(address, token)
        return original_id, source_id


def _settings(api: SimpleNamespace, scenario: Scenario) -> dict[str, Any]:
    # By default it probes for larger datagrams during handshakes.
    settings: dict[str, Any] = {"probe_datagram_size": False}
    if scenario.workload == "request":
        # Its HTTP/3 announces datagrams, and must then support them (RFC 9297 section 2.1.1).
        settings["max_datagram_frame_size"] = _DATAGRAM_FRAME_BYTES
    if _ED25519 in (scenario.key, scenario.intermediate_key, scenario.root_key):
        # Its client does not offer Ed25519 by default.
        settings["signature_algorithms"] = [api.SignatureAlgorithm[name] for name in _SIGNATURES]
    return settings


def _without_grease(connection: Any) -> None:
    """Keep a server from selecting a GREASE value as the version.

    Each side's list of versions contains one of the 16 GREASE values (RFC 8701): if both contain the same
    one, the server selects it as the version of TLS.
    """
    create = connection._create_tls

    def created(*given: Any, **named: Any) -> Any:
        bridge = create(*given, **named)
        bridge.tls._supported_versions = [VERSION_CODE_POINTS["1.3"]]
        return bridge

    connection._create_tls = created


def _gaps() -> tuple[Gap, ...]:
    return (
        gap("its server has no way to ask for a client's certificate", client_auth="required"),
        gap(
            "it has only AES-GCM and ChaCha20-Poly1305",
            cipher=ciphers_but("AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256"),
        ),
        *(
            gap("it neither signs with ML-DSA nor knows its certificates", **{axis: ML_DSA})
            for axis in ("key", "intermediate_key", "root_key")
        ),
        *facts("qh3"),
        no_ech("its client has Encrypted ClientHello, but its server does not"),
        no_compression("its client accepts brotli, but its server compresses nothing"),
    )


QH3: Final = QuicShaped(
    id="qh3",
    summary="qh3, QUIC in Python over a core in Rust",
    package="qh3",
    written_in=lambda: "AWS-LC",
    peer_of=_peer,
    tokens=_Tokens,
    made=_without_grease,
    settings=_settings,
    supports=("ech=grease", *takes(*SECP521R1, axes=OF_ISSUERS)),  # by default it sends GREASE
    gaps=_gaps,
)
