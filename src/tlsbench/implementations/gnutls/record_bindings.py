"""What is called of GnuTLS for the size and the padding of its records, and to change its keys."""

from __future__ import annotations

from typing import Final

DECLARATIONS: Final = """
    ssize_t gnutls_record_set_max_size(gnutls_session_t session, size_t bytes);
    ssize_t gnutls_record_set_max_recv_size(gnutls_session_t session, size_t bytes);
    size_t gnutls_record_get_max_size(gnutls_session_t session);
    ssize_t gnutls_record_send2(
        gnutls_session_t session, const void *data, size_t length, size_t padding, unsigned int flags);
    int gnutls_session_key_update(gnutls_session_t session, unsigned int flags);
"""
