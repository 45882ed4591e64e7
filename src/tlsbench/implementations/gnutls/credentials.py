"""What GnuTLS presents instead of a certificate: a raw public key, or knowledge of an external PSK."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tlsbench.implementations.gnutls import bindings as native
from tlsbench.implementations.gnutls.bindings import Library, datum, ffi
from tlsbench.pki import Identity, external_psk
from tlsbench.pki.keys import to_pem
from tlsbench.scenarios import Gap, Scenario, ciphers, gap
from tlsbench.scenarios.axes import AXES

#: gnutls_kx_algorithm_t: those with a PSK.
_KX_PSK: Final = (9, 10, 14)
#: gnutls_credentials_type_t
CRD_PSK: Final = 4
#: gnutls_certificate_type_t
_CRT_RAWPK: Final = 3
#: gnutls_ctype_target_t: the client's or the server's.
_OF_CLIENT, _OF_SERVER = 0, 1
_PSK_KEY_RAW: Final = 0
#: GNUTLS_KEY_DIGITAL_SIGNATURE: the key signs.
_SIGNS: Final = 128
#: The priority keywords for raw public keys.
RAW_PRIORITIES: Final = ("+CTYPE-SRV-RAWPK", "+CTYPE-CLI-RAWPK")
#: The priority keyword for a PSK key exchange, by mode.
PSK_PRIORITIES: Final[Mapping[str, str]] = {"psk_dhe_ke": "+ECDHE-PSK", "psk_ke": "+PSK"}


def credential_gaps() -> Iterator[Gap]:
    """What GnuTLS does not support of these axes."""
    yield gap(
        "its PSKs are for SHA-256, which the cipher suite does not use",
        version="1.3",
        resumption="external-psk",
        cipher=tuple(suite for suite in ciphers.BY_NAME if not suite.endswith("_SHA256")),
    )
    yield gap("its server does not say why it refuses a ticket", ticket_state=AXES["ticket_state"].special)
    yield gap(
        "it never leaves out the key exchange when it resumes its own tickets",
        psk_mode="psk_ke",
        resumption="psk",
    )


class Psk:
    """The external PSK of a side: its credentials, and what the library reports of them."""

    def __init__(self, lib: Library, *, is_server: bool) -> None:
        self._lib, self._is_server, self._psk = lib, is_server, external_psk()
        side = "server" if is_server else "client"
        place = ffi.new(f"gnutls_psk_{side}_credentials_t *")
        lib.must(getattr(lib, f"gnutls_psk_allocate_{side}_credentials")(place))
        self.credentials: Any = ffi.gc(place[0], getattr(lib, f"gnutls_psk_free_{side}_credentials"))
        if is_server:
            kind = "int (gnutls_session_t, const gnutls_datum_t *, gnutls_datum_t *)"
            self._find: Any = ffi.callback(kind, self._found, error=-1)
            lib.gnutls_psk_set_server_credentials_function2(self.credentials, self._find)
        else:
            (identity, _first), (key, _second) = datum(self._psk.identity), datum(self._psk.key)
            lib.must(lib.gnutls_psk_set_client_credentials2(self.credentials, identity, key, _PSK_KEY_RAW))

    def _found(self, _session: Any, identity: Any, key: Any) -> int:
        if bytes(ffi.buffer(identity.data, identity.size)) != self._psk.identity:
            return -1
        size = len(self._psk.key)
        key.data, key.size = self._lib.gnutls_malloc(size), size  # the library frees it
        ffi.memmove(key.data, self._psk.key, size)
        return native.E_SUCCESS

    def taken(self, session: Any) -> bytes:
        """The identity of the PSK that a connection used; ``b""`` if it used none."""
        lib = self._lib
        if lib.gnutls_kx_get(session) not in _KX_PSK or lib.gnutls_session_is_resumed(session):
            return b""
        if not self._is_server:
            return self._psk.identity  # it has no other
        place: Any = ffi.new("gnutls_datum_t *")
        if lib.gnutls_psk_server_get_username2(session, place) != native.E_SUCCESS:
            return b""
        return bytes(ffi.buffer(place.data, place.size))


class RawKey:
    """The raw public keys of a side (RFC 7250): its own, and the one that it expects.

    GnuTLS does not verify raw keys: as in any application, a callback compares the key with the known one.

    :param own: the identity to present; None for a client that presents none.
    :param expected: the identity of the peer; None if it presents none.
    """

    def __init__(
        self,
        lib: Library,
        credentials: Any,
        *,
        own: Identity | None,
        expected: Identity | None,
        is_server: bool,
    ) -> None:
        self._lib = lib
        self._whose = _OF_CLIENT if is_server else _OF_SERVER
        self._expected = expected.public_key_der if expected is not None else b""
        if own is not None:
            pem = _public_pem(own)
            (public, _first), (private, _second) = datum(pem), datum(to_pem(own.private_key))
            load = lib.gnutls_certificate_set_rawpk_key_mem
            lib.must(load(credentials, public, private, native.FORMAT_PEM, ffi.NULL, _SIGNS, ffi.NULL, 0, 0))
        self._verify: Any = ffi.callback("int (gnutls_session_t)", self._judge, error=-1)
        if expected is not None:
            lib.gnutls_certificate_set_verify_function(credentials, self._verify)

    def shown(self, session: Any) -> bytes:
        """The peer's raw public key; ``b""`` if it presented none."""
        lib, count = self._lib, ffi.new("unsigned int *")
        if lib.gnutls_certificate_type_get2(session, self._whose) != _CRT_RAWPK:
            return b""
        shown = lib.gnutls_certificate_get_peers(session, count)
        return bytes(ffi.buffer(shown[0].data, shown[0].size)) if shown != ffi.NULL and count[0] else b""

    def _judge(self, session: Any) -> int:
        is_expected = bool(self._expected) and self.shown(session) == self._expected
        return native.E_SUCCESS if is_expected else native.E_CERTIFICATE_ERROR


def _public_pem(identity: Identity) -> bytes:
    return identity.private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def with_credentials(words: list[str], scenario: Scenario) -> list[str]:
    """Add what a scenario uses besides certificates to its priorities."""
    if scenario.certificate_type == "raw_public_key":
        words += RAW_PRIORITIES
    if scenario.resumption == "external-psk" and scenario.version == "1.3":
        words.append(PSK_PRIORITIES[scenario.psk_mode])
    return words
