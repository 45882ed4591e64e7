"""The external PSK: a secret that both sides know beforehand (RFC 8446 section 2.2, RFC 9257)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from functools import cache
from typing import Final

#: What every library takes: some take no more.
_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class ExternalPsk:
    """A secret and the name that it goes by on the wire, in the clear.

    :param identity: chosen by whoever provisions it; RFC 9257 section 7 asks for 16 bytes or more.
    :param key: each key is for one hash (RFC 8446 section 4.2.11): that of the scenario's suite.
    """

    identity: bytes
    key: bytes = field(repr=False)


@cache
def external_psk() -> ExternalPsk:
    """The process's own, made once, as its certificates are."""
    return ExternalPsk(b"tlsbench external PSK", secrets.token_bytes(_KEY_BYTES))
