"""The functions of a libssl for the size and padding of its records, and for key updates."""

from __future__ import annotations

from typing import Final

DECLARATIONS: Final = """
    int SSL_CTX_set_max_send_fragment(SSL_CTX *context, size_t bytes);
    int SSL_CTX_set_block_padding(SSL_CTX *context, size_t bytes);
    int SSL_CTX_set_tlsext_max_fragment_length(SSL_CTX *context, uint8_t mode);
    uint8_t SSL_SESSION_get_max_fragment_length(const SSL_SESSION *session);
    int SSL_key_update(SSL *ssl, int type);
"""
#: A command of SSL_CTX_ctrl: ssl.h
CTRL_SET_MAX_SEND_FRAGMENT: Final = 52
