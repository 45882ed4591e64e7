"""The functions of GnuTLS for raw public keys, PSKs and ticket lifetimes, from its gnutls.h."""

from __future__ import annotations

from typing import Final

DECLARATIONS: Final = """
    typedef struct gnutls_psk_client_credentials_st *gnutls_psk_client_credentials_t;
    typedef struct gnutls_psk_server_credentials_st *gnutls_psk_server_credentials_t;
    int gnutls_psk_allocate_client_credentials(gnutls_psk_client_credentials_t *into);
    void gnutls_psk_free_client_credentials(gnutls_psk_client_credentials_t credentials);
    int gnutls_psk_set_client_credentials2(gnutls_psk_client_credentials_t credentials,
        const gnutls_datum_t *identity, const gnutls_datum_t *key, int format);
    int gnutls_psk_allocate_server_credentials(gnutls_psk_server_credentials_t *into);
    void gnutls_psk_free_server_credentials(gnutls_psk_server_credentials_t credentials);
    void gnutls_psk_set_server_credentials_function2(gnutls_psk_server_credentials_t credentials,
        int (*find)(gnutls_session_t, const gnutls_datum_t *, gnutls_datum_t *));
    int gnutls_psk_server_get_username2(gnutls_session_t session, gnutls_datum_t *identity);
    extern void *(*gnutls_malloc)(size_t bytes);
    int gnutls_kx_get(gnutls_session_t session);

    int gnutls_certificate_set_rawpk_key_mem(gnutls_certificate_credentials_t credentials,
        const gnutls_datum_t *public, const gnutls_datum_t *private, int format, const char *password,
        unsigned int usage, const char **names, unsigned int count, unsigned int flags);
    void gnutls_certificate_set_verify_function(gnutls_certificate_credentials_t credentials,
        int (*verify)(gnutls_session_t));
    int gnutls_certificate_type_get2(gnutls_session_t session, int whose);
    void gnutls_db_set_cache_expiration(gnutls_session_t session, int seconds);
"""
