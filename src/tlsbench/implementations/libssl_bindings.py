"""An OpenSSL-compatible libssl, loaded by path through cffi in ABI mode: no compiler, no headers.

Much of OpenSSL's API is macros over ``SSL_ctrl`` and ``SSL_CTX_ctrl``; their commands are numbers here, from
OpenSSL's ssl.h, where they have kept their meaning since 1.1.1.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from cffi import FFI

_DECLARATIONS = """
    typedef struct ssl_method_st SSL_METHOD; typedef struct ssl_ctx_st SSL_CTX; typedef struct ssl_st SSL;
    typedef struct bio_st BIO; typedef struct bio_method_st BIO_METHOD; typedef struct x509_st X509;
    typedef struct ssl_session_st SSL_SESSION; typedef struct ssl_cipher_st SSL_CIPHER;
    typedef struct stack_st OPENSSL_STACK;

    const char *OpenSSL_version(int kind);
    unsigned long ERR_get_error(void);
    void ERR_clear_error(void);
    const char *ERR_reason_error_string(unsigned long code);
    const char *X509_verify_cert_error_string(long code);

    const SSL_METHOD *TLS_client_method(void);
    const SSL_METHOD *TLS_server_method(void);
    SSL_CTX *SSL_CTX_new(const SSL_METHOD *method);
    void SSL_CTX_free(SSL_CTX *context);
    long SSL_CTX_ctrl(SSL_CTX *context, int command, long number, void *pointer);
    long SSL_CTX_callback_ctrl(SSL_CTX *context, int command, void (*callback)(void));
    unsigned long SSL_CTX_set_options(SSL_CTX *context, unsigned long options);
    int SSL_CTX_set_cipher_list(SSL_CTX *context, const char *list);
    int SSL_CTX_set_ciphersuites(SSL_CTX *context, const char *list);
    int SSL_CTX_use_certificate_chain_file(SSL_CTX *context, const char *file);
    int SSL_CTX_use_PrivateKey_file(SSL_CTX *context, const char *file, int kind);
    int SSL_CTX_load_verify_locations(SSL_CTX *context, const char *file, const char *folder);
    void SSL_CTX_set_verify(SSL_CTX *context, int mode, void *callback);
    int SSL_CTX_set_session_id_context(SSL_CTX *context, const unsigned char *id, unsigned int length);
    int SSL_CTX_set_num_tickets(SSL_CTX *context, size_t count);
    int SSL_CTX_set_max_early_data(SSL_CTX *context, uint32_t bytes);

    SSL *SSL_new(SSL_CTX *context);
    void SSL_free(SSL *ssl);
    void SSL_set_connect_state(SSL *ssl);
    void SSL_set_accept_state(SSL *ssl);
    void SSL_set_bio(SSL *ssl, BIO *incoming, BIO *outgoing);
    int SSL_set1_host(SSL *ssl, const char *name);
    long SSL_ctrl(SSL *ssl, int command, long number, void *pointer);
    int SSL_do_handshake(SSL *ssl);
    int SSL_get_error(const SSL *ssl, int result);
    int SSL_read(SSL *ssl, void *buffer, int most);
    int SSL_write(SSL *ssl, const void *buffer, int length);
    int SSL_write_early_data(SSL *ssl, const void *buffer, size_t length, size_t *written);
    int SSL_read_early_data(SSL *ssl, void *buffer, size_t most, size_t *read);
    void SSL_set_shutdown(SSL *ssl, int mode);
    SSL_SESSION *SSL_get1_session(SSL *ssl);
    int SSL_set_session(SSL *ssl, SSL_SESSION *session);
    void SSL_SESSION_free(SSL_SESSION *session);
    int SSL_session_reused(const SSL *ssl);
    const char *SSL_get_version(const SSL *ssl);
    const SSL_CIPHER *SSL_get_current_cipher(const SSL *ssl);
    const char *SSL_CIPHER_get_name(const SSL_CIPHER *cipher);
    const char *SSL_group_to_name(SSL *ssl, int id);
    long SSL_get_verify_result(const SSL *ssl);
    X509 *SSL_get1_peer_certificate(const SSL *ssl);
    OPENSSL_STACK *SSL_get_peer_cert_chain(const SSL *ssl);
    int OPENSSL_sk_num(const OPENSSL_STACK *stack);
    void *OPENSSL_sk_value(const OPENSSL_STACK *stack, int index);
    OPENSSL_STACK *SSL_get0_verified_chain(const SSL *ssl);
    void *CRYPTO_malloc(size_t bytes, const char *file, int line);
    int i2d_X509(X509 *certificate, unsigned char **out);
    void X509_free(X509 *certificate);

    const BIO_METHOD *BIO_s_mem(void);
    BIO *BIO_new(const BIO_METHOD *method);
    int BIO_read(BIO *bio, void *buffer, int most);
    int BIO_write(BIO *bio, const void *data, int length);
    size_t BIO_ctrl_pending(BIO *bio);
