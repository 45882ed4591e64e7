"""The functions of a libssl for DTLS, in addition to those for TLS."""

from __future__ import annotations

from typing import Final

DECLARATIONS: Final = """
    typedef struct { long tv_sec; long tv_usec; } timeval_t;
    const SSL_METHOD *DTLS_client_method(void);
    const SSL_METHOD *DTLS_server_method(void);
    const BIO_METHOD *BIO_s_dgram_mem(void);
    int SSL_set_mtu(SSL *ssl, unsigned bytes);
    int DTLSv1_get_timeout(const SSL *ssl, timeval_t *left);
    int DTLSv1_handle_timeout(SSL *ssl);
    void SSL_CTX_set_cookie_generate_cb(
        SSL_CTX *context, int (*callback)(SSL *, unsigned char *, unsigned *));
    void SSL_CTX_set_cookie_verify_cb(
        SSL_CTX *context, int (*callback)(SSL *, const unsigned char *, unsigned));
"""
# Commands of SSL_ctrl: ssl.h
CTRL_SET_MTU: Final = 17
CTRL_GET_TIMEOUT: Final = 73
CTRL_HANDLE_TIMEOUT: Final = 74
# Options of SSL_CTX_set_options.
OP_NO_QUERY_MTU: Final = 1 << 12
OP_COOKIE_EXCHANGE: Final = 1 << 13
#: The functions without which DTLS cannot be driven.
NEEDED: Final = (
    "DTLS_client_method",
    "DTLS_server_method",
    "SSL_set_mtu",
    "DTLSv1_get_timeout",
    "DTLSv1_handle_timeout",
)
#: The functions that a server needs to send cookies.
NEEDED_FOR_COOKIES: Final = ("SSL_CTX_set_cookie_generate_cb", "SSL_CTX_set_cookie_verify_cb")
