"""Gaps that several libraries have in common, in the same words."""

from __future__ import annotations

from typing import Final

from tlsbench.scenarios import Gap, gap, signatures
from tlsbench.scenarios.axes import AXES, ONE_SIDED_WORKLOADS

NO_SINGLE_OPERATIONS: Final = gap(
    "a TLS library: primitives and certificates are in cryptography", workload=ONE_SIDED_WORKLOADS
)
NO_EARLY_DATA: Final = gap("it has no early data", resumption="early-data")
NO_STAPLING: Final = gap("it staples no OCSP response", ocsp="stapled")
DEFAULT_SIGNATURES: Final = gap(
    "it cannot be told or does not tell how a handshake is signed", signature=tuple(signatures.BY_NAME)
)
#: The libcrypto that the system brings, which Python's ssl module and hashlib use.
SYSTEM_LIBCRYPTO: Final = "the system's"


def default_tickets(server: str, why: str = "it cannot be told how many tickets to send") -> Gap:
    """The gap of a server that sends as many tickets as it likes."""
    return gap(why, server=server, tickets=AXES["tickets"].values[1:])


def one_ticket_when_resumed(server: str) -> Gap:
    """The gap of OpenSSL's servers, which are told a number for full handshakes alone."""
    return gap(
        "after a resumed handshake OpenSSL sends one ticket (SSL_CTX_set_num_tickets(3))",
        server=server,
        tickets=("2", "3", "4"),
        resumption=("psk", "early-data"),
    )


def session_objects(client: str) -> Gap:
    """The gap of a client whose sessions are objects alone."""
    return gap("its API gives a session as an object, not as bytes", client=client, session="serialised")


def by_libssl_alone(library: str) -> tuple[Gap, ...]:
    """The gaps of a library for what only a libssl can be told."""
    return (DEFAULT_SIGNATURES, default_tickets(library), session_objects(library))
