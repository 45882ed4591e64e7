"""The functions of s2n-tls, from its api/s2n.h; awscrt's extension module exports all of it (on Linux).

It reads and writes through callbacks, which are Python functions here, one pair for all connections.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any, Final

from cffi import FFI

from tlsbench.errors import HandshakeError
from tlsbench.implementations.native import NativeLibrary, fill, text
from tlsbench.implementations.s2n import psk_bindings, record_bindings

_DECLARATIONS = """
    typedef struct s2n_config s2n_config; typedef struct s2n_connection s2n_connection;
    typedef struct s2n_cert_chain_and_key s2n_cert_chain_and_key; typedef struct s2n_cert s2n_cert;

    int s2n_disable_atexit(void);
    int s2n_init(void);
    int *s2n_errno_location(void);
    int s2n_error_get_type(int error);
    const char *s2n_strerror(int error, const char *language);

    s2n_config *s2n_config_new_minimal(void);
    int s2n_config_free(s2n_config *config);
    int s2n_config_set_cipher_preferences(s2n_config *config, const char *policy);
    int s2n_config_add_cert_chain_and_key_to_store(s2n_config *config, s2n_cert_chain_and_key *chain);
    int s2n_config_set_verification_ca_location(s2n_config *config, const char *file, const char *folder);
    int s2n_config_set_client_auth_type(s2n_config *config, int type);
    int s2n_config_set_verify_host_callback(
        s2n_config *config, uint8_t (*callback)(const char *, size_t, void *), void *context);
    int s2n_config_set_session_tickets_onoff(s2n_config *config, uint8_t enabled);
    int s2n_config_add_ticket_crypto_key(s2n_config *config, const uint8_t *name, uint32_t name_length,
        uint8_t *key, uint32_t key_length, uint64_t since);
    int s2n_config_set_initial_ticket_count(s2n_config *config, uint8_t count);
    int s2n_config_set_server_max_early_data_size(s2n_config *config, uint32_t bytes);
    int s2n_config_set_status_request_type(s2n_config *config, int type);
    int s2n_config_set_key_log_cb(s2n_config *config,
        int (*callback)(void *, s2n_connection *, uint8_t *, size_t), void *context);

    s2n_cert_chain_and_key *s2n_cert_chain_and_key_new(void);
    int s2n_cert_chain_and_key_free(s2n_cert_chain_and_key *chain);
    int s2n_cert_chain_and_key_load_pem(s2n_cert_chain_and_key *into, const char *chain, const char *key);
    int s2n_cert_chain_and_key_set_ocsp_data(
        s2n_cert_chain_and_key *chain, const uint8_t *response, uint32_t length);
    int s2n_cert_chain_get_length(const s2n_cert_chain_and_key *chain, uint32_t *length);
    int s2n_cert_chain_get_cert(const s2n_cert_chain_and_key *chain, s2n_cert **into, uint32_t index);
    int s2n_cert_get_der(const s2n_cert *certificate, const uint8_t **der, uint32_t *length);

    s2n_connection *s2n_connection_new(int mode);
    int s2n_connection_free(s2n_connection *connection);
    int s2n_connection_set_config(s2n_connection *connection, s2n_config *config);
    int s2n_connection_set_blinding(s2n_connection *connection, int blinding);
    int s2n_connection_set_recv_buffering(s2n_connection *connection, bool enabled);
    int s2n_connection_set_recv_cb(s2n_connection *connection, int (*callback)(void *, uint8_t *, uint32_t));
    int s2n_connection_set_recv_ctx(s2n_connection *connection, void *context);
    int s2n_connection_set_send_cb(
        s2n_connection *connection, int (*callback)(void *, const uint8_t *, uint32_t));
    int s2n_connection_set_send_ctx(s2n_connection *connection, void *context);
    int s2n_set_server_name(s2n_connection *connection, const char *name);
    int s2n_negotiate(s2n_connection *connection, int *blocked);
    ssize_t s2n_send(s2n_connection *connection, const void *data, ssize_t length, int *blocked);
    ssize_t s2n_recv(s2n_connection *connection, void *into, ssize_t most, int *blocked);
    int s2n_send_early_data(
        s2n_connection *connection, const uint8_t *data, ssize_t length, ssize_t *sent, int *blocked);
    int s2n_recv_early_data(
        s2n_connection *connection, uint8_t *into, ssize_t most, ssize_t *received, int *blocked);
    int s2n_connection_get_session_length(s2n_connection *connection);
    int s2n_connection_get_session(s2n_connection *connection, uint8_t *into, size_t most);
    int s2n_connection_set_session(s2n_connection *connection, const uint8_t *session, size_t length);
    int s2n_connection_is_session_resumed(s2n_connection *connection);
    int s2n_connection_get_actual_protocol_version(s2n_connection *connection);
    int s2n_connection_get_cipher_iana_value(s2n_connection *connection, uint8_t *first, uint8_t *second);
    int s2n_connection_get_key_exchange_group(s2n_connection *connection, const char **name);
    int s2n_connection_get_peer_cert_chain(const s2n_connection *connection, s2n_cert_chain_and_key *into);
    const uint8_t *s2n_connection_get_ocsp_response(s2n_connection *connection, uint32_t *length);
