"""The functions of a libcrypto for single operations, beyond those for TLS (``evp.h``, ``aead.h``).

OpenSSL 1.1.1, 3 and 4 and BoringSSL share most of them. Where they differ, each has functions of its own,
whose names decide which way is taken (:mod:`tlsbench.implementations.libssl.primitives`).
"""

from __future__ import annotations

from typing import Final

#: Parsed by cffi after those of :mod:`tlsbench.implementations.libssl.bindings`.
OPERATIONS: Final = """
    typedef struct evp_pkey_st EVP_PKEY; typedef struct evp_pkey_ctx_st EVP_PKEY_CTX;
    typedef struct evp_md_ctx_st EVP_MD_CTX; typedef struct evp_cipher_ctx_st EVP_CIPHER_CTX;
    typedef struct evp_kdf_st EVP_KDF; typedef struct evp_kdf_ctx_st EVP_KDF_CTX;
    typedef struct evp_aead_st EVP_AEAD; typedef struct evp_aead_ctx_st EVP_AEAD_CTX;
    typedef struct { const char *key; unsigned int data_type; void *data; size_t data_size;
                     size_t return_size; } OSSL_PARAM;

    int OBJ_sn2nid(const char *name);
    EVP_PKEY *d2i_AutoPrivateKey(EVP_PKEY **into, const unsigned char **data, long length);
    void EVP_PKEY_free(EVP_PKEY *key);
    EVP_PKEY_CTX *EVP_PKEY_CTX_new(EVP_PKEY *key, void *engine);
    EVP_PKEY_CTX *EVP_PKEY_CTX_new_id(int id, void *engine);
    EVP_PKEY_CTX *EVP_PKEY_CTX_new_from_name(OSSL_LIB_CTX *where, const char *name, const char *properties);
    void EVP_PKEY_CTX_free(EVP_PKEY_CTX *context);
    int EVP_PKEY_CTX_ctrl(EVP_PKEY_CTX *context, int key, int operation, int command, int number, void *more);
    int EVP_PKEY_CTX_set_group_name(EVP_PKEY_CTX *context, const char *name);
    int EVP_PKEY_CTX_set_ec_paramgen_curve_nid(EVP_PKEY_CTX *context, int nid);
    int EVP_PKEY_CTX_set_rsa_padding(EVP_PKEY_CTX *context, int padding);
    int EVP_PKEY_CTX_set_rsa_pss_saltlen(EVP_PKEY_CTX *context, int length);
    int EVP_PKEY_keygen_init(EVP_PKEY_CTX *context);
    int EVP_PKEY_keygen(EVP_PKEY_CTX *context, EVP_PKEY **key);
    int EVP_PKEY_derive_init(EVP_PKEY_CTX *context);
    int EVP_PKEY_derive_set_peer(EVP_PKEY_CTX *context, EVP_PKEY *peer);
    int EVP_PKEY_derive(EVP_PKEY_CTX *context, unsigned char *secret, size_t *length);
    int EVP_PKEY_encapsulate_init(EVP_PKEY_CTX *context, const OSSL_PARAM *parameters);
    int EVP_PKEY_encapsulate(EVP_PKEY_CTX *context, unsigned char *wrapped, size_t *wrapped_length,
                             unsigned char *secret, size_t *length);
    int EVP_PKEY_decapsulate_init(EVP_PKEY_CTX *context, const OSSL_PARAM *parameters);
    int EVP_PKEY_decapsulate(EVP_PKEY_CTX *context, unsigned char *secret, size_t *length,
                             const unsigned char *wrapped, size_t wrapped_length);

    const EVP_MD *EVP_sha256(void); const EVP_MD *EVP_sha384(void); const EVP_MD *EVP_sha512(void);
    EVP_MD_CTX *EVP_MD_CTX_new(void); void EVP_MD_CTX_free(EVP_MD_CTX *context);
    int EVP_DigestInit_ex(EVP_MD_CTX *context, const EVP_MD *digest, void *engine);
    int EVP_DigestUpdate(EVP_MD_CTX *context, const void *data, size_t length);
    int EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *digest, unsigned int *length);
    int EVP_DigestSignInit(EVP_MD_CTX *context, EVP_PKEY_CTX **key_context, const EVP_MD *digest,
                           void *engine, EVP_PKEY *key);
    int EVP_DigestSign(EVP_MD_CTX *context, unsigned char *signature, size_t *length,
                       const unsigned char *message, size_t message_length);
    int EVP_DigestVerifyInit(EVP_MD_CTX *context, EVP_PKEY_CTX **key_context, const EVP_MD *digest,
                             void *engine, EVP_PKEY *key);
    int EVP_DigestVerify(EVP_MD_CTX *context, const unsigned char *signature, size_t length,
                         const unsigned char *message, size_t message_length);
    unsigned char *HMAC(const EVP_MD *digest, const void *key, size_t key_length, const unsigned char *data,
                        size_t length, unsigned char *mac, unsigned int *mac_length);

    EVP_KDF *EVP_KDF_fetch(OSSL_LIB_CTX *where, const char *name, const char *properties);
    void EVP_KDF_free(EVP_KDF *kdf);
    EVP_KDF_CTX *EVP_KDF_CTX_new(EVP_KDF *kdf); void EVP_KDF_CTX_free(EVP_KDF_CTX *context);
    int EVP_KDF_derive(EVP_KDF_CTX *context, unsigned char *key, size_t length, const OSSL_PARAM *parameters);
    int HKDF(unsigned char *key, size_t key_length, const EVP_MD *digest, const unsigned char *secret,
             size_t length, const unsigned char *salt, size_t salt_length, const unsigned char *info,
             size_t info_length);
    int HKDF_expand(unsigned char *key, size_t key_length, const EVP_MD *digest, const unsigned char *secret,
                    size_t length, const unsigned char *info, size_t info_length);

    const EVP_CIPHER *EVP_aes_128_gcm(void); const EVP_CIPHER *EVP_aes_256_gcm(void);
    const EVP_CIPHER *EVP_chacha20_poly1305(void);
    EVP_CIPHER_CTX *EVP_CIPHER_CTX_new(void); void EVP_CIPHER_CTX_free(EVP_CIPHER_CTX *context);
    int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *context, int command, int number, void *more);
    int EVP_CipherInit_ex(EVP_CIPHER_CTX *context, const EVP_CIPHER *cipher, void *engine,
                          const unsigned char *key, const unsigned char *nonce, int encrypts);
    int EVP_CipherUpdate(EVP_CIPHER_CTX *context, unsigned char *out, int *out_length,
                         const unsigned char *in, int length);
    int EVP_CipherFinal_ex(EVP_CIPHER_CTX *context, unsigned char *out, int *out_length);
    const EVP_AEAD *EVP_aead_aes_128_gcm(void); const EVP_AEAD *EVP_aead_aes_256_gcm(void);
    const EVP_AEAD *EVP_aead_chacha20_poly1305(void);
    EVP_AEAD_CTX *EVP_AEAD_CTX_new(const EVP_AEAD *aead, const unsigned char *key, size_t length, size_t tag);
    void EVP_AEAD_CTX_free(EVP_AEAD_CTX *context);
    int EVP_AEAD_CTX_seal(const EVP_AEAD_CTX *context, unsigned char *out, size_t *out_length, size_t most,
                          const unsigned char *nonce, size_t nonce_length, const unsigned char *in,
                          size_t length, const unsigned char *additional, size_t additional_length);
    int EVP_AEAD_CTX_open(const EVP_AEAD_CTX *context, unsigned char *out, size_t *out_length, size_t most,
                          const unsigned char *nonce, size_t nonce_length, const unsigned char *in,
                          size_t length, const unsigned char *additional, size_t additional_length);
"""
