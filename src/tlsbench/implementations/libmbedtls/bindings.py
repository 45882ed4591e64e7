"""The functions of Mbed TLS 2.28, from its headers, and the callbacks through which it reads and writes.

Its structures are allocated by the caller, and no symbol gives their sizes: each gets more memory than any of
them takes in any build. The callbacks are Python functions, one pair for all connections.
"""

from __future__ import annotations

import os
from functools import cache, cached_property
from typing import Any, Final

from cffi import FFI

from tlsbench.errors import HandshakeError
from tlsbench.implementations.native import NativeLibrary, first_that_loads, text

_DECLARATIONS = """
    extern int (*mbedtls_mutex_lock)(void *mutex);  /* of a build with MBEDTLS_THREADING_C */
    typedef int (*random_t)(void *context, unsigned char *into, size_t length);
    typedef struct { int tag; size_t length; unsigned char *data; } buffer_t;
    typedef struct { int own; buffer_t der; } certificate_t;
    typedef struct { int group; uint16_t code_point; uint16_t bits; const char *name; } curve_t;
    typedef struct { int type; } cipher_t;

    void mbedtls_version_get_string(char *into);
    void mbedtls_strerror(int error, char *into, size_t most);
    int mbedtls_x509_crt_verify_info(char *into, size_t most, const char *prefix, uint32_t flags);
    const curve_t *mbedtls_ecp_curve_info_from_tls_id(uint16_t code_point);
    const char *mbedtls_ssl_get_ciphersuite_name(int code_point);
    const cipher_t *mbedtls_cipher_info_from_string(const char *name);

    void mbedtls_ctr_drbg_init(void *drbg);
    void mbedtls_ctr_drbg_free(void *drbg);
    int mbedtls_ctr_drbg_seed(
        void *drbg, random_t entropy, void *context, const unsigned char *custom, size_t length);
    int mbedtls_ctr_drbg_random(void *drbg, unsigned char *into, size_t length);

    void mbedtls_x509_crt_init(void *chain);
    void mbedtls_x509_crt_free(void *chain);
    int mbedtls_x509_crt_parse(void *chain, const unsigned char *pem, size_t length);
    int mbedtls_x509_crt_parse_file(void *chain, const char *path);
    void mbedtls_pk_init(void *key);
    void mbedtls_pk_free(void *key);
    int mbedtls_pk_parse_key(void *key, const unsigned char *pem, size_t length,
        const unsigned char *password, size_t password_length);

    void mbedtls_ssl_config_init(void *config);
    void mbedtls_ssl_config_free(void *config);
    int mbedtls_ssl_config_defaults(void *config, int endpoint, int transport, int preset);
    int mbedtls_ssl_conf_max_frag_len(void *config, unsigned char code);
    size_t mbedtls_ssl_get_output_max_frag_len(const void *tls);
    void mbedtls_ssl_conf_rng(void *config, random_t random, void *context);
    void mbedtls_ssl_conf_authmode(void *config, int mode);
    void mbedtls_ssl_conf_ca_chain(void *config, void *chain, void *revoked);
    int mbedtls_ssl_conf_own_cert(void *config, void *chain, void *key);
    void mbedtls_ssl_conf_ciphersuites(void *config, const int *code_points);
    const int *mbedtls_ssl_list_ciphersuites(void);
    int mbedtls_ssl_conf_dh_param_bin(void *config, const unsigned char *p, size_t p_bytes,
                                      const unsigned char *g, size_t g_bytes);
    void mbedtls_ssl_conf_curves(void *config, const int *groups);
    void mbedtls_ssl_conf_min_version(void *config, int major, int minor);
    void mbedtls_ssl_conf_max_version(void *config, int major, int minor);
    void mbedtls_ssl_conf_session_tickets(void *config, int enabled);
    void mbedtls_ssl_conf_session_tickets_cb(void *config, void *write, void *parse, void *context);
    void mbedtls_ssl_conf_session_cache(void *config, void *context, void *get, void *set);
    void mbedtls_ssl_conf_export_keys_ext_cb(void *config, int (*keep)(void *, const unsigned char *,
        const unsigned char *, size_t, size_t, size_t, const unsigned char *, const unsigned char *, int),
        void *context);
    void mbedtls_ssl_ticket_init(void *tickets);
    void mbedtls_ssl_ticket_free(void *tickets);
    int mbedtls_ssl_ticket_setup(void *tickets, random_t random, void *context, int cipher, uint32_t seconds);
    int mbedtls_ssl_ticket_write(void);
    int mbedtls_ssl_ticket_parse(void);
    void mbedtls_ssl_cache_init(void *cache);
    void mbedtls_ssl_cache_free(void *cache);
    int mbedtls_ssl_cache_get(void);
    int mbedtls_ssl_cache_set(void);

    void mbedtls_ssl_init(void *ssl);
    void mbedtls_ssl_free(void *ssl);
    int mbedtls_ssl_setup(void *ssl, const void *config);
    int mbedtls_ssl_set_hostname(void *ssl, const char *host);
    void mbedtls_ssl_set_bio(void *ssl, void *context, int (*send)(void *, const unsigned char *, size_t),
        int (*receive)(void *, unsigned char *, size_t), void *receive_in_time);
    int mbedtls_ssl_handshake(void *ssl);
    int mbedtls_ssl_read(void *ssl, unsigned char *into, size_t most);
    int mbedtls_ssl_write(void *ssl, const unsigned char *data, size_t length);
    const char *mbedtls_ssl_get_version(const void *ssl);
    const char *mbedtls_ssl_get_ciphersuite(const void *ssl);
    const certificate_t *mbedtls_ssl_get_peer_cert(const void *ssl);
    uint32_t mbedtls_ssl_get_verify_result(const void *ssl);
    void mbedtls_ssl_session_init(void *session);
    void mbedtls_ssl_session_free(void *session);
    int mbedtls_ssl_get_session(const void *ssl, void *session);
    int mbedtls_ssl_set_session(void *ssl, const void *session);

    void mbedtls_ssl_conf_handshake_timeout(void *config, uint32_t least_ms, uint32_t most_ms);
    void mbedtls_ssl_conf_dtls_cookies(void *config, void *write, void *check, void *context);
    void mbedtls_ssl_cookie_init(void *cookies);
    void mbedtls_ssl_cookie_free(void *cookies);
    int mbedtls_ssl_cookie_setup(void *cookies, random_t random, void *context);
    int mbedtls_ssl_cookie_write(void);
    int mbedtls_ssl_cookie_check(void);
    int mbedtls_ssl_set_client_transport_id(void *ssl, const unsigned char *id, size_t length);
    void mbedtls_ssl_set_timer_cb(void *ssl, void *context,
        void (*set)(void *, uint32_t, uint32_t), int (*get)(void *));
    void mbedtls_ssl_set_mtu(void *ssl, uint16_t bytes);
    int mbedtls_ssl_session_reset(void *ssl);
"""

