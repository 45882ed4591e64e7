"""What is measured: TLS libraries behind one small contract, bytes or datagrams in and out."""

from tlsbench.implementations.contract import (
    ClientContext,
    DatagramClientContext,
    DatagramEndpoint,
    DatagramServerContext,
    End,
    Endpoint,
    Implementation,
    JoinsTickets,
    LogsKeys,
    Negotiated,
    Operation,
    PrimitiveImplementation,
    ServerContext,
    SocketWriter,
    TlsImplementation,
)
from tlsbench.implementations.verifying import Verification, VerifyingImplementation

__all__ = [
    "ClientContext",
    "DatagramClientContext",
    "DatagramEndpoint",
    "DatagramServerContext",
    "End",
    "Endpoint",
    "Implementation",
    "JoinsTickets",
    "LogsKeys",
    "Negotiated",
    "Operation",
    "PrimitiveImplementation",
    "ServerContext",
    "SocketWriter",
    "TlsImplementation",
    "Verification",
    "VerifyingImplementation",
]
