"""What is measured: TLS libraries behind one small contract, bytes in and bytes out."""

from tlsbench.implementations.contract import (
    ClientContext,
    Endpoint,
    Implementation,
    Negotiated,
    Operation,
    PrimitiveImplementation,
    ServerContext,
    TlsImplementation,
)

__all__ = [
    "ClientContext",
    "Endpoint",
    "Implementation",
    "Negotiated",
    "Operation",
    "PrimitiveImplementation",
    "ServerContext",
    "TlsImplementation",
]