"""

#: Gets the declarations when the library is loaded.
ffi: Final = FFI()

SERVER: Final = 0
CLIENT: Final = 1
SELF_SERVICE_BLINDING: Final = 1
CERT_AUTH_REQUIRED: Final = 1
STATUS_REQUEST_OCSP: Final = 1
# s2n_error_type
ERROR_CLOSED: Final = 2
ERROR_BLOCKED: Final = 3
#: S2N_TLS12 and S2N_TLS13
VERSIONS: Final = {33: "1.2", 34: "1.3"}
#: The newest of the functions without which nothing can be driven and proved.
NEEDED: Final = ("s2n_connection_set_recv_buffering", "s2n_connection_get_key_exchange_group")


class Library(NativeLibrary):
    """s2n-tls, ready to use."""

    def __init__(self, handle: Any, path: str) -> None:
        super().__init__(handle, path)
        self.receive: Any = ffi.callback("int (void *, uint8_t *, uint32_t)", fill, error=-1)
        self.send: Any = ffi.callback("int (void *, const uint8_t *, uint32_t)", _send, error=-1)
        self.any_host: Any = ffi.callback("uint8_t (const char *, size_t, void *)", _any_host)

    def knows(self, policy: str) -> bool:
        """Whether it has a security policy of that name."""
        config = ffi.gc(self.s2n_config_new_minimal(), self.s2n_config_free)
        taken: int = self.s2n_config_set_cipher_preferences(config, policy.encode("ascii"))
        return taken == 0

    def must(self, result: int) -> None:
        """Check that a call succeeded.

        :raises HandshakeError: with the library's own message, if it failed.
        """
        if result < 0:
            raise self.error()

    def error(self) -> HandshakeError:
        """The last error, with the library's own message."""
        return HandshakeError(f"s2n: {text(self.s2n_strerror(self.s2n_errno_location()[0], b'EN'))}")

    def error_type(self) -> int:
        """The type of the last error."""
        kind: int = self.s2n_error_get_type(self.s2n_errno_location()[0])
        return kind


def _send(handle: Any, data: Any, length: int) -> int:
    ffi.from_handle(handle).put(ffi.buffer(data, length)[:])
    return length


def _any_host(_name: Any, _length: int, _context: Any) -> int:
    """Accept any host: a client's certificate has no host name for a server to check."""
    return 1


@cache
def load(path: str) -> Library:
    """Load s2n-tls from a shared object, and initialise it.

    :raises OSError: if it cannot be loaded.
    :raises AttributeError: if the object has no s2n-tls.
    :raises HandshakeError: if it cannot be initialised.
    """
    ffi.cdef(_DECLARATIONS + record_bindings.DECLARATIONS + psk_bindings.DECLARATIONS)
    library = Library(ffi.dlopen(path), path)
    # By default it locks each connection's memory, and a user may lock only a few MiB; awscrt does the same.
    os.environ.setdefault("S2N_DONT_MLOCK", "1")
    library.s2n_disable_atexit()
    library.must(library.s2n_init())
    return library