"""

#: Knows the declarations once a library is loaded: to parse them takes longer than to load it.
ffi: Final = FFI()

# SSL_CTX_ctrl and SSL_ctrl: ssl.h
CTRL_MODE: Final = 33
CTRL_SET_SESSION_CACHE_MODE: Final = 44
CTRL_SET_HOST_NAME: Final = 55
CTRL_SET_STATUS_CALLBACK: Final = 63
CTRL_SET_STATUS_TYPE: Final = 65
CTRL_GET_STATUS_RESPONSE: Final = 70
CTRL_SET_STATUS_RESPONSE: Final = 71
STATUS_TYPE_OCSP: Final = 1
STATUS_OK: Final = 0
CTRL_SET_GROUPS_LIST: Final = 92
CTRL_SET_MIN_PROTO_VERSION: Final = 123
CTRL_SET_MAX_PROTO_VERSION: Final = 124
CTRL_GET_NEGOTIATED_GROUP: Final = 134
MODE_NO_AUTO_CHAIN: Final = 0x08
SESSION_CACHE_OFF: Final = 0
OP_NO_TICKET: Final = 1 << 14
VERIFY_PEER: Final = 1
VERIFY_FAIL_IF_NO_PEER_CERT: Final = 2
FILETYPE_PEM: Final = 1
SENT_AND_RECEIVED_SHUTDOWN: Final = 3
X509_V_OK: Final = 0
ERROR_WANT_READ: Final = 2
ERROR_ZERO_RETURN: Final = 6

#: What systems call it, newest first.
_NAMES: Final = ("libssl.so.4", "libssl.so.3", "libssl.4.dylib", "libssl.3.dylib")
#: What nothing can be driven and proved without.
_NEEDED: Final = (
    "TLS_client_method",
    "SSL_CTX_set_ciphersuites",
    "SSL_set1_host",
    "SSL_get1_peer_certificate",
    "SSL_group_to_name",
    "SSL_session_reused",
)


@dataclass(frozen=True)
class Library:
    """A loaded libssl with its libcrypto: functions are looked up in both, by name."""

    ssl: Any
    crypto: Any
    path: str

    def __getattr__(self, name: str) -> Any:
        """A function, which is found here at once from the second time on: the search is not TLS's time."""
        try:
            function = getattr(self.ssl, name)
        except AttributeError:
            function = getattr(self.crypto, name)
        self.__dict__[name] = function
        return function

    def lacks(self, *names: str) -> tuple[str, ...]:
        """Those of these functions that it does not have."""
        return tuple(name for name in names if not self._has(name))

    def _has(self, name: str) -> bool:
        try:
            getattr(self, name)
        except AttributeError:
            return False
        return True

    @property
    def missing(self) -> tuple[str, ...]:
        """What it lacks that nothing works without."""
        return self.lacks(*_NEEDED)


@cache
def find() -> str | None:
    """The system's libssl, as the dynamic linker finds it; None if there is none."""
    for name in _NAMES:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return name
    return None


@cache
def _declare() -> None:
    ffi.cdef(_DECLARATIONS)


@cache
def load(path: str) -> Library:
    """Load a libssl by its file name or path, and the libcrypto beside it.

    :raises OSError: if it cannot be loaded.
    """
    _declare()
    beside = path.replace("libssl", "libcrypto")
    crypto = ffi.dlopen(beside if beside != path and (Path(beside).is_file() or "/" not in path) else path)
    return Library(ffi.dlopen(path), crypto, path)
