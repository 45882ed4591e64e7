"""An OpenSSL-compatible libssl, loaded by path through cffi in ABI mode: no compiler, no headers.

Much of OpenSSL's API consists of macros over ``SSL_ctrl`` and ``SSL_CTX_ctrl`` that are functions in
BoringSSL, AWS-LC and LibreSSL; here both are called by their documented names. The command numbers behind the
macros are from OpenSSL's ssl.h, and have kept their meaning since 1.1.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from cffi import FFI

from tlsbench.errors import MeasurementError
from tlsbench.implementations.libssl import credential_bindings, record_bindings
from tlsbench.implementations.libssl import datagram_bindings as dtls
from tlsbench.implementations.libssl.chain_bindings import CHAIN_DECLARATIONS
from tlsbench.implementations.libssl.extension_bindings import EXTENSION_DECLARATIONS
from tlsbench.implementations.libssl.libcrypto import OPERATIONS
from tlsbench.implementations.libssl.primitive_bindings import PRIMITIVES
from tlsbench.implementations.libssl.quic_bindings import QUIC_DECLARATIONS
from tlsbench.implementations.libssl.suite_bindings import SUITE_DECLARATIONS
from tlsbench.implementations.native import NativeLibrary, first_that_loads
from tlsbench.implementations.openssl_names import cipher_from_openssl, group_from_openssl

#: The functions that are called in a libssl and its libcrypto.
DECLARATIONS: Final = """
    typedef struct ssl_method_st SSL_METHOD; typedef struct ssl_ctx_st SSL_CTX; typedef struct ssl_st SSL;
    typedef struct bio_st BIO; typedef struct bio_method_st BIO_METHOD; typedef struct x509_st X509;
    typedef struct ssl_session_st SSL_SESSION; typedef struct ssl_cipher_st SSL_CIPHER;
    typedef struct stack_st OPENSSL_STACK; typedef struct ossl_lib_ctx_st OSSL_LIB_CTX;
    typedef struct ossl_provider_st OSSL_PROVIDER; typedef struct evp_cipher_st EVP_CIPHER;
    typedef struct evp_md_st EVP_MD; typedef struct evp_keymgmt_st EVP_KEYMGMT;

    unsigned long OpenSSL_version_num(void);
    const char *OpenSSL_version(int kind); const char *OPENSSL_info(int kind);
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
    int SSL_CTX_set_min_proto_version(SSL_CTX *context, uint16_t version);
    int SSL_CTX_set_max_proto_version(SSL_CTX *context, uint16_t version);
    int SSL_CTX_set1_groups_list(SSL_CTX *context, const char *list);
    int SSL_CTX_set1_curves_list(SSL_CTX *context, const char *list);
    int SSL_CTX_set1_sigalgs_list(SSL_CTX *context, const char *list);
    uint32_t SSL_CTX_set_mode(SSL_CTX *context, uint32_t mode);
    int SSL_CTX_set_session_cache_mode(SSL_CTX *context, int mode);
    int SSL_set_tlsext_host_name(SSL *ssl, const char *name);
    void SSL_CTX_sess_set_new_cb(SSL_CTX *context, int (*callback)(SSL *, SSL_SESSION *));
    unsigned long SSL_CTX_set_options(SSL_CTX *context, unsigned long options);
    int SSL_CTX_set_cipher_list(SSL_CTX *context, const char *list);
    int SSL_CTX_set_ciphersuites(SSL_CTX *context, const char *list);
    int SSL_CTX_use_certificate_chain_file(SSL_CTX *context, const char *file);
    int SSL_CTX_use_PrivateKey_file(SSL_CTX *context, const char *file, int kind);
    int SSL_CTX_load_verify_locations(SSL_CTX *context, const char *file, const char *folder);
    void SSL_CTX_set_verify(SSL_CTX *context, int mode, void *callback);
    int SSL_CTX_set_tlsext_ticket_keys(SSL_CTX *context, const void *keys, size_t length);
    int SSL_CTX_set_session_id_context(SSL_CTX *context, const unsigned char *id, unsigned int length);
    int SSL_CTX_set_num_tickets(SSL_CTX *context, size_t count);
    void SSL_CTX_set_keylog_callback(SSL_CTX *context, void (*callback)(const SSL *, const char *));
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
    uint16_t SSL_get_curve_id(const SSL *ssl);
    const char *SSL_get_curve_name(uint16_t id);
    uint16_t SSL_get_peer_signature_algorithm(const SSL *ssl);
    int SSL_get_peer_signature_type_nid(const SSL *ssl, int *type);
    int i2d_SSL_SESSION(SSL_SESSION *session, unsigned char **out);
    SSL_SESSION *d2i_SSL_SESSION(SSL_SESSION **into, const unsigned char **data, long length);
    long SSL_get_verify_result(const SSL *ssl);
    X509 *SSL_get1_peer_certificate(const SSL *ssl);
    X509 *SSL_get_peer_certificate(const SSL *ssl);
    OPENSSL_STACK *SSL_get_peer_cert_chain(const SSL *ssl);
    int OPENSSL_sk_num(const OPENSSL_STACK *stack);
    void *OPENSSL_sk_value(const OPENSSL_STACK *stack, int index);
    int sk_num(const OPENSSL_STACK *stack);
    void *sk_value(const OPENSSL_STACK *stack, int index);
    OPENSSL_STACK *SSL_get0_verified_chain(const SSL *ssl);
    void *CRYPTO_malloc(size_t bytes, const char *file, int line);
    int i2d_X509(X509 *certificate, unsigned char **out);
    void X509_free(X509 *certificate);

    void SSL_CTX_set_security_level(SSL_CTX *context, int level);
    int SSL_CTX_get_security_level(const SSL_CTX *context); int SSL_get_security_level(const SSL *ssl);
    char *CONF_get1_default_config_file(void);
    int CONF_modules_load_file(const char *file, const char *name, unsigned long flags);
    SSL_CTX *SSL_CTX_new_ex(OSSL_LIB_CTX *where, const char *properties, const SSL_METHOD *method);
    OSSL_LIB_CTX *OSSL_LIB_CTX_new(void); void OSSL_LIB_CTX_free(OSSL_LIB_CTX *where);
    int OSSL_LIB_CTX_load_config(OSSL_LIB_CTX *where, const char *file);
    int OSSL_PROVIDER_available(OSSL_LIB_CTX *where, const char *name);
    const char *OSSL_PROVIDER_get0_name(const OSSL_PROVIDER *provider);
    EVP_CIPHER *EVP_CIPHER_fetch(OSSL_LIB_CTX *where, const char *name, const char *properties);
    EVP_MD *EVP_MD_fetch(OSSL_LIB_CTX *where, const char *name, const char *properties);
    EVP_KEYMGMT *EVP_KEYMGMT_fetch(OSSL_LIB_CTX *where, const char *name, const char *properties);
    const OSSL_PROVIDER *EVP_CIPHER_get0_provider(const EVP_CIPHER *cipher);
    const OSSL_PROVIDER *EVP_MD_get0_provider(const EVP_MD *digest);
    const OSSL_PROVIDER *EVP_KEYMGMT_get0_provider(const EVP_KEYMGMT *keys);
    void EVP_CIPHER_free(EVP_CIPHER *); void EVP_MD_free(EVP_MD *); void EVP_KEYMGMT_free(EVP_KEYMGMT *);

    const BIO_METHOD *BIO_s_mem(void);
    BIO *BIO_new(const BIO_METHOD *method);
    int BIO_new_bio_pair(BIO **one, size_t one_bytes, BIO **other, size_t other_bytes);
    int BIO_read(BIO *bio, void *buffer, int most);
    int BIO_write(BIO *bio, const void *data, int length);
    size_t BIO_ctrl_pending(BIO *bio);

    typedef struct { const char *file; void *base; const char *symbol; void *address; } Dl_info;
    int dladdr(const void *address, Dl_info *info);
