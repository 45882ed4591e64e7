"""What a load needs of qh3: its configuration, and what it knows about a connection."""

from __future__ import annotations

import ssl
from typing import Any, Final, NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding
from qh3.h3.connection import ErrorCode
from qh3.quic.configuration import QuicConfiguration
from qh3.quic.connection import QuicConnection
from qh3.quic.events import ConnectionTerminated
from qh3.quic.packet import QuicErrorCode
from qh3.tls import CipherSuite

from tlsbench.loading.credentials import identity_of, roots_of
from tlsbench.loading.exchanges import refusal
from tlsbench.loading.failures import name_of_code
from tlsbench.loading.names import is_address
from tlsbench.loading.plan import LoadPlan
from tlsbench.pki.keys import to_pem
from tlsbench.protocol.alerts import DESCRIPTIONS
from tlsbench.protocol.http import HTTP_3

#: Error codes from here on are TLS alerts, added to this base (RFC 9001 section 4.8).
_CRYPTO_ERROR: Final = 0x100
_NO_APPLICATION_PROTOCOL: Final = 120
#: H3_NO_ERROR (RFC 9114 section 8.1).
NO_ERROR: Final = 0x100


class Facts(NamedTuple):
    """What qh3 knows about a connection.

    :param cipher: the IANA name of the cipher suite; qh3 does not reveal the group.
    :param is_confirmed: whether the server has accepted the handshake (RFC 9001 section 4.1.2).
    :param lost: packets that qh3 declared lost.
    :param rtt_s: the smoothed round trip time; 0 if none has been measured.
    """

    cipher: str
    is_confirmed: bool
    lost: int
    rtt_s: float


def facts_of(quic: QuicConnection) -> Facts:
    """What qh3 knows about a connection now."""
    suite, core = quic.get_cipher(), quic._core
    cipher = "" if suite is None else f"TLS_{CipherSuite(suite).name}"
    lost, rtt_s = (0, 0.0) if core is None else (core.loss_total, core.smoothed_rtt or 0.0)
    return Facts(cipher, quic._handshake_confirmed, lost, rtt_s)


def configuration_of(plan: LoadPlan, ticket: Any) -> QuicConfiguration:  # noqa: ANN401 - a ticket of qh3
    """The configuration of a connection.

    :param ticket: the ticket of an earlier connection to resume; None for a full handshake.
    :raises RequestError: if the files that the plan names cannot be used.
    """
    # SNI carries no address (RFC 6066 section 3), but qh3 sends whatever name it verifies.
    name = None if is_address(plan.name) and not plan.root else plan.name
    configuration = QuicConfiguration(
        is_client=True,
        alpn_protocols=[HTTP_3],
        server_name=name,
        verify_mode=ssl.CERT_REQUIRED if plan.root else ssl.CERT_NONE,
        verify_hostname=bool(plan.root),
        session_ticket=ticket,
        probe_datagram_size=False,  # it would send larger ones during the measurement
        idle_timeout=600.0,  # when a connection ends is for the load and the server to decide
    )
    if plan.root:
        roots = (root.public_bytes(Encoding.PEM) for root in roots_of(plan.root))
        configuration.load_verify_locations(cadata=b"".join(roots))
    if plan.cipher:
        configuration.cipher_suites = [CipherSuite[plan.cipher.removeprefix("TLS_")]]
    if plan.cert:
        identity = identity_of(plan.cert, plan.key)
        configuration.load_cert_chain(identity.chain_pem, to_pem(identity.private_key))
    return configuration


def why_terminated(event: ConnectionTerminated) -> str:
    """Why a connection ended that the client did not end, in one of a few fixed texts."""
    code = event.error_code
    if code in (QuicErrorCode.NO_ERROR, NO_ERROR):
        return "closed by the server"
    if event.frame_type is None:  # an error of the application, not of QUIC
        return f"HTTP/3: {name_of_code(ErrorCode, code)}"
    alert = code - _CRYPTO_ERROR
    if alert == _NO_APPLICATION_PROTOCOL:
        return refusal("3", "it refuses that by ALPN")
    return (
        f"TLS: alert {DESCRIPTIONS[alert]}"
        if alert in DESCRIPTIONS
        else f"QUIC: {name_of_code(QuicErrorCode, code)}"
    )


def broken_by_peer(quic: QuicConnection | None) -> bool:
    """Whether the library itself has ended the connection because of what it received."""
    return quic is not None and quic._close_event is not None  # its event comes only when all is over
