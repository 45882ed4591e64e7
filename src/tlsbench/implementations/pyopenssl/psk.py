"""External PSKs with pyOpenSSL, which binds OpenSSL's callbacks but does not expose them in its API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from OpenSSL import SSL

from tlsbench.implementations import openssl_names
from tlsbench.pki import external_psk
from tlsbench.protocol.messages import VERSION_CODE_POINTS
from tlsbench.scenarios import Gap, Scenario, ciphers, gap
from tlsbench.scenarios.axes import AXES

_lib: Final[Any] = SSL._lib  # type: ignore[attr-defined]  # not public, as in bindings.py
_ffi: Final[Any] = SSL._ffi  # type: ignore[attr-defined]  # as above

#: The functions that are needed, in TLS 1.3 and in TLS 1.2.
SYMBOLS: Final = (
    "SSL_CTX_set_psk_use_session_callback",
    "SSL_CTX_set_psk_find_session_callback",
    "SSL_CTX_set_psk_client_callback",
    "SSL_CTX_set_psk_server_callback",
    "Cryptography_SSL_SESSION_new",
    "SSL_SESSION_set1_master_key",
    "SSL_CIPHER_find",
)


class ExternalPsks:
    """The PSK of a context, which its callbacks hand over, and the connections that it was handed to.

    :param is_server: whether the context is a server's.
    """

    def __init__(self, context: SSL.Context, scenario: Scenario, *, is_server: bool) -> None:
        self._psk = external_psk()
        self._suite = ciphers.BY_NAME[scenario.cipher].code_point.to_bytes(2, "big")
        self._identity = _ffi.new("unsigned char[]", self._psk.identity)
        self._is_13 = scenario.version == "1.3"
        self._handed: set[int] = set()
        setter, signature, answer = self._callbacks()[self._is_13, is_server]
        # An exception in a callback cannot propagate: it must not count as acceptance.
        self._callback: object = _ffi.callback(signature, answer, error=0)
        setter(context._context, self._callback)

    def _callbacks(self) -> dict[tuple[bool, bool], tuple[Any, str, Callable[..., int]]]:
        """For each version and end: the setter of the callback, its type, and the method that answers."""
        return {
            (True, False): (
                _lib.SSL_CTX_set_psk_use_session_callback,
                "int (SSL *, const EVP_MD *, const unsigned char **, size_t *, SSL_SESSION **)",
                self._use,
            ),
            (True, True): (
                _lib.SSL_CTX_set_psk_find_session_callback,
                "int (SSL *, const unsigned char *, size_t, SSL_SESSION **)",
                self._find,
            ),
            (False, False): (
                _lib.SSL_CTX_set_psk_client_callback,
                "unsigned int (SSL *, const char *, char *, unsigned int, unsigned char *, unsigned int)",
                self._give_12,
            ),
            (False, True): (
                _lib.SSL_CTX_set_psk_server_callback,
                "unsigned int (SSL *, const char *, unsigned char *, unsigned int)",
                self._find_12,
            ),
        }

    def begin(self, connection: SSL.Connection) -> None:
        """Forget what was handed to an earlier connection at the same address."""
        self._handed.discard(_address(connection._ssl))

    def taken(self, connection: SSL.Connection) -> bytes:
        """The identity of the PSK that a connection used; ``b""`` if it used none.

        In TLS 1.3 OpenSSL reports a reused session: no earlier one was handed over, so it is the PSK.
        """
        tls = connection._ssl
        if _address(tls) not in self._handed:
            return b""
        is_by_psk = not self._is_13 or _lib.SSL_session_reused(tls)
        return self._psk.identity if is_by_psk else b""

    def _use(self, tls: Any, _digest: Any, identity: Any, length: Any, session: Any) -> int:
        identity[0], length[0], session[0] = self._identity, len(self._psk.identity), self._session(tls)
        return 1

    def _find(self, tls: Any, identity: Any, length: int, session: Any) -> int:
        is_ours = bytes(_ffi.buffer(identity, length)) == self._psk.identity
        session[0] = self._session(tls) if is_ours else _ffi.NULL
        return 1

    def _session(self, tls: Any) -> Any:
        """The PSK as a session, which the library then owns."""
        key = self._psk.key
        self._handed.add(_address(tls))
        session = _lib.Cryptography_SSL_SESSION_new()
        _lib.SSL_SESSION_set1_master_key(session, key, len(key))
        _lib.SSL_SESSION_set_cipher(session, _lib.SSL_CIPHER_find(tls, self._suite))
        _lib.SSL_SESSION_set_protocol_version(session, VERSION_CODE_POINTS["1.3"])
        return session

    def _give_12(self, tls: Any, _hint: Any, identity: Any, most: int, key: Any, most_key: int) -> int:
        name = self._psk.identity + b"\0"
        if most < len(name):
            return 0
        _ffi.memmove(identity, name, len(name))
        return self._hand(tls, key, most_key)

    def _find_12(self, tls: Any, identity: Any, key: Any, most_key: int) -> int:
        return self._hand(tls, key, most_key) if _ffi.string(identity) == self._psk.identity else 0

    def _hand(self, tls: Any, into: Any, most: int) -> int:
        key = self._psk.key
        if most < len(key):
            return 0
        self._handed.add(_address(tls))
        _ffi.memmove(into, key, len(key))
        return len(key)


def _address(tls: Any) -> int:
    return int(_ffi.cast("uintptr_t", tls))


def psk_gaps() -> Iterator[Gap]:
    """What this pyOpenSSL does not support of PSKs and of what replaces certificates."""
    missing = [symbol for symbol in SYMBOLS if not hasattr(_lib, symbol)]
    if missing:
        yield gap(f"this pyOpenSSL does not bind {', '.join(missing)}", resumption="external-psk")
    yield gap("pyOpenSSL does not bind SSL_CTX_set1_server_cert_type", certificate_type="raw_public_key")
    yield gap(
        "pyOpenSSL does not bind SSL_CTX_set_tlsext_ticket_key_evp_cb",
        ticket_state=AXES["ticket_state"].special,
    )


def psks_of(context: SSL.Context, scenario: Scenario, *, is_server: bool) -> ExternalPsks | None:
    """Set up a context for a scenario's PSKs; None if it has no external one."""
    if scenario.psk_mode == "psk_ke":
        context.set_options(openssl_names.NO_DHE_KEX)
    if scenario.resumption != "external-psk":
        return None
    return ExternalPsks(context, scenario, is_server=is_server)