"""

#: Gets the declarations only when a library is loaded: parsing them takes longer than loading it.
ffi: Final = FFI()

# SSL_CTX_ctrl and SSL_ctrl: ssl.h
CTRL_SET_STATUS_CALLBACK: Final = 63
CTRL_SET_STATUS_TYPE: Final = 65
CTRL_GET_STATUS_RESPONSE: Final = 70
CTRL_SET_STATUS_RESPONSE: Final = 71
CTRL_GET_PEER_SIGNATURE_NID: Final = 108
CTRL_GET_NEGOTIATED_GROUP: Final = 134
STATUS_TYPE_OCSP: Final = 1
STATUS_OK: Final = 0
MODE_NO_AUTO_CHAIN: Final = 0x08
SESSION_CACHE_OFF: Final = 0
SESSION_CACHE_CLIENT: Final = 1
OP_NO_TICKET: Final = 1 << 14
VERIFY_PEER: Final = 1
VERIFY_FAIL_IF_NO_PEER_CERT: Final = 2
FILETYPE_PEM: Final = 1
SENT_AND_RECEIVED_SHUTDOWN: Final = 3
X509_V_OK: Final = 0
ERROR_WANT_READ: Final = 2
ERROR_WANT_WRITE: Final = 3
ERROR_ZERO_RETURN: Final = 6


def _number_macro(library: Library, command: int, context: Any, number: int) -> int:
    result: int = library.SSL_CTX_ctrl(context, command, number, ffi.NULL)
    return result


def _text_macro(library: Library, command: int, context: Any, words: bytes) -> int:
    result: int = library.SSL_CTX_ctrl(context, command, 0, ffi.new("char[]", words))
    return result


def _of_connection(library: Library, command: int, tls: Any, argument: Any = 0) -> int:
    """Call a macro over SSL_ctrl with a number or a pointer."""
    number, pointer = (argument, ffi.NULL) if isinstance(argument, int) else (0, argument)
    result: int = library.SSL_ctrl(tls, command, number, pointer)
    return result


#: What may be a macro instead of a function, and the command behind it.
_MACROS: Final[Mapping[str, tuple[Callable[..., int], int]]] = {
    "SSL_CTX_set_mode": (_number_macro, 33),
    "SSL_CTX_set_session_cache_mode": (_number_macro, 44),
    "SSL_CTX_set_max_send_fragment": (_number_macro, record_bindings.CTRL_SET_MAX_SEND_FRAGMENT),
    "SSL_set_mtu": (_of_connection, dtls.CTRL_SET_MTU),
    "SSL_set_tlsext_host_name": (_of_connection, 55),
    "DTLSv1_get_timeout": (_of_connection, dtls.CTRL_GET_TIMEOUT),
    "DTLSv1_handle_timeout": (_of_connection, dtls.CTRL_HANDLE_TIMEOUT),
    "SSL_CTX_set1_groups_list": (_text_macro, 92),
    "SSL_CTX_set1_sigalgs_list": (_text_macro, 98),
    "SSL_CTX_set_min_proto_version": (_number_macro, 123),
    "SSL_CTX_set_max_proto_version": (_number_macro, 124),
}
#: Functions that have another name in some libraries.
_OTHER_NAMES: Final = {
    "SSL_CTX_set1_groups_list": "SSL_CTX_set1_curves_list",
    "SSL_get1_peer_certificate": "SSL_get_peer_certificate",
    "OPENSSL_sk_num": "sk_num",
    "OPENSSL_sk_value": "sk_value",
}

#: What cffi appends to the dynamic linker's reason.
_OF_CFFI: Final = ".  Additionally"
#: Its file names on various systems, newest first.
_NAMES: Final = ("libssl.so.4", "libssl.so.3", "libssl.4.dylib", "libssl.3.dylib")
#: The functions without which nothing can be driven and proved.
_NEEDED: Final = (
    "TLS_client_method",
    "SSL_CTX_set_min_proto_version",
    "SSL_CTX_set1_groups_list",
    "SSL_set_tlsext_host_name",
    "SSL_set1_host",
    "SSL_get1_peer_certificate",
    "OPENSSL_sk_num",
    "SSL_session_reused",
)


class Library(NativeLibrary):
    """A loaded libssl; the symbols of its libcrypto are found through it."""

    #: The prefix of its errors.
    name = "libssl"

    def _find(self, name: str) -> Any:
        for known_as in (name, _OTHER_NAMES.get(name)):
            if known_as and hasattr(self.handle, known_as):
                return getattr(self.handle, known_as)
        if name in _MACROS and hasattr(self.handle, "SSL_CTX_ctrl"):
            macro, command = _MACROS[name]
            return partial(macro, self, command)
        raise AttributeError(name)

    @property
    def missing(self) -> tuple[str, ...]:
        """The essential functions that it lacks."""
        return self.lacks(*_NEEDED)

    def cipher_of(self, tls: Any) -> str | None:
        """The suite of a connection, by its IANA name."""
        return cipher_from_openssl(text(self.SSL_CIPHER_get_name(self.SSL_get_current_cipher(tls))))

    def group_of(self, tls: Any) -> str | None:
        """The group of a connection, by its IANA name; None if there was none, or it is not reported."""
        if self.has("SSL_group_to_name"):
            group = self.SSL_ctrl(tls, CTRL_GET_NEGOTIATED_GROUP, 0, ffi.NULL)
            return group_from_openssl(text(self.SSL_group_to_name(tls, group))) if group else None
        if self.has("SSL_get_curve_id"):
            return group_from_openssl(text(self.SSL_get_curve_name(self.SSL_get_curve_id(tls))))
        return None

    def peer_certificate_of(self, tls: Any) -> bytes:
        """The peer's leaf certificate in DER; ``b""`` if it presented none."""
        certificate = self.SSL_get1_peer_certificate(tls)
        if certificate == ffi.NULL:
            return b""
        try:
            return self.der_of(certificate)
        finally:
            self.X509_free(certificate)

    def chain_length_of(self, tls: Any, *, is_server: bool) -> int | None:
        """The number of certificates that the peer sent; None if none are known."""
        chain = self.SSL_get_peer_cert_chain(tls)
        # On a server the chain does not include the leaf: SSL_get_peer_cert_chain(3).
        return self.OPENSSL_sk_num(chain) + is_server if chain != ffi.NULL else None

    def der_of(self, certificate: Any) -> bytes:
        """An X509 in DER."""
        length = self.i2d_X509(certificate, ffi.NULL)
        der, out = ffi.new("unsigned char[]", length), ffi.new("unsigned char **")
        out[0] = der
        self.i2d_X509(certificate, out)
        return bytes(ffi.buffer(der, length))

    @property
    def libcrypto(self) -> str:
        """The file of the libcrypto that the dynamic linker gave it; ``""`` if that is unknown."""
        program: Any = ffi.dlopen(None)
        info: Any = ffi.new("Dl_info *")
        if not program.dladdr(ffi.cast("void *", self.handle.OpenSSL_version), info):
            return ""
        file = ffi.string(info.file)
        assert isinstance(file, bytes)
        return file.decode()

    @property
    def is_whole(self) -> bool:
        """Whether it is linked with the libcrypto in its own folder, if there is one.

        The dynamic linker resolves dependencies by name; if a libcrypto of the same name is already in the
        process, it uses that one, whatever its version.
        """
        if "/" not in self.path:
            return True
        folder = Path(self.path).resolve().parent
        beside = any(folder.glob("libcrypto*"))
        return not beside or Path(self.libcrypto).resolve().parent == folder


