"""The step of the TLS 1.3 key schedule that TLS records and QUIC packets share."""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

_HASHES: Final = {"sha256": SHA256, "sha384": SHA384}


def expand_label(secret: bytes, label: str, length: int, hash_name: str) -> bytes:
    """HKDF-Expand-Label with an empty context (RFC 8446 section 7.1)."""
    full = b"tls13 " + label.encode("ascii")
    info = length.to_bytes(2, "big") + bytes([len(full)]) + full + b"\0"
    return HKDFExpand(_HASHES[hash_name](), length, info).derive(secret)
