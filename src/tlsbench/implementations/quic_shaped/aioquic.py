"""``aioquic``: QUIC and TLS 1.3 in Python, on the cryptography package's OpenSSL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding

from tlsbench.implementations.certificate_keys import (
    BRAINPOOL,
    ED448,
    OF_ISSUERS,
    RSA_PSS,
    SECP521R1,
    SLH_DSA,
    takes,
)
from tlsbench.implementations.openssl_names import ML_DSA
from tlsbench.implementations.pairs import facts
from tlsbench.implementations.quic_shaped.adapter import QuicShaped, ciphers_but
from tlsbench.implementations.quic_shaped.endpoint import Address, Peer
from tlsbench.scenarios import Gap, gap, groups


def _engine() -> str:
    from cryptography.hazmat.backends.openssl import backend

    return backend.openssl_version_text()


def _peer(connection: Any) -> Peer:
    tls = connection.tls  # which has no public name for the peer's certificates
    return Peer(tls._peer_certificate.public_bytes(Encoding.DER), 1 + len(tls._peer_certificate_chain))


@dataclass(frozen=True, slots=True)
class _Tokens:
    """Retry tokens sealed with AES-GCM, which contain the time."""

    handler: Any

    def make(self, address: Address, original_id: bytes, source_id: bytes, now: float) -> bytes:
        token: bytes = self.handler.create_token(
            address=address,
            original_destination_connection_id=original_id,
            retry_source_connection_id=source_id,
            now=now,
        )
        return token

    def check(self, address: Address, destination_id: bytes, token: bytes, now: float) -> tuple[bytes, bytes]:
        original_id = self.handler.validate_token(
            address=address, destination_cid=destination_id, token=token, now=now
        )
        return original_id, destination_id


#: Its client sends a key share for each of them.
_GROUPS: Final = ("secp256r1", "secp384r1", "x25519", "x448")


def _gaps() -> tuple[Gap, ...]:
    return (
        gap(
            "it does not know the group", group=tuple(name for name in groups.BY_NAME if name not in _GROUPS)
        ),
        gap("its client sends keys for every group, and its server takes one of them", hello_retry="yes"),
        gap("its server asks for a client's certificate only in its own tests", client_auth="required"),
        gap(
            "it has only AES-GCM and ChaCha20-Poly1305",
            cipher=ciphers_but("AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256"),
        ),
        *(
            gap("it neither signs with ML-DSA nor knows its certificates", **{axis: ML_DSA})
            for axis in ("key", "intermediate_key", "root_key")
        ),
        gap("it has no signatures for such a key", key=(*SECP521R1, *BRAINPOOL)),
        gap(
            "it signs with an RSA-PSS key as with an RSA key (rsa_pss_rsae_*), which others refuse",
            key=RSA_PSS,
        ),
        *(
            gap(
                "its Certificate message ends at 16 kB, which is too short for SLH-DSA signatures",
                **{axis: SLH_DSA},
            )
            for axis in OF_ISSUERS
        ),
        *facts("aioquic"),
    )


AIOQUIC: Final = QuicShaped(
    id="aioquic",
    summary="aioquic, QUIC in Python",
    package="aioquic",
    written_in=_engine,
    peer_of=_peer,
    tokens=_Tokens,
    supports=(*takes(*ED448), *takes(*SECP521R1, *BRAINPOOL, *RSA_PSS, axes=OF_ISSUERS)),
    gaps=_gaps,
)
