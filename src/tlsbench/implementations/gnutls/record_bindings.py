"""The functions of GnuTLS for the size and padding of its records, and for key updates."""

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