def text(characters: Any) -> str | None:
    """A C string; None for a null pointer."""
    if characters == ffi.NULL:
        return None
    words = ffi.string(characters)
    return words if isinstance(words, str) else words.decode("ascii")


def find() -> str | None:
    """The system's libssl, as the dynamic linker finds it; None if there is none."""
    return first_that_loads(_NAMES)


@cache
def declare() -> None:
    """Have cffi parse the declarations, once."""
    ffi.cdef(DECLARATIONS + dtls.DECLARATIONS + QUIC_DECLARATIONS + record_bindings.DECLARATIONS)
    ffi.cdef(EXTENSION_DECLARATIONS + CHAIN_DECLARATIONS)
    ffi.cdef(OPERATIONS + SUITE_DECLARATIONS)
    ffi.cdef(PRIMITIVES)
    ffi.cdef(credential_bindings.DECLARATIONS)  # last: it uses types of the others


@cache
def load(path: str) -> Library:
    """Load a libssl by its file name or path.

    :raises MeasurementError: if it cannot be loaded.
    """
    declare()
    try:
        return Library(ffi.dlopen(path), path)
    except OSError as error:
        why = str(error).partition(_OF_CFFI)[0].removeprefix(f"cannot load library '{path}': ")
        raise MeasurementError(f"cannot load {why}") from None
