"""The functions of a libssl and its libcrypto for certificates (``x509_vfy.h``, ``ec.h``)."""

from __future__ import annotations

from typing import Final

CHAIN_DECLARATIONS: Final = """
    typedef struct x509_verify_param_st X509_VERIFY_PARAM;
    X509_VERIFY_PARAM *SSL_CTX_get0_param(SSL_CTX *context);
    int SSL_get0_peer_signature_name(const SSL *ssl, const char **name);
    typedef struct ec_group_st EC_GROUP;
    EC_GROUP *EC_GROUP_new_by_curve_name(int nid);
    void EC_GROUP_free(EC_GROUP *group);
    int X509_VERIFY_PARAM_set_flags(X509_VERIFY_PARAM *parameters, unsigned long flags);
"""
