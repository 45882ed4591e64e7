"""The axis for certificate compression (RFC 8879)."""

from __future__ import annotations

from typing import Final

from tlsbench.scenarios.axis import row

#: The names are those of RFC 8879 section 7.3.
CERTIFICATE_COMPRESSION: Final = row(
    meaning="the algorithm that compresses the certificates of both sides (RFC 8879)",
    values=("none", "zlib", "brotli", "zstd"),
    default=("none",),
    neutral="none",
    workloads=("handshake", "completion"),
    rare=True,
    denied="it does not compress certificates",
)
