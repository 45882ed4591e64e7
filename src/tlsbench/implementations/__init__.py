"""What is measured: TLS libraries behind one small contract, bytes or datagrams in and out."""

from tlsbench.implementations.contract import (
    CallsPrimitives,
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

__all__ = [
    "CallsPrimitives",
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
]
