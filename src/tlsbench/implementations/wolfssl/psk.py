"""External PSKs with wolfSSL, by callbacks of its own instead of OpenSSL's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tlsbench.implementations.libssl.bindings import ffi, text
from tlsbench.implementations.wolfssl.bindings import Library
from tlsbench.pki import external_psk
from tlsbench.scenarios import Scenario

#: By whether it is a server's: the setter of the callback, its type, and the method that answers.
_CALLBACKS: Final = {
    False: (
        "wolfSSL_CTX_set_psk_client_tls13_callback",
        (
            "unsigned int (SSL *, const char *, char *, unsigned int, unsigned char *, unsigned int, "
            "const char **)"
        ),
        "give",
    ),
    True: (
        "wolfSSL_CTX_set_psk_server_tls13_callback",
        "unsigned int (SSL *, const char *, unsigned char *, unsigned int, const char **)",
        "find",
    ),
}


def _name_of(suite: str) -> bytes:
    """The name of a TLS 1.3 suite in wolfSSL."""
    return f"TLS13-{suite.removeprefix('TLS_').replace('AES_', 'AES').replace('_', '-')}".encode("ascii")


class ExternalPsks:
    """The PSK of a context, as a ``Part`` like those of a libssl."""

    def __init__(self, lib: Library, context: Any, scenario: Scenario, *, is_server: bool) -> None:
        self._lib, self._psk = lib, external_psk()
        self._suite = ffi.new("char[]", _name_of(scenario.cipher))
        setter, signature, method = _CALLBACKS[is_server]
        self._callback: Any = ffi.callback(signature, getattr(self, method), error=0)
        getattr(lib, setter)(context, self._callback)

    def equip(self, tls: Any) -> None:
        """Do nothing: the callback is set on the context."""

    def told(self, tls: Any) -> Mapping[str, Any]:
        """The identity, unless a certificate was sent: a client has one even if its PSK was refused."""
        was_refused = bool(self._lib.peer_certificate_of(tls))
        identity = text(self._lib.wolfSSL_get_psk_identity(tls)) or ""
        return {} if was_refused else {"psk_identity": identity.encode()}

    def give(
        self, _tls: Any, _hint: Any, identity: Any, most: int, key: Any, most_key: int, suite: Any
    ) -> int:
        """wc_psk_client_tls13_callback of wolfSSL_CTX_set_psk_client_tls13_callback."""
        name = self._psk.identity + b"\0"
        if most < len(name):
            return 0
        ffi.memmove(identity, name, len(name))
        return self._hand(key, most_key, suite)

    def find(self, _tls: Any, identity: Any, key: Any, most_key: int, suite: Any) -> int:
        """wc_psk_server_tls13_callback of wolfSSL_CTX_set_psk_server_tls13_callback."""
        return self._hand(key, most_key, suite) if ffi.string(identity) == self._psk.identity else 0

    def _hand(self, into: Any, most: int, suite: Any) -> int:
        key = self._psk.key
        if most < len(key):
            return 0
        ffi.memmove(into, key, len(key))
        suite[0] = self._suite
        return len(key)
