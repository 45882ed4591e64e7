"""wolfSSL as a libssl: the functions of its OpenSSL layer are OpenSSL's, with the prefix ``wolfSSL_``.

A build with ``--enable-opensslall``, such as Debian's, has the layer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any, Final

from tlsbench.implementations.libssl import bindings as libssl
from tlsbench.implementations.libssl.bindings import DECLARATIONS, ffi, text
from tlsbench.implementations.libssl.suite_bindings import SUITE_DECLARATIONS
from tlsbench.implementations.native import first_that_loads
from tlsbench.implementations.openssl_names import group_from_openssl
from tlsbench.scenarios import ciphers, groups

#: Its file names on various systems, newest first.
_NAMES: Final = (
    *(f"libwolfssl.so.{number}" for number in (44, 43, 42, 41, 40, 39, 38, 37, 36, 35)),
    "libwolfssl.dylib",
)
#: The functions whose names do not follow from the prefix.
_RENAMED: Final = {
    "TLS_client_method": "wolfTLS_client_method",
    "TLS_server_method": "wolfTLS_server_method",
    "SSL_do_handshake": "wolfSSL_SSL_do_handshake",
    "SSL_get1_peer_certificate": "wolfSSL_get_peer_certificate",
    "OPENSSL_sk_num": "wolfSSL_sk_X509_num",
    "OPENSSL_sk_value": "wolfSSL_sk_X509_value",
}
_OWN: Final = """
    int wolfSSL_Init(void);
    const char *wolfSSL_lib_version(void);
    const char *wolfSSL_get_curve_name(SSL *ssl);
    int wolfSSL_CTX_set1_groups(SSL_CTX *context, int *groups, int count);
    void *wolfSSL_get_peer_chain(SSL *ssl);
    int wolfSSL_get_chain_count(void *chain);
    int wolfSSL_get_chain_length(void *chain, int index);
    unsigned char *wolfSSL_get_chain_cert(void *chain, int index);
    int wolfSSL_CTX_NoTicketTLSv12(SSL_CTX *context);
    int wolfSSL_CTX_UseSessionTicket(SSL_CTX *context);
    void wolfSSL_CTX_set_psk_client_tls13_callback(SSL_CTX *context, unsigned int (*callback)(
        SSL *, const char *, char *, unsigned int, unsigned char *, unsigned int, const char **));
    void wolfSSL_CTX_set_psk_server_tls13_callback(SSL_CTX *context, unsigned int (*callback)(
        SSL *, const char *, unsigned char *, unsigned int, const char **));
    const char *wolfSSL_get_psk_identity(SSL *ssl);
    int wolfSSL_CTX_no_dhe_psk(SSL_CTX *context);
    int wolfSSL_CTX_UseMaxFragment(SSL_CTX *context, unsigned char code);
    int wolfSSL_update_keys(SSL *ssl);
    int wolfSSL_get_ciphers_iana(char *into, int bytes);
    int wolfSSL_CTX_SetTmpDH(SSL_CTX *context, const unsigned char *p, int p_bytes,
                             const unsigned char *g, int g_bytes);
"""
#: OpenSSL's names that have another meaning here, or none.
_UNLIKE: Final = (
    *("SSL_get_curve_name", "SSL_get_curve_id", "SSL_group_to_name", "dladdr"),
    "SSL_get0_verified_chain",  # the chain as sent, without its first certificate
)
#: The most bytes in its list of suites.
_MOST_BYTES: Final = 1 << 15


def _name(of_openssl: str) -> str:
    return _RENAMED.get(of_openssl) or f"wolfSSL_{of_openssl.removeprefix('SSL_')}"


def _functions() -> Iterator[str]:
    """The declarations of libssl's functions, under their names here."""
    known = set()
    for declaration in (DECLARATIONS + SUITE_DECLARATIONS).split(";"):
        function = re.search(r"\b(\w+)\(", declaration)
        if "typedef" in declaration or function is None or function[1] in _UNLIKE:
            continue
        name = _name(function[1])
        if name not in known:
            known.add(name)
            yield f"{declaration[: function.start(1)]}{name}{declaration[function.end(1) :]};"


