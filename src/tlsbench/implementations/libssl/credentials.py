"""What a libssl presents instead of a certificate: a raw public key, or knowledge of an external PSK."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from tlsbench.errors import HandshakeError
from tlsbench.implementations import openssl_names
from tlsbench.implementations.libssl.bindings import Library, ffi, text
from tlsbench.implementations.libssl.tickets import ClientTickets, ServerTickets
from tlsbench.pki import ExternalPsk, Peers, external_psk
from tlsbench.protocol.messages import VERSION_CODE_POINTS
from tlsbench.scenarios import Gap, Scenario, ciphers, gap
from tlsbench.scenarios.axes import AXES
from tlsbench.scenarios.ciphers import BEFORE_13

#: The functions of a libssl and its libcrypto that each axis, or value of one, needs.
NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "certificate_type": ("SSL_CTX_set1_server_cert_type", "SSL_add_expected_rpk", "SSL_CTX_dane_enable"),
    "ticket_state": ("SSL_CTX_set_tlsext_ticket_key_evp_cb", "SSL_SESSION_set_time"),
    "ticket_lifetime": ("SSL_CTX_set_timeout", "SSL_SESSION_get_ticket_lifetime_hint"),
}
#: The functions that external PSKs need, by version: up to TLS 1.2 a PSK is a key, and since then a session.
_NEEDED_FOR_PSKS: Final[Mapping[tuple[str, ...], tuple[str, ...]]] = {
    BEFORE_13: ("SSL_CTX_set_psk_client_callback", "SSL_CTX_set_psk_server_callback", "SSL_get_psk_identity"),
    ("1.3",): (
        "SSL_CTX_set_psk_use_session_callback",
        "SSL_CTX_set_psk_find_session_callback",
        "SSL_SESSION_set1_master_key",
    ),
}
#: TLSEXT_cert_type_rpk of SSL_CTX_set1_server_cert_type(3).
_RAW_PUBLIC_KEY: Final = 2
#: The first version whose server can prefer psk_ke.
_PREFERS_SINCE: Final = 0x30300000


class Part(Protocol):
    """A feature that is set on each connection, and on which the connection then reports."""

    def equip(self, tls: Any) -> None:
        """Prepare a new connection."""

    def told(self, tls: Any) -> Mapping[str, Any]:
        """What the library reports after the handshake, by field of ``Negotiated``."""


def credential_gaps(lib: Library) -> Iterator[Gap]:
    """What a library does not support of these axes."""
    for name, functions in NEEDED.items():
        axis, _, value = name.partition("=")
        if lacking := lib.lacks(*functions):
            values = (value,) if value else AXES[axis].special
            yield gap(f"{lib.path} has no {', '.join(lacking)}", **{axis: values})
    for versions, functions in _NEEDED_FOR_PSKS.items():
        if lacking := lib.lacks(*functions):
            reason = f"{lib.path} has no {', '.join(lacking)}"
            yield gap(reason, version=versions, resumption="external-psk")
    if lib.OpenSSL_version_num() < _PREFERS_SINCE or not lib.has("SSL_CTX_set_ciphersuites"):
        yield gap("its server cannot leave out the key exchange", psk_mode="psk_ke")


def supported(lib: Library) -> tuple[str, ...]:
    """Those of these axes that a library supports."""
    return (
        *(name for name, functions in NEEDED.items() if not lib.lacks(*functions)),
        "resumption=external-psk",
        "psk_mode",
    )


def parts_of(
    lib: Library, context: Any, scenario: Scenario, peers: Peers, *, is_server: bool
) -> Sequence[Part]:
    """Set up a context for a scenario's raw public keys, PSKs and tickets.

    :raises HandshakeError: if the library refuses it.
    """
    if scenario.psk_mode == "psk_ke":
        lib.SSL_CTX_set_options(context, openssl_names.NO_DHE_KEX)
    parts: list[Part] = []
    if scenario.certificate_type == "raw_public_key":
        parts.append(_RawKeys.of(lib, context, scenario, peers, is_server=is_server))
    if scenario.resumption == "external-psk":
        parts.append(_ExternalPsks(lib, context, scenario, is_server=is_server))
    if is_server:
        parts += ServerTickets.of(lib, context, scenario)
    elif scenario.ticket_lifetime not in ("", "default"):
        parts.append(ClientTickets(lib))
    return parts


@dataclass(frozen=True, slots=True)
class _RawKeys:
    """Raw public keys (RFC 7250): each side uses the key of its certificate.

    :param expected: the peer's key; None if it presents none.
    """

    lib: Library
    expected: Any

    @classmethod
    def of(cls, lib: Library, context: Any, scenario: Scenario, peers: Peers, *, is_server: bool) -> _RawKeys:
        shows_client = scenario.client_auth == "required"
        for set_types, is_used in (
            (lib.SSL_CTX_set1_server_cert_type, True),
            (lib.SSL_CTX_set1_client_cert_type, shows_client),
        ):
            if is_used and set_types(context, bytes([_RAW_PUBLIC_KEY]), 1) != 1:
                raise HandshakeError(f"{lib.name}: it does not accept raw public keys")
        lib.SSL_CTX_dane_enable(context)  # it treats expected keys as DANE records (SSL_add_expected_rpk(3))
        peer = peers.client if is_server else peers.server
        expected = _loaded(lib, peer.public_key_der) if shows_client or not is_server else None
        return cls(lib, expected)

    def equip(self, tls: Any) -> None:
        if self.expected is not None:
            self.lib.SSL_dane_enable(tls, ffi.NULL)
            if self.lib.SSL_add_expected_rpk(tls, self.expected) != 1:
                raise HandshakeError(f"{self.lib.name}: it expects no raw public key")

    def told(self, tls: Any) -> Mapping[str, Any]:
        key = self.lib.SSL_get0_peer_rpk(tls)
        if key == ffi.NULL:
            return {}
        # If a side asks for verification and it fails, the handshake does not complete.
        is_good = self.lib.SSL_get_verify_result(tls) == 0
        return {"peer_public_key": _der_of(self.lib, key), "peer_verified": is_good}


def _loaded(lib: Library, der: bytes) -> Any:
    data = ffi.from_buffer("unsigned char[]", der)
    key = lib.d2i_PUBKEY(ffi.NULL, ffi.new("unsigned char **", data), len(der))
    if key == ffi.NULL:
        lib.ERR_clear_error()
        raise HandshakeError(f"{lib.name}: it does not take the public key")
    return ffi.gc(key, lib.EVP_PKEY_free)


def _der_of(lib: Library, key: Any) -> bytes:
    length = lib.i2d_PUBKEY(key, ffi.NULL)
    der = ffi.new("unsigned char[]", length)
    lib.i2d_PUBKEY(key, ffi.new("unsigned char **", der))
    return bytes(ffi.buffer(der, length))


class _ExternalPsks:
    """An external PSK that callbacks hand over, and the connections that used it."""

    def __init__(self, lib: Library, context: Any, scenario: Scenario, *, is_server: bool) -> None:
        self._lib = lib
        self._psk = external_psk()
        self._is_13 = scenario.version == "1.3"
        self._suite = ciphers.BY_NAME[scenario.cipher].code_point.to_bytes(2, "big")
        self._identity = ffi.new("unsigned char[]", self._psk.identity)
        #: The addresses of the connections that were handed the PSK.
        self._handed: set[int] = set()
        self._callback = self._set(context, is_server=is_server)

    def _set(self, context: Any, *, is_server: bool) -> Any:
        lib, kinds = self._lib, _CALLBACKS[self._is_13, is_server]
        callback = ffi.callback(kinds.signature, getattr(self, kinds.method), error=0)
        getattr(lib, kinds.setter)(context, callback)
        return callback

    def equip(self, tls: Any) -> None:
        self._handed.discard(_address(tls))

    def told(self, tls: Any) -> Mapping[str, Any]:
        if not self._is_13:
            return {"psk_identity": (text(self._lib.SSL_get_psk_identity(tls)) or "").encode()}
        # No earlier session was handed over: if it reports one as reused, that is the PSK.
        took_it = _address(tls) in self._handed and bool(self._lib.SSL_session_reused(tls))
        return {"psk_identity": self._psk.identity, "resumed": False} if took_it else {}

    def use(self, tls: Any, _digest: Any, identity: Any, length: Any, session: Any) -> int:
        """SSL_psk_use_session_cb_func of SSL_CTX_set_psk_use_session_callback(3)."""
        identity[0], length[0], session[0] = self._identity, len(self._psk.identity), self._session(tls)
        return 1

    def find(self, tls: Any, identity: Any, length: int, session: Any) -> int:
        """SSL_psk_find_session_cb_func of SSL_CTX_set_psk_find_session_callback(3)."""
        is_ours = bytes(ffi.buffer(identity, length)) == self._psk.identity
        session[0] = self._session(tls) if is_ours else ffi.NULL
        return 1

    def _session(self, tls: Any) -> Any:
        """The PSK as a session, which the library then owns."""
        lib, psk = self._lib, self._psk
        self._handed.add(_address(tls))
        session = lib.SSL_SESSION_new()
        lib.SSL_SESSION_set1_master_key(session, psk.key, len(psk.key))
        lib.SSL_SESSION_set_cipher(session, lib.SSL_CIPHER_find(tls, self._suite))
        lib.SSL_SESSION_set_protocol_version(session, VERSION_CODE_POINTS["1.3"])
        return session

    def give_12(self, _tls: Any, _hint: Any, identity: Any, most: int, key: Any, most_key: int) -> int:
        """SSL_psk_client_cb_func of SSL_CTX_set_psk_client_callback(3)."""
        return _put(self._psk, identity, most, key, most_key)

    def find_12(self, _tls: Any, identity: Any, key: Any, most_key: int) -> int:
        """SSL_psk_server_cb_func of SSL_CTX_set_psk_server_callback(3)."""
        psk = self._psk
        if ffi.string(identity) != psk.identity or most_key < len(psk.key):
            return 0
        ffi.memmove(key, psk.key, len(psk.key))
        return len(psk.key)


def _put(psk: ExternalPsk, identity: Any, most: int, key: Any, most_key: int) -> int:
    if most <= len(psk.identity) or most_key < len(psk.key):
        return 0
    ffi.memmove(identity, psk.identity + b"\0", len(psk.identity) + 1)
    ffi.memmove(key, psk.key, len(psk.key))
    return len(psk.key)


def _address(tls: Any) -> int:
    return int(ffi.cast("uintptr_t", tls))


@dataclass(frozen=True, slots=True)
class _Callback:
    """How a library asks for a PSK: the setter of the callback, its type, and the method that answers."""

    setter: str
    signature: str
    method: str


#: Keyed by whether it is for TLS 1.3, and whether for a server.
_CALLBACKS: Final[Mapping[tuple[bool, bool], _Callback]] = {
    (True, False): _Callback(
        "SSL_CTX_set_psk_use_session_callback",
        "int (SSL *, const EVP_MD *, const unsigned char **, size_t *, SSL_SESSION **)",
        "use",
    ),
    (True, True): _Callback(
        "SSL_CTX_set_psk_find_session_callback",
        "int (SSL *, const unsigned char *, size_t, SSL_SESSION **)",
        "find",
    ),
    (False, False): _Callback(
        "SSL_CTX_set_psk_client_callback",
        "unsigned int (SSL *, const char *, char *, unsigned int, unsigned char *, unsigned int)",
        "give_12",
    ),
    (False, True): _Callback(
        "SSL_CTX_set_psk_server_callback",
        "unsigned int (SSL *, const char *, unsigned char *, unsigned int)",
        "find_12",
    ),
}


def all_told(parts: Sequence[Part], told: Callable[[Any], Mapping[str, Any]], tls: Any) -> Mapping[str, Any]:
    """What a connection reports of these axes, in addition to the others."""
    found = dict(told(tls))
    for part in parts:
        found |= part.told(tls)
    return found
