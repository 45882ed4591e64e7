"""The functions of a libcrypto for primitives that TLS does not use."""

from __future__ import annotations

from typing import Final

#: Parsed by cffi after those of :mod:`tlsbench.implementations.libssl.libcrypto`. Lengths that are ``int`` in
#: OpenSSL and ``size_t`` in BoringSSL are declared as the wider type, of which OpenSSL reads the lower half.
PRIMITIVES: Final = """
    typedef struct cmac_ctx_st CMAC_CTX;
    const EVP_CIPHER *EVP_get_cipherbyname(const char *name);
    const EVP_MD *EVP_get_digestbyname(const char *name);
    int EVP_CIPHER_CTX_set_padding(EVP_CIPHER_CTX *context, int pads);
    void EVP_CIPHER_CTX_set_flags(EVP_CIPHER_CTX *context, int flags);
    int EVP_DigestFinalXOF(EVP_MD_CTX *context, unsigned char *digest, size_t length);

    CMAC_CTX *CMAC_CTX_new(void); void CMAC_CTX_free(CMAC_CTX *context);
    int CMAC_Init(CMAC_CTX *context, const void *key, size_t length, const EVP_CIPHER *cipher, void *engine);
    int CMAC_Update(CMAC_CTX *context, const void *data, size_t length);
    int CMAC_Final(CMAC_CTX *context, unsigned char *mac, size_t *length);
    EVP_PKEY *EVP_PKEY_new_raw_private_key(int kind, void *engine, const unsigned char *key, size_t length);

    int PKCS5_PBKDF2_HMAC(const char *password, size_t length, const unsigned char *salt, size_t salt_length,
                          size_t iterations, const EVP_MD *digest, size_t key_length, unsigned char *key);
    int EVP_PBE_scrypt(const char *password, size_t length, const unsigned char *salt, size_t salt_length,
                       uint64_t n, uint64_t r, uint64_t p, uint64_t most_memory, unsigned char *key,
                       size_t key_length);

    int EVP_PKEY_CTX_set_rsa_keygen_bits(EVP_PKEY_CTX *context, int bits);
    int EVP_PKEY_CTX_set_rsa_oaep_md(EVP_PKEY_CTX *context, const EVP_MD *digest);
    int EVP_PKEY_encrypt_init(EVP_PKEY_CTX *context);
    int EVP_PKEY_encrypt(EVP_PKEY_CTX *context, unsigned char *out, size_t *out_length,
                         const unsigned char *in, size_t length);
    int EVP_PKEY_decrypt_init(EVP_PKEY_CTX *context);
    int EVP_PKEY_decrypt(EVP_PKEY_CTX *context, unsigned char *out, size_t *out_length,
                         const unsigned char *in, size_t length);

    const EVP_AEAD *EVP_aead_aes_128_gcm_siv(void); const EVP_AEAD *EVP_aead_aes_256_gcm_siv(void);
"""
