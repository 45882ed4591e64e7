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
    SelectsProtocols,
    ServerContext,
    SocketWriter,
    TlsImplementation,
)

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
    "SelectsProtocols",
    "ServerContext",
    "SocketWriter",
    "TlsImplementation",
]