#: mbedtls_ssl_export_keys_ext_t
_EXPORT: Final = """int (void *, const unsigned char *, const unsigned char *, size_t, size_t, size_t,
    const unsigned char *, const unsigned char *, int)"""
#: Gets the declarations when the library is loaded.
ffi: Final = FFI()

#: Its file name on Debian. Mbed TLS 3 has other structures, and sets up TLS 1.3 in another way.
_NAMES: Final = ("libmbedtls.so.14",)
#: More than any of these structures takes: the largest, a certificate's, has some 600 bytes. That of
#: its entropy may have 40,000, and is not used.
_STRUCTURE_BYTES: Final = 8192
_ERROR_BYTES: Final = 512
CLIENT: Final = 0
SERVER: Final = 1
TRANSPORT_STREAM: Final = 0
TRANSPORT_DATAGRAM: Final = 1
PRESET_DEFAULT: Final = 0
VERIFY_NONE: Final = 0
VERIFY_REQUIRED: Final = 2
MAJOR_VERSION: Final = 3
MINOR_VERSIONS: Final = {"1.0": 1, "1.1": 2, "1.2": 3}
MASTER_SECRET_BYTES: Final = 48
RANDOM_BYTES: Final = 32
E_WANT_READ: Final = -0x6900
E_HELLO_VERIFY_REQUIRED: Final = -0x6A80
E_PEER_CLOSE_NOTIFY: Final = -0x7880
E_CERT_VERIFY_FAILED: Final = -0x2700
#: The functions that DTLS needs in addition.
NEEDED_FOR_DTLS: Final = ("mbedtls_ssl_set_timer_cb", "mbedtls_ssl_set_mtu", "mbedtls_ssl_cookie_setup")
#: The functions without which nothing can be set and proved.
NEEDED: Final = ("mbedtls_ssl_conf_export_keys_ext_cb", "mbedtls_ssl_conf_curves", "mbedtls_ssl_ticket_setup")


