"""The functions of a libssl for OpenSSL's own QUIC: the client since 3.2, the server since 3.5."""

from __future__ import annotations

from typing import Final

QUIC_DECLARATIONS: Final = """
    typedef union bio_addr_st BIO_ADDR;
    const SSL_METHOD *OSSL_QUIC_client_method(void);
    const SSL_METHOD *OSSL_QUIC_server_method(void);
    SSL *SSL_new_listener(SSL_CTX *context, uint64_t flags);
    int SSL_listen(SSL *listener);
    SSL *SSL_accept_connection(SSL *listener, uint64_t flags);
    int SSL_handle_events(SSL *ssl);
    SSL_SESSION *SSL_SESSION_dup(const SSL_SESSION *session);
    int SSL_get_event_timeout(SSL *ssl, long *time, int *is_infinite);
    int SSL_set_blocking_mode(SSL *ssl, int blocking);
    int SSL_set1_initial_peer_addr(SSL *ssl, const BIO_ADDR *address);
    int SSL_CTX_set_alpn_protos(SSL_CTX *context, const unsigned char *names, unsigned int length);
    void SSL_CTX_set_alpn_select_cb(SSL_CTX *context, int (*callback)(SSL *, const unsigned char **,
        unsigned char *, const unsigned char *, unsigned int, void *), void *argument);
    int BIO_new_bio_dgram_pair(BIO **one, size_t one_buffer, BIO **other, size_t other_buffer);
    long BIO_ctrl(BIO *bio, int command, long number, void *pointer);
    int BIO_free(BIO *bio);
    BIO_ADDR *BIO_ADDR_new(void); void BIO_ADDR_free(BIO_ADDR *address);
    int BIO_ADDR_rawmake(BIO_ADDR *address, int family, const void *where, size_t length,
        unsigned short port);
"""

#: The functions that a client needs, and those that a server needs.
QUIC_CLIENT: Final = ("OSSL_QUIC_client_method", "BIO_new_bio_dgram_pair", "SSL_set1_initial_peer_addr")
QUIC_SERVER: Final = ("OSSL_QUIC_server_method", "SSL_new_listener", "SSL_accept_connection")

#: Commands of BIO_ctrl, in bio.h.
CTRL_SET_CAPABILITIES: Final = 87
CTRL_SET0_LOCAL_ADDRESS: Final = 94
#: Both sides of a pair handle and provide the addresses of both ends (BIO_s_dgram_pair(3)).
ALL_CAPABILITIES: Final = 0xF
#: SSL_LISTENER_FLAG_NO_VALIDATE and SSL_ACCEPT_CONNECTION_NO_BLOCK: quic.h and ssl.h
LISTENER_NO_VALIDATE: Final = 1 << 1
ACCEPT_NO_BLOCK: Final = 1 << 0
#: SSL_CTRL_MODE, and SSL_MODE_ENABLE_PARTIAL_WRITE with SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER: ssl.h
CTRL_MODE: Final = 33
MODES: Final = 0x1 | 0x2
