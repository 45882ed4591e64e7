"""The functions of GnuTLS, from its gnutls.h, and the callbacks through which it reads and writes.

The callbacks are Python functions, one pair for all connections.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from cffi import FFI

from tlsbench.errors import HandshakeError
from tlsbench.implementations.gnutls import credential_bindings, record_bindings
from tlsbench.implementations.native import NativeLibrary, fill, first_that_loads, text

_DECLARATIONS = """
    typedef struct gnutls_session_int *gnutls_session_t;
    typedef struct gnutls_certificate_credentials_st *gnutls_certificate_credentials_t;
    typedef struct gnutls_priority_st *gnutls_priority_t;
    typedef struct { unsigned char *data; unsigned int size; } gnutls_datum_t;
    typedef struct { void *base; size_t length; } giovec_t;

    const char *gnutls_check_version(const char *required);
    const char *gnutls_strerror(int error);
    int gnutls_error_is_fatal(int error);
    extern void (*gnutls_free)(void *memory);
    int gnutls_group_get_id(const char *name);
    const char *gnutls_compression_get_name(int method);

    const char *gnutls_cipher_suite_info(
        size_t index, unsigned char *code_point, int *kx, int *cipher, int *mac, int *oldest);
    const char *gnutls_kx_get_name(int kx);
    const char *gnutls_cipher_get_name(int cipher);
    const char *gnutls_mac_get_name(int mac);

    int gnutls_priority_init(gnutls_priority_t *into, const char *priorities, const char **wrong);
    void gnutls_priority_deinit(gnutls_priority_t priority);
    int gnutls_certificate_allocate_credentials(gnutls_certificate_credentials_t *into);
    void gnutls_certificate_free_credentials(gnutls_certificate_credentials_t credentials);
    int gnutls_certificate_set_x509_trust_file(
        gnutls_certificate_credentials_t credentials, const char *file, int format);
    int gnutls_certificate_set_x509_key_mem(gnutls_certificate_credentials_t credentials,
        const gnutls_datum_t *chain, const gnutls_datum_t *key, int format);
    int gnutls_certificate_set_ocsp_status_request_mem(gnutls_certificate_credentials_t credentials,
        const gnutls_datum_t *response, unsigned int index, int format);
    int gnutls_session_ticket_key_generate(gnutls_datum_t *key);

    typedef struct gnutls_anti_replay_st *gnutls_anti_replay_t;
    int gnutls_anti_replay_init(gnutls_anti_replay_t *into);
    void gnutls_anti_replay_deinit(gnutls_anti_replay_t replays);
    void gnutls_anti_replay_set_add_function(gnutls_anti_replay_t replays,
        int (*add)(void *, long expires, const gnutls_datum_t *key, const gnutls_datum_t *data));
    void gnutls_anti_replay_enable(gnutls_session_t session, gnutls_anti_replay_t replays);
    int gnutls_record_set_max_early_data_size(gnutls_session_t session, size_t bytes);
    ssize_t gnutls_record_send_early_data(gnutls_session_t session, const void *data, size_t length);
    ssize_t gnutls_record_recv_early_data(gnutls_session_t session, void *into, size_t most);

    int gnutls_init(gnutls_session_t *into, unsigned int flags);
    void gnutls_deinit(gnutls_session_t session);
    int gnutls_priority_set(gnutls_session_t session, gnutls_priority_t priority);
    int gnutls_credentials_set(gnutls_session_t session, int kind, void *credentials);
    int gnutls_server_name_set(gnutls_session_t session, int kind, const void *name, size_t length);
    void gnutls_session_set_verify_cert(gnutls_session_t session, const char *host, unsigned int flags);
    unsigned int gnutls_session_get_verify_cert_status(gnutls_session_t session);
    int gnutls_certificate_verification_status_print(
        unsigned int status, int kind, gnutls_datum_t *out, unsigned int flags);
    void gnutls_certificate_server_set_request(gnutls_session_t session, int request);
    void gnutls_transport_set_ptr(gnutls_session_t session, void *handle);
    void gnutls_transport_set_vec_push_function(
        gnutls_session_t session, ssize_t (*push)(void *, const giovec_t *, int));
    void gnutls_transport_set_pull_function(
        gnutls_session_t session, ssize_t (*pull)(void *, void *, size_t));
    void gnutls_session_set_keylog_function(
        gnutls_session_t session, int (*keep)(gnutls_session_t, const char *, const gnutls_datum_t *));
    void gnutls_session_get_random(
        gnutls_session_t session, gnutls_datum_t *client, gnutls_datum_t *server);

    int gnutls_handshake(gnutls_session_t session);
    ssize_t gnutls_record_send(gnutls_session_t session, const void *data, size_t length);
    ssize_t gnutls_record_recv(gnutls_session_t session, void *into, size_t most);
    int gnutls_alert_send_appropriate(gnutls_session_t session, int error);
    int gnutls_alert_get(gnutls_session_t session);
    const char *gnutls_alert_get_name(int alert);
    int gnutls_session_ticket_enable_server(gnutls_session_t session, const gnutls_datum_t *key);
    int gnutls_session_ticket_send(gnutls_session_t session, unsigned int count, unsigned int flags);
    int gnutls_session_get_data2(gnutls_session_t session, gnutls_datum_t *into);
    int gnutls_session_set_data(gnutls_session_t session, const void *data, size_t length);
    unsigned int gnutls_session_get_flags(gnutls_session_t session);

    int gnutls_session_is_resumed(gnutls_session_t session);
    int gnutls_protocol_get_version(gnutls_session_t session);
    const char *gnutls_ciphersuite_get(gnutls_session_t session);
    int gnutls_group_get(gnutls_session_t session);
    const char *gnutls_group_get_name(int group);
    int gnutls_sign_algorithm_get(gnutls_session_t session);
    int gnutls_sign_algorithm_get_client(gnutls_session_t session);
    const char *gnutls_sign_get_name(int algorithm);
    const gnutls_datum_t *gnutls_certificate_get_peers(gnutls_session_t session, unsigned int *count);
    int gnutls_ocsp_status_request_is_checked(gnutls_session_t session, unsigned int flags);
