"""The tickets of a libssl's server: the keys that seal them, and how long they are valid."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tlsbench.errors import MeasurementError
from tlsbench.implementations.libssl.bindings import Library, ffi
from tlsbench.implementations.libssl.kdfs import OCTETS, UNMODIFIED, UTF8
from tlsbench.scenarios import Scenario
from tlsbench.scenarios.credentials import EXPIRING_LIFETIME_S

#: SSL_CTX_set_tlsext_ticket_key_evp_cb(3): the sizes of a key's name and of an initialisation vector.
_NAME_BYTES: Final = 16
_IV_BYTES: Final = 16
_KEY_BYTES: Final = 32
#: What its callback returns: not our ticket, a good one, one to be renewed, or failure.
_UNKNOWN, _GOOD, _RENEW, _FAILED = 0, 1, 2, -1


@dataclass(frozen=True, slots=True)
class _Key:
    """A key that seals tickets: its name, which is in each ticket, an AES-256-CBC key and an HMAC key."""

    name: bytes = field(default_factory=lambda: os.urandom(_NAME_BYTES))
    encryption: bytes = field(default_factory=lambda: os.urandom(_KEY_BYTES), repr=False)
    authentication: bytes = field(default_factory=lambda: os.urandom(_KEY_BYTES), repr=False)


class ServerTickets:
    """The keys of a server's tickets, and the state of each ticket that it was shown."""

    def __init__(self, lib: Library, context: Any, scenario: Scenario) -> None:
        self._lib = lib
        self._current = _Key()
        self._previous: _Key | None = None
        self._found: dict[int, str] = {}
        self._state = scenario.ticket_state
        self._kept: list[Any] = []
        signature = "int (SSL *, unsigned char *, unsigned char *, EVP_CIPHER_CTX *, EVP_MAC_CTX *, int)"
        self._callback: Any = ffi.callback(signature, self._keys, error=_FAILED)
        if lib.SSL_CTX_set_tlsext_ticket_key_evp_cb(context, self._callback) != 1:
            raise MeasurementError(f"{lib.path} takes no keys for its tickets")
        if self._state == "expired":
            lib.SSL_CTX_set_timeout(context, EXPIRING_LIFETIME_S)
        self._cipher: Any = lib.EVP_aes_256_cbc()
        self._digest = ffi.new("char[]", b"SHA256")
        self._names = (ffi.new("char[]", b"key"), ffi.new("char[]", b"digest"))

    @classmethod
    def of(cls, lib: Library, context: Any, scenario: Scenario) -> list[ServerTickets]:
        """Set up a server's context for a scenario's tickets; return a part only if it sets their state."""
        if scenario.ticket_lifetime not in ("", "default"):
            lib.SSL_CTX_set_timeout(context, int(scenario.ticket_lifetime))
        return [] if scenario.ticket_state in ("", "current") else [cls(lib, context, scenario)]

    def rotate(self, *, keep_previous: bool) -> None:
        """Seal tickets with a new key from now on."""
        self._previous, self._current = self._current if keep_previous else None, _Key()

    def equip(self, tls: Any) -> None:
        self._found.pop(int(ffi.cast("uintptr_t", tls)), None)

    def told(self, tls: Any) -> Mapping[str, Any]:
        found = self._found.get(int(ffi.cast("uintptr_t", tls)))
        if found == "current" and not self._lib.SSL_session_reused(tls):
            found = "expired"  # it was opened, and its contents were good: nothing else is checked
        return {} if found is None else {"ticket_state": found}

    def _keys(  # noqa: PLR0917 - the library's own callback
        self, tls: Any, name: Any, iv: Any, cipher: Any, mac: Any, seals: int
    ) -> int:
        if seals:
            key, outcome = self._current, _GOOD
            ffi.memmove(name, key.name, _NAME_BYTES)
            ffi.memmove(iv, os.urandom(_IV_BYTES), _IV_BYTES)
        else:
            found = self._key_named(bytes(ffi.buffer(name, _NAME_BYTES)))
            state = {self._current: "current", self._previous: "previous-key"}.get(found, "unknown-key")
            self._found[int(ffi.cast("uintptr_t", tls))] = state if found is not None else "unknown-key"
            if found is None:
                return _UNKNOWN
            key, outcome = found, _RENEW if found is self._previous else _GOOD
        return outcome if self._set(key, iv, cipher, mac, seals) else _FAILED

    def _key_named(self, name: bytes) -> _Key | None:
        return next(
            (key for key in (self._current, self._previous) if key is not None and key.name == name), None
        )

    def _set(self, key: _Key, iv: Any, cipher: Any, mac: Any, seals: int) -> bool:
        lib = self._lib
        secret = ffi.from_buffer("unsigned char[]", key.authentication)
        parameters = ffi.new(
            "OSSL_PARAM[3]",
            [
                (self._names[0], OCTETS, secret, _KEY_BYTES, UNMODIFIED),
                (self._names[1], UTF8, self._digest, len(b"SHA256"), UNMODIFIED),
                (ffi.NULL, 0, ffi.NULL, 0, 0),
            ],
        )
        is_ready = lib.EVP_CipherInit_ex(cipher, self._cipher, ffi.NULL, key.encryption, iv, seals) == 1
        return bool(is_ready and lib.EVP_MAC_CTX_set_params(mac, parameters) == 1)


@dataclass(frozen=True, slots=True)
class ClientTickets:
    """What a client knows about its ticket."""

    lib: Library

    def equip(self, _tls: Any) -> None:
        """Do nothing: the ticket comes with the session."""

    def told(self, tls: Any) -> Mapping[str, Any]:
        lifetime = self.lib.SSL_SESSION_get_ticket_lifetime_hint(self.lib.SSL_get_session(tls))
        return {"ticket_lifetime": int(lifetime)} if lifetime else {}
