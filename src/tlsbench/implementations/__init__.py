"""What is measured: TLS libraries behind one small contract, bytes or datagrams in and out."""

from tlsbench.implementations.contract import (
    ClientContext,
    DatagramClientContext,
    DatagramEndpoint,
    DatagramImplementation,
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
    "ClientContext",
    "DatagramClientContext",
    "DatagramEndpoint",
    "DatagramImplementation",
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
