"""What a libssl knows of a chain beforehand, and how far it verifies it: the axis ``chain_sent``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tlsbench.implementations.libssl.bindings import Library, ffi
from tlsbench.scenarios import Gap, gap
from tlsbench.scenarios.chains import ANCHORED, KNOWN

#: X509_V_FLAG_PARTIAL_CHAIN: a certificate in the store need not be a root to be trusted (x509_vfy.h).
_PARTIAL_CHAIN: Final = 0x80000
#: The functions that each value of the axis needs.
_NEEDED: Final = {
    KNOWN: ("SSL_get0_verified_chain", "OPENSSL_sk_num"),
    ANCHORED: ("SSL_CTX_get0_param", "X509_VERIFY_PARAM_set_flags"),
}


def chains_supported(lib: Library) -> tuple[str, ...]:
    """The values of ``chain_sent`` that a library supports, as spelled in capabilities."""
    return tuple(f"chain_sent={value}" for value, needed in _NEEDED.items() if not lib.lacks(*needed))


def chain_gaps(lib: Library) -> Iterator[Gap]:
    """The values of ``chain_sent`` that a library does not support."""
    for value, needed in _NEEDED.items():
        if lacking := lib.lacks(*needed):
            yield gap(f"{lib.path} has no {', '.join(lacking)}", chain_sent=value)


def trust_anchors(lib: Library, context: Any) -> None:
    """Let a context end a chain at any certificate in its store, even an intermediate."""
    lib.X509_VERIFY_PARAM_set_flags(lib.SSL_CTX_get0_param(context), _PARTIAL_CHAIN)


def verified_length(lib: Library, tls: Any) -> int | None:
    """The length of the peer's verified chain; None if there is none, or it is not reported."""
    if lib.lacks(*_NEEDED[KNOWN]):
        return None
    chain = lib.SSL_get0_verified_chain(tls)
    return int(lib.OPENSSL_sk_num(chain)) if chain != ffi.NULL else None
