"""The functions of a libssl for raw public keys, external PSKs and tickets, from its headers."""

from __future__ import annotations

from typing import Final

DECLARATIONS: Final = """
    typedef struct evp_mac_ctx_st EVP_MAC_CTX;

    int SSL_CTX_set1_server_cert_type(SSL_CTX *context, const unsigned char *types, size_t count);
    int SSL_CTX_set1_client_cert_type(SSL_CTX *context, const unsigned char *types, size_t count);
    int SSL_CTX_dane_enable(SSL_CTX *context); int SSL_dane_enable(SSL *ssl, const char *domain);
    int SSL_add_expected_rpk(SSL *ssl, EVP_PKEY *key);
    EVP_PKEY *SSL_get0_peer_rpk(const SSL *ssl);
    EVP_PKEY *d2i_PUBKEY(EVP_PKEY **into, const unsigned char **data, long length);
    int i2d_PUBKEY(EVP_PKEY *key, unsigned char **out);

    void SSL_CTX_set_psk_use_session_callback(SSL_CTX *context,
        int (*callback)(SSL *, const EVP_MD *, const unsigned char **, size_t *, SSL_SESSION **));
    void SSL_CTX_set_psk_find_session_callback(SSL_CTX *context,
        int (*callback)(SSL *, const unsigned char *, size_t, SSL_SESSION **));
    void SSL_CTX_set_psk_client_callback(SSL_CTX *context,
        unsigned int (*callback)(SSL *, const char *, char *, unsigned int, unsigned char *, unsigned int));
    void SSL_CTX_set_psk_server_callback(SSL_CTX *context,
        unsigned int (*callback)(SSL *, const char *, unsigned char *, unsigned int));
    const char *SSL_get_psk_identity(const SSL *ssl);
    SSL_SESSION *SSL_SESSION_new(void);
    int SSL_SESSION_set1_master_key(SSL_SESSION *session, const unsigned char *key, size_t length);
    int SSL_SESSION_set_cipher(SSL_SESSION *session, const SSL_CIPHER *cipher);
    int SSL_SESSION_set_protocol_version(SSL_SESSION *session, int version);
    const SSL_CIPHER *SSL_CIPHER_find(SSL *ssl, const unsigned char *code_point);

    long SSL_CTX_set_timeout(SSL_CTX *context, long seconds);
    SSL_SESSION *SSL_get_session(const SSL *ssl);
    unsigned long SSL_SESSION_get_ticket_lifetime_hint(const SSL_SESSION *session);
    long SSL_SESSION_set_time(SSL_SESSION *session, long seconds);
    int SSL_CTX_set_tlsext_ticket_key_evp_cb(SSL_CTX *context,
        int (*callback)(SSL *, unsigned char *, unsigned char *, EVP_CIPHER_CTX *, EVP_MAC_CTX *, int));
    const EVP_CIPHER *EVP_aes_256_cbc(void);
    int EVP_MAC_CTX_set_params(EVP_MAC_CTX *context, const OSSL_PARAM *parameters);
"""