"""

#: Gets the declarations when the library is loaded.
ffi: Final = FFI()

#: Its file names on various systems.
_NAMES: Final = ("libgnutls.so.30", "libgnutls.30.dylib")
SERVER: Final = 1
CLIENT: Final = 1 << 1
NONBLOCK: Final = 1 << 3
ENABLE_RAWPK: Final = 1 << 18
ENABLE_EARLY_DATA: Final = 1 << 20
NO_AUTO_SEND_TICKET: Final = 1 << 21
SFLAGS_SESSION_TICKET: Final = 1 << 7
CRD_CERTIFICATE: Final = 1
CRT_X509: Final = 1
NAME_DNS: Final = 1
CERT_REQUIRE: Final = 2
FORMAT_DER: Final = 0
FORMAT_PEM: Final = 1
#: gnutls_compression_method_t: zlib, brotli, zstd.
COMPRESSIONS: Final = (2, 3, 4)
VERSIONS: Final = {2: "1.0", 3: "1.1", 4: "1.2", 5: "1.3"}
TLS_13: Final = 5
E_SUCCESS: Final = 0
E_FATAL_ALERT_RECEIVED: Final = -12
E_AGAIN: Final = -28
E_CERTIFICATE_ERROR: Final = -43
E_PREMATURE_TERMINATION: Final = -110
E_CERTIFICATE_VERIFICATION_ERROR: Final = -348
E_DB_ENTRY_EXISTS: Final = -428
#: The newest (3.7.4) of the functions without which nothing can be proved.
NEEDED: Final = ("gnutls_ciphersuite_get",)


class Library(NativeLibrary):
    """A loaded GnuTLS."""

    def __init__(self, handle: Any, path: str) -> None:
        super().__init__(handle, path)
        self.push: Any = ffi.callback("ssize_t (void *, const giovec_t *, int)", _push, error=-1)
        self.pull: Any = ffi.callback("ssize_t (void *, void *, size_t)", fill, error=-1)

    def must(self, result: int) -> None:
        """Check that a call succeeded.

        :raises HandshakeError: with the library's own message, if it failed.
        """
        if result < E_SUCCESS:
            raise HandshakeError(f"gnutls: {text(self.gnutls_strerror(result))}")

    def taken(self, datum: Any) -> bytes:
        """The contents of a gnutls_datum_t, which are then freed."""
        try:
            return bytes(ffi.buffer(datum.data, datum.size))
        finally:
            self.release(datum)

    def release(self, datum: Any) -> None:
        """Free the contents of a gnutls_datum_t that the library allocated."""
        self.gnutls_free(datum.data)


def _push(handle: Any, pieces: Any, count: int) -> int:
    pipe, length = ffi.from_handle(handle), 0
    for index in range(count):
        piece = pieces[index]
        pipe.put(ffi.buffer(piece.base, piece.length)[:])
        length += piece.length
    return length


def datum(data: bytes) -> Any:
    """A gnutls_datum_t, and the memory that it points to, which must live as long."""
    memory = ffi.new("unsigned char[]", data)
    return ffi.new("gnutls_datum_t *", (memory, len(data))), memory


def find() -> str | None:
    """The system's GnuTLS, as the dynamic linker finds it; None if there is none."""
    return first_that_loads(_NAMES)


@cache
def load(path: str) -> Library:
    """Load a GnuTLS by its file name or path.

    :raises OSError: if it cannot be loaded.
    """
    ffi.cdef(_DECLARATIONS + record_bindings.DECLARATIONS + credential_bindings.DECLARATIONS)
    return Library(ffi.dlopen(path), path)
