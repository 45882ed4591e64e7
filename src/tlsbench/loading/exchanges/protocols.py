"""Which HTTP a connection speaks: what ``--http`` offers by ALPN, and what the server's answer means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tlsbench.errors import MeasurementError
from tlsbench.loading.exchanges.contract import Asked, Exchange
from tlsbench.protocol.http import HTTP_1, HTTP_2, HTTP_3

#: By the values of ``--http``, the protocols that are offered by ALPN (RFC 7301), the preferred one first.
#: Without a value HTTP/1.1 is spoken, and no protocol is offered.
OFFERED: Final[Mapping[str, tuple[str, ...]]] = {
    "": (),
    "1.1": (HTTP_1,),
    "2": (HTTP_2,),
    "3": (HTTP_3,),
    "auto": (HTTP_2, HTTP_1),
}


def spoken(http: str, agreed: str) -> str:
    """The protocol that is spoken where a server chose ``agreed``, ``""`` for none.

    A server that knows no ALPN is one of HTTP/1.1, unless that was not offered.

    :raises MeasurementError: if that is not what was asked for.
    """
    offered = OFFERED[http]
    if agreed in offered:
        return agreed
    if not offered or (not agreed and HTTP_1 in offered):
        return HTTP_1
    raise MeasurementError(refusal(http, f"it chose {agreed}" if agreed else "it chose no protocol by ALPN"))


def refusal(http: str, why: str) -> str:
    """That a server does not speak what was asked for, in a line."""
    return f"the server does not speak HTTP/{http}: {why} (--http auto takes what it speaks)"


def _http1(asked: Asked) -> Exchange:
    from tlsbench.loading.exchanges.http1 import Http1

    return Http1(asked)


def _http2(asked: Asked) -> Exchange:
    from tlsbench.loading.exchanges.http2 import Http2  # which needs an extra

    return Http2(asked)


_BY_NAME: Final[Mapping[str, Callable[[Asked], Exchange]]] = {HTTP_1: _http1, HTTP_2: _http2}


def exchange_of(protocol: str, asked: Asked) -> Exchange:
    """A new exchange of a protocol, by its name in ALPN."""
    return _BY_NAME[protocol](asked)
