"""The HTTP version of a connection: what ``--http`` offers by ALPN, and what the server's choice means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tlsbench.errors import MeasurementError
from tlsbench.loading.exchanges.contract import Asked, Exchange
from tlsbench.protocol.http import HTTP_1, HTTP_2, HTTP_3

#: The protocols that each value of ``--http`` offers by ALPN (RFC 7301), the preferred one first. Without a
#: value, none is offered and HTTP/1.1 is spoken.
OFFERED: Final[Mapping[str, tuple[str, ...]]] = {
    "": (),
    "1.1": (HTTP_1,),
    "2": (HTTP_2,),
    "3": (HTTP_3,),
    "auto": (HTTP_2, HTTP_1),
}


def spoken(http: str, agreed: str) -> str:
    """The protocol to speak with a server that chose ``agreed``, ``""`` for none.

    A server without ALPN is taken to speak HTTP/1.1, if the load accepts that.

    :raises MeasurementError: if that is not what was requested.
    """
    offered = OFFERED[http]
    if agreed in offered:
        return agreed
    if not offered or (not agreed and HTTP_1 in offered):
        return HTTP_1
    raise MeasurementError(refusal(http, f"it chose {agreed}" if agreed else "it chose no protocol by ALPN"))


def refusal(http: str, why: str) -> str:
    """A one-line message that a server does not speak the requested HTTP version."""
    return f"the server does not speak HTTP/{http}: {why} (--http auto takes what it speaks)"


def _http1(asked: Asked) -> Exchange:
    from tlsbench.loading.exchanges.http1 import Http1

    return Http1(asked)


def _http2(asked: Asked) -> Exchange:
    from tlsbench.loading.exchanges.http2 import Http2  # which needs an extra

    return Http2(asked)


_BY_NAME: Final[Mapping[str, Callable[[Asked], Exchange]]] = {HTTP_1: _http1, HTTP_2: _http2}


def exchange_of(protocol: str, asked: Asked) -> Exchange:
    """A new exchange for a protocol, by its ALPN name."""
    return _BY_NAME[protocol](asked)
