"""The functions of s2n-tls for the size of its records and for key updates, from its api/s2n.h."""

from __future__ import annotations

from typing import Final

DECLARATIONS: Final = """
    int s2n_config_send_max_fragment_length(s2n_config *config, int code);
    int s2n_config_accept_max_fragment_length(s2n_config *config);
    int s2n_connection_prefer_throughput(s2n_connection *connection);
    int s2n_connection_prefer_low_latency(s2n_connection *connection);
    int s2n_connection_request_key_update(s2n_connection *connection, int peer_request);
"""
