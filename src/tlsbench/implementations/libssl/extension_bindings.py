"""The functions of a libssl for extensions that not every one has: certificate compression and ECH."""

from __future__ import annotations

from typing import Final

EXTENSION_DECLARATIONS: Final = """
    int SSL_CTX_set1_cert_comp_preference(SSL_CTX *context, int *algorithms, size_t count);
    int SSL_CTX_compress_certs(SSL_CTX *context, int algorithm);
    int SSL_CTX_set1_compressed_cert(SSL_CTX *context, int algorithm, unsigned char *data, size_t length,
        size_t uncompressed_length);

    typedef struct cbb_st CBB; typedef struct crypto_buffer_st CRYPTO_BUFFER;
    typedef struct crypto_buffer_pool_st CRYPTO_BUFFER_POOL;
    int SSL_CTX_add_cert_compression_alg(SSL_CTX *context, uint16_t algorithm,
        int (*compress)(SSL *, CBB *, const uint8_t *, size_t),
        int (*decompress)(SSL *, CRYPTO_BUFFER **, size_t, const uint8_t *, size_t));
    int CBB_add_bytes(CBB *into, const uint8_t *data, size_t length);
    CRYPTO_BUFFER *CRYPTO_BUFFER_new(const uint8_t *data, size_t length, CRYPTO_BUFFER_POOL *pool);
    size_t SSL_get_client_random(const SSL *ssl, uint8_t *into, size_t most);

    typedef struct ssl_ech_keys_st SSL_ECH_KEYS; typedef struct evp_hpke_key_st EVP_HPKE_KEY;
    typedef struct evp_hpke_kem_st EVP_HPKE_KEM;
    typedef struct ossl_echstore_st OSSL_ECHSTORE;
    OSSL_ECHSTORE *OSSL_ECHSTORE_new(OSSL_LIB_CTX *where, const char *properties);
    void SSL_set_enable_ech_grease(SSL *ssl, int enable);
    int SSL_set1_ech_config_list(SSL *ssl, const uint8_t *list, size_t length);
    void SSL_get0_ech_retry_configs(const SSL *ssl, const uint8_t **list, size_t *length);
    SSL_ECH_KEYS *SSL_ECH_KEYS_new(void); void SSL_ECH_KEYS_free(SSL_ECH_KEYS *keys);
    int SSL_ECH_KEYS_add(SSL_ECH_KEYS *keys, int is_retry_config, const uint8_t *config, size_t length,
        const EVP_HPKE_KEY *key);
    int SSL_CTX_set1_ech_keys(SSL_CTX *context, SSL_ECH_KEYS *keys);
    int SSL_ech_accepted(const SSL *ssl);
    const char *SSL_get_servername(const SSL *ssl, int kind);
    EVP_HPKE_KEY *EVP_HPKE_KEY_new(void); void EVP_HPKE_KEY_free(EVP_HPKE_KEY *key);
    const EVP_HPKE_KEM *EVP_hpke_x25519_hkdf_sha256(void);
    int EVP_HPKE_KEY_init(EVP_HPKE_KEY *key, const EVP_HPKE_KEM *kem, const uint8_t *secret, size_t length);
"""
