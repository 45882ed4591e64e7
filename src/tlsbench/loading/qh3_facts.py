"""qh3 as a load needs it: its configuration, and what it knows of a connection."""

from __future__ import annotations

import ssl
from enum import IntEnum
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
from tlsbench.loading.names import is_address
from tlsbench.loading.plan import LoadPlan
from tlsbench.pki.keys import to_pem
from tlsbench.protocol.alerts import DESCRIPTIONS
from tlsbench.protocol.http import HTTP_3

#: From here on error codes are of TLS: the alert is added (RFC 9001 section 4.8).
_CRYPTO_ERROR: Final = 0x100
_NO_APPLICATION_PROTOCOL: Final = 120
#: H3_NO_ERROR (RFC 9114 section 8.1).
NO_ERROR: Final = 0x100


class Facts(NamedTuple):
    """What qh3 knows of a connection.

    :param cipher: by its IANA name; the group it does not tell.
    :param is_confirmed: whether the server has accepted the handshake (RFC 9001 section 4.1.2).
    :param lost: packets that it took for lost.
    :param rtt_s: its smoothed round trip time; 0 if it has measured none.
    """

    cipher: str
    is_confirmed: bool
    lost: int
    rtt_s: float


def facts_of(quic: QuicConnection) -> Facts:
    """What it knows of a connection now."""
    suite, core = quic.get_cipher(), quic._core
    cipher = "" if suite is None else f"TLS_{CipherSuite(suite).name}"
    lost, rtt_s = (0, 0.0) if core is None else (core.loss_total, core.smoothed_rtt or 0.0)
    return Facts(cipher, quic._handshake_confirmed, lost, rtt_s)


def configuration_of(plan: LoadPlan, ticket: Any) -> QuicConfiguration:  # noqa: ANN401 - a ticket of qh3
    """The configuration of a connection.

    :param ticket: of an earlier one, to be resumed; None for none.
    :raises RequestError: if the files that the plan names are not what they should be.
    """
    # An address is not indicated (RFC 6066 section 3); what is verified qh3 indicates too.
    name = None if is_address(plan.name) and not plan.root else plan.name
    configuration = QuicConfiguration(
        is_client=True,
        alpn_protocols=[HTTP_3],
        server_name=name,
        verify_mode=ssl.CERT_REQUIRED if plan.root else ssl.CERT_NONE,
        verify_hostname=bool(plan.root),
        session_ticket=ticket,
        probe_datagram_size=False,  # it would send larger ones in the midst of what is measured
        idle_timeout=600.0,  # a connection's end is the load's to decide, and the server's
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
    if event.frame_type is None:  # an error of the application's, not of QUIC's
        return f"HTTP/3: {_name(ErrorCode, code)}"
    alert = code - _CRYPTO_ERROR
    if alert == _NO_APPLICATION_PROTOCOL:
        return refusal("3", "it refuses that by ALPN")
    return (
        f"TLS: alert {DESCRIPTIONS[alert]}"
        if alert in DESCRIPTIONS
        else f"QUIC: {_name(QuicErrorCode, code)}"
    )


def _name(codes: type[IntEnum], code: int) -> str:
    """A code by its name: those that nobody knows have one together."""
    try:
        return codes(code).name
    except ValueError:
        return "an unknown error"


def broken_by_peer(quic: QuicConnection | None) -> bool:
    """Whether the library itself has ended the connection, by what it was sent."""
    return quic is not None and quic._close_event is not None  # it tells only later, when all is over
