"""What TLS forbids with certificate compression and Encrypted ClientHello."""

from __future__ import annotations

from typing import Final

from tlsbench.scenarios.axes import AXES
from tlsbench.scenarios.capabilities import gap
from tlsbench.scenarios.ciphers import BEFORE_13

_COMPRESSED: Final = AXES["certificate_compression"].special
_ECH: Final = AXES["ech"].special
_RESUMED: Final = AXES["resumption"].special

EXTENSION_GAPS: Final = (
    gap(
        "certificates are compressed only in TLS 1.3 (RFC 8879, section 3): add version=1.3",
        version=BEFORE_13,
        certificate_compression=_COMPRESSED,
    ),
    gap(
        "a resumed handshake sends no certificate to compress",
        resumption=_RESUMED,
        certificate_compression=_COMPRESSED,
    ),
    gap(
        "chains are compressed: a raw public key is sent as it is",
        certificate_type="raw_public_key",
        certificate_compression=_COMPRESSED,
    ),
    gap(
        "Encrypted ClientHello needs TLS 1.3 (RFC 9849, section 1): add version=1.3",
        version=BEFORE_13,
        ech=_ECH,
    ),
    gap(
        "the parts do not cover compression",
        parts="yes",
        certificate_compression=_COMPRESSED,
    ),
    gap("the parts do not cover HPKE", parts="yes", ech=_ECH),
)
