"""The functions of s2n-tls for external PSKs and ticket lifetimes, from its s2n.h."""

from __future__ import annotations

from typing import Final

DECLARATIONS: Final = """
    typedef struct s2n_psk s2n_psk;
    s2n_psk *s2n_external_psk_new(void);
    int s2n_psk_free(s2n_psk **psk);
    int s2n_psk_set_identity(s2n_psk *psk, const uint8_t *identity, uint16_t length);
    int s2n_psk_set_secret(s2n_psk *psk, const uint8_t *secret, uint16_t length);
    int s2n_psk_set_hmac(s2n_psk *psk, int hmac);
    int s2n_connection_append_psk(s2n_connection *connection, s2n_psk *psk);
    int s2n_connection_get_negotiated_psk_identity_length(s2n_connection *connection, uint16_t *length);
    int s2n_connection_get_negotiated_psk_identity(
        s2n_connection *connection, uint8_t *identity, uint16_t most);
    int s2n_config_set_session_state_lifetime(s2n_config *config, uint64_t seconds);
    int s2n_connection_get_session_ticket_lifetime_hint(s2n_connection *connection);
"""
