"""How recorded handshakes are examined on each transport: a row for each value of the axis ``transport``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from tlsbench.decryption.decoding import Opening, opening_of
from tlsbench.decryption.keylog import KeyLog
from tlsbench.decryption.piece import Piece
from tlsbench.decryption.quic import quic_opening_of
from tlsbench.decryption.records import dtls_records_of, records_of
from tlsbench.tracing.ladder import Ladder, ladder_of
from tlsbench.tracing.quic import quic_ladder_of
from tlsbench.tracing.recording import RecordedClients, RecordedLink, RecordedServers
from tlsbench.tracing.recording_datagrams import (
    RecordedDatagramClients,
    RecordedDatagrams,
    RecordedDatagramServers,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """How the handshakes of a transport are traced.

    :param clients: wraps a cell's client context, to record it; ``servers`` and ``link`` do the same for the
        server context and the link.
    :param opening: returns the hellos of what was recorded.
    :param ladder: returns its ladder, with a key log.
    :param headers: the headers in a capture that are made up.
    """

    clients: Callable[..., Any]
    servers: Callable[..., Any]
    link: Callable[..., Any]
    opening: Callable[[Sequence[Piece]], Opening]
    ladder: Callable[[Sequence[Piece], KeyLog], Ladder]
    headers: str


_IN_DATAGRAMS: Final[Mapping[str, Any]] = {
    "clients": RecordedDatagramClients,
    "servers": RecordedDatagramServers,
    "link": RecordedDatagrams,
    "headers": "UDP and IP",
}
TRACED: Final[Mapping[str, Traced]] = {
    "tls": Traced(
        clients=RecordedClients,
        servers=RecordedServers,
        link=RecordedLink,
        opening=lambda pieces: opening_of(records_of(pieces)),
        ladder=ladder_of,
        headers="TCP and IP",
    ),
    "dtls": Traced(
        **_IN_DATAGRAMS,
        opening=lambda pieces: opening_of(dtls_records_of(pieces)),
        ladder=partial(ladder_of, transport="dtls"),
    ),
    "quic": Traced(**_IN_DATAGRAMS, opening=quic_opening_of, ladder=quic_ladder_of),
}
