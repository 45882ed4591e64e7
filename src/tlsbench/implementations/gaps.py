"""Gaps that several libraries share, in the same words."""

from __future__ import annotations

from typing import Final

from tlsbench.scenarios import Gap, gap, groups
from tlsbench.scenarios.axes import AXES
from tlsbench.sockets import why_no_kernel_tls

#: The system's libcrypto, which Python's ssl module and hashlib use.
SYSTEM_LIBCRYPTO: Final = "the system's"


def one_ticket_when_resumed(server: str) -> Gap:
    """The gap of OpenSSL's servers, whose number of tickets applies only to full handshakes."""
    return gap(
        "after a resumed handshake OpenSSL sends one ticket (SSL_CTX_set_num_tickets(3))",
        server=server,
        tickets=("2", "3", "4"),
        resumption=("psk", "early-data", "external-psk"),
    )


def no_ed25519_in_dtls() -> Gap:
    """The gap of OpenSSL, which selects an Ed25519 certificate only in TLS (``ssl_set_masks``)."""
    return gap("OpenSSL sends no Ed25519 certificate in DTLS 1.2", transport="dtls", key="ed25519")


def keys_of_two_kinds(client: str) -> Gap:
    """The gap of BoringSSL's clients, which send both a classical and a post-quantum key share at once."""
    return gap(
        "BoringSSL's client sends a key share for its first post-quantum group at once",
        client=client,
        hello_retry="yes",
        group=tuple(group.name for group in groups.GROUPS if group.post_quantum),
    )


def mbed_tls_psk_gap() -> Gap:
    """The gap of both implementations of Mbed TLS."""
    return gap("Mbed TLS has external PSKs, but they are not connected here", resumption="external-psk")


def kernel_tls_gap() -> Gap:
    """The gap of libraries that could use kernel TLS: this kernel lacks it, or they are driven in memory.

    OpenSSL uses it only on sockets (SSL_OP_ENABLE_KTLS of SSL_CTX_set_options(3)).
    """
    no_sockets = "the kernel has TLS, but OpenSSL uses it only on sockets, and is driven in memory here"
    return gap(why_no_kernel_tls() or no_sockets, offload=AXES["offload"].special)
