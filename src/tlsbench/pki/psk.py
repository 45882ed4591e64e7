"""The external PSK: a secret that both sides know beforehand (RFC 8446 section 2.2, RFC 9257)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from functools import cache
from typing import Final

#: A length that every library accepts: some accept no longer keys.
_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class ExternalPsk:
    """A secret, and the identity sent for it on the wire in the clear.

    :param identity: chosen by whoever provisions the secret; RFC 9257 section 7 asks for 16 bytes or more.
    :param key: each key is for one hash (RFC 8446 section 4.2.11), that of the scenario's cipher suite.
    """

    identity: bytes
    key: bytes = field(repr=False)


@cache
def external_psk() -> ExternalPsk:
    """The external PSK of this process, made once, like its certificates."""
    return ExternalPsk(b"tlsbench external PSK", secrets.token_bytes(_KEY_BYTES))