def _set_suite(library: Library, context: Any, suite: bytes) -> int:
    """Set a suite by its IANA name, in one list for all versions; OpenSSL has two, of names of its own."""
    name = ciphers.BY_OPENSSL_NAME[suite.decode("ascii")].name
    result: int = library.wolfSSL_CTX_set_cipher_list(context, name.encode("ascii"))
    return result


def _set_groups(library: Library, context: Any, names: bytes) -> int:
    """Set groups by their code points: its own list by name has no x25519."""
    found = [group_from_openssl(name) or "" for name in names.decode("ascii").split(":")]
    points = [groups.BY_NAME[name].code_point for name in found]
    result: int = library.wolfSSL_CTX_set1_groups(context, points, len(points))
    return result


def _ask_for_fragments(library: Library, context: Any, code: int) -> int:
    result: int = library.wolfSSL_CTX_UseMaxFragment(context, code)
    return result


def _update_keys(library: Library, tls: Any, _asks: int) -> int:
    """Send a KeyUpdate, which always requests one in return, except as an answer to such a request."""
    result: int = library.wolfSSL_update_keys(tls)
    return result


#: The functions that are implemented differently.
_OTHERWISE: Final[Mapping[str, Callable[..., int]]] = {
    "SSL_CTX_set_tlsext_max_fragment_length": _ask_for_fragments,
    "SSL_key_update": _update_keys,
    "SSL_CTX_set_ciphersuites": _set_suite,
    "SSL_CTX_set_cipher_list": _set_suite,
    "SSL_CTX_set1_groups_list": _set_groups,
}


class Library(libssl.Library):
    """A loaded wolfSSL, under the names of a libssl."""

    name = "wolfssl"

    def _find(self, name: str) -> Any:
        if name in _UNLIKE:
            raise AttributeError(name)
        if name in _OTHERWISE:
            return partial(_OTHERWISE[name], self)
        return getattr(self.handle, name if name.startswith("wolfSSL_") else _name(name))

    def cipher_of(self, tls: Any) -> str | None:
        """The suite of a connection, by its code point: some of its names for suites are its own."""
        code_point = self.SSL_CIPHER_get_id(self.SSL_get_current_cipher(tls)) & 0xFFFF
        suite = ciphers.BY_CODE_POINT.get(code_point)
        return suite.name if suite is not None else f"{code_point:#06x}"

    def suites(self) -> tuple[str, ...]:
        """The suites that it lists, by IANA name."""
        into = ffi.new("char[]", _MOST_BYTES)
        self.wolfSSL_get_ciphers_iana(into, _MOST_BYTES)
        return tuple((text(into) or "").split(":"))

    def peer_certificate_of(self, tls: Any) -> bytes:
        """The peer's leaf as it was sent: its X509 of an Ed25519 certificate has no DER."""
        chain = self.wolfSSL_get_peer_chain(tls)
        if chain == ffi.NULL or not self.wolfSSL_get_chain_count(chain):
            return b""
        der = self.wolfSSL_get_chain_cert(chain, 0)
        return bytes(ffi.buffer(der, self.wolfSSL_get_chain_length(chain, 0)))

    def chain_length_of(self, tls: Any, *, is_server: bool) -> int | None:  # noqa: ARG002 - it is the same
        chain = self.wolfSSL_get_peer_chain(tls)
        return self.wolfSSL_get_chain_count(chain) or None if chain != ffi.NULL else None

    def group_of(self, tls: Any) -> str | None:
        name = text(self.wolfSSL_get_curve_name(tls))
        return group_from_openssl(name.replace("FFDHE_", "ffdhe") if name is not None else None)


def find() -> str | None:
    """The system's wolfSSL, as the dynamic linker finds it; None if there is none."""
    return first_that_loads(_NAMES)


@cache
def load(path: str) -> Library:
    """Load a wolfSSL by its file name or path, and initialise it.

    :raises OSError: if it cannot be loaded.
    """
    libssl.declare()
    ffi.cdef("".join(_functions()) + _OWN)
    library = Library(ffi.dlopen(path), path)
    library.wolfSSL_Init()
    return library
