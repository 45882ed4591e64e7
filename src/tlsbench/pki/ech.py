"""The keys of Encrypted ClientHello (RFC 9849), made once per process, like its certificates.

A client gets the configuration from DNS (RFC 9848, the parameter ``ech`` of an HTTPS record); here it is
passed directly.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

#: The name sent in the clear, that of the client-facing server.
PUBLIC_NAME: Final = "public.tlsbench.test"
#: RFC 9849 section 4.
_VERSION: Final = 0xFE0D
# RFC 9180 section 7: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM and ChaCha20-Poly1305
_KEM: Final = 0x0020
_SUITES: Final = ((0x0001, 0x0001), (0x0001, 0x0003))
_CONFIG_ID: Final = 1
#: The maximum_name_length: longer names are padded only to a multiple of 32 bytes (RFC 9849 section 6.1.3).
_MOST_NAME_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class EchKey:
    """A server's key, and the configuration that its clients are given.

    :param secret: the X25519 private key, 32 bytes.
    :param config: the ECHConfig.
    """

    secret: bytes = field(repr=False)
    config: bytes

    @property
    def config_list(self) -> bytes:
        """The ECHConfigList that clients are configured with."""
        return _vector(2, self.config)


@cache
def ech_key() -> EchKey:
    """The key of this process's servers."""
    return new_ech_key()


def new_ech_key() -> EchKey:
    """A new key with its configuration."""
    private = X25519PrivateKey.generate()
    suites = b"".join(_number(kdf) + _number(aead) for kdf, aead in _SUITES)
    contents = (
        bytes([_CONFIG_ID])
        + _number(_KEM)
        + _vector(2, private.public_key().public_bytes_raw())
        + _vector(2, suites)
        + bytes([_MOST_NAME_BYTES])
        + _vector(1, PUBLIC_NAME.encode("ascii"))
        + _vector(2, b"")  # extensions
    )
    return EchKey(private.private_bytes_raw(), _number(_VERSION) + _vector(2, contents))


def _number(value: int) -> bytes:
    return value.to_bytes(2, "big")


def _vector(width: int, data: bytes) -> bytes:
    return len(data).to_bytes(width, "big") + data