class Library(NativeLibrary):
    """A loaded Mbed TLS."""

    def __init__(self, handle: Any, path: str) -> None:
        super().__init__(handle, path)
        self.send: Any = ffi.callback("int (void *, const unsigned char *, size_t)", _send, error=-1)
        self.receive: Any = ffi.callback("int (void *, unsigned char *, size_t)", _receive, error=-1)
        self.give: Any = ffi.callback(_EXPORT, _give, error=-1)
        self.set_timer: Any = ffi.callback("void (void *, uint32_t, uint32_t)", _set_timer)
        self.get_timer: Any = ffi.callback("int (void *)", _get_timer)
        self._entropy: Any = ffi.callback("int (void *, unsigned char *, size_t)", _entropy, error=-1)

    def new(self, kind: str) -> Any:
        """An initialised structure ``mbedtls_<kind>_…``, which is freed with the returned object."""
        memory = ffi.new("unsigned char[]", _STRUCTURE_BYTES)
        getattr(self, f"mbedtls_{kind}_init")(memory)
        return ffi.gc(memory, getattr(self, f"mbedtls_{kind}_free"))

    @cached_property
    def random(self) -> Any:
        """The state of ``mbedtls_ctr_drbg_random``, seeded by the system."""
        state = self.new("ctr_drbg")
        self.must(self.mbedtls_ctr_drbg_seed(state, self._entropy, ffi.NULL, ffi.NULL, 0))
        return state

    def must(self, result: int) -> None:
        """Check that a call succeeded.

        :raises HandshakeError: with the library's own message, if it failed.
        """
        if result < 0:
            raise HandshakeError(f"libmbedtls: {self.words(result)}")

    def words(self, error: int) -> str:
        """The description of an error, with its code."""
        told = ffi.new("char[]", _ERROR_BYTES)
        self.mbedtls_strerror(error, told, _ERROR_BYTES)
        return f"{text(told)} (-{-error:#x})"


def _give(  # as mbedtls_ssl_export_keys_ext_t has them
    handle: Any,
    master: Any,
    _block: Any,
    _mac: int,
    _key: int,
    _iv: int,
    client_random: Any,
    _server_random: Any,
    _prf: int,
) -> int:
    random = ffi.buffer(client_random, RANDOM_BYTES)[:]
    ffi.from_handle(handle).give(ffi.buffer(master, MASTER_SECRET_BYTES)[:], random)
    return 0


def _entropy(_context: Any, into: Any, length: int) -> int:
    ffi.memmove(into, os.urandom(length), length)
    return 0


def _set_timer(handle: Any, sooner_ms: int, later_ms: int) -> None:
    ffi.from_handle(handle).set(sooner_ms, later_ms)


def _get_timer(handle: Any) -> int:
    state: int = ffi.from_handle(handle).state()
    return state


def _receive(handle: Any, buffer: Any, most: int) -> int:
    data = ffi.from_handle(handle).take(most)
    if not data:
        return E_WANT_READ
    ffi.memmove(buffer, data, len(data))
    return len(data)


def _send(handle: Any, data: Any, length: int) -> int:
    ffi.from_handle(handle).put(ffi.buffer(data, length)[:])
    return length


def find() -> str | None:
    """The system's Mbed TLS, as the dynamic linker finds it; None if there is none."""
    return first_that_loads(_NAMES)


@cache
def load(path: str) -> Library:
    """Load a libmbedtls by its file name or path, with its libmbedx509 and libmbedcrypto.

    :raises OSError: if it cannot be loaded.
    """
    ffi.cdef(_DECLARATIONS)
    return Library(ffi.dlopen(path), path)
