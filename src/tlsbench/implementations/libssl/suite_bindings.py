"""The functions of a libssl for listing its cipher suites, and for setting and reading the group of DHE."""

from __future__ import annotations

from typing import Final

SUITE_DECLARATIONS: Final = """
    OPENSSL_STACK *SSL_CTX_get_ciphers(const SSL_CTX *context);
    uint32_t SSL_CIPHER_get_id(const SSL_CIPHER *cipher);

    typedef struct dh_st DH; typedef struct bignum_st BIGNUM;
    DH *DH_new_by_nid(int nid); void DH_free(DH *parameters);
    int EVP_PKEY_get_bn_param(const EVP_PKEY *key, const char *name, BIGNUM **number);
    const DH *EVP_PKEY_get0_DH(const EVP_PKEY *key);
    void DH_get0_pqg(const DH *parameters, const BIGNUM **p, const BIGNUM **q, const BIGNUM **g);
    int BN_num_bits(const BIGNUM *number);
    int BN_bn2bin(const BIGNUM *number, unsigned char *out);
    void BN_free(BIGNUM *number);
"""
