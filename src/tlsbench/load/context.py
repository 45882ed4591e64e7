"""What the connections of a worker have in common: their context, their sessions, their counts."""

from __future__ import annotations

import socket
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from OpenSSL import SSL

from tlsbench.errors import MeasurementError, RequestError
from tlsbench.implementations.pyopenssl import bindings
from tlsbench.load.plan import Plan
from tlsbench.load.tally import Tally
from tlsbench.scenarios import ciphers
from tlsbench.sockets import Settings

_VERSIONS: Final = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}
#: Sessions that wait to be resumed; more than are ever open at once are not needed.
_MOST_SESSIONS: Final = 4096
#: What OpenSSL's state machine passes only when the server has accepted early data: without, the client
#: writes no such message (RFC 8446 section 4.5).
_EARLY_DATA_ACCEPTED: Final = b"TLSv1.3 write end of early data"


def client_context(plan: Plan) -> SSL.Context:
    """The OpenSSL context of a worker's connections.

    :raises RequestError: if OpenSSL does not take what the plan asks for.
    """
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)  # sessions are handed over by hand
    try:
        if plan.version:
            context.set_min_proto_version(_VERSIONS[plan.version])
            context.set_max_proto_version(_VERSIONS[plan.version])
        if plan.cipher:
            suite = ciphers.BY_NAME[plan.cipher]
            set_suite = context.set_tls13_ciphersuites if suite.version == "1.3" else context.set_cipher_list
            set_suite(suite.openssl.encode("ascii"))
        if plan.group:
            bindings.set_groups(context, plan.group)
        if plan.root:
            context.load_verify_locations(plan.root)
            context.set_verify(SSL.VERIFY_PEER)
            bindings.check_host_name(context, plan.name)
    except (SSL.Error, MeasurementError) as error:
        raise RequestError(f"OpenSSL refuses the client's configuration: {error}") from error
    return context


@dataclass(slots=True)
class Shared:
    """What the connections of a worker have in common."""

    plan: Plan
    context: SSL.Context
    address: tuple[str, int] | str
    family: socket.AddressFamily
    settings: Settings
    tally: Tally
    request: bytes
    sessions: deque[SSL.Session] = field(default_factory=lambda: deque(maxlen=_MOST_SESSIONS))
    #: Connections whose early data the server has accepted, until they ask.
    accepted: set[SSL.Connection] = field(default_factory=set)
    #: Adds up the wanted share, so that of any ten in a row as many resume as are wanted.
    owed: float = 0.0

    def watch_early_data(self) -> None:
        """Note in :attr:`accepted` whose early data the server takes."""

        def note(connection: SSL.Connection, _where: int, _code: int) -> None:
            if connection.get_state_string() == _EARLY_DATA_ACCEPTED:
                self.accepted.add(connection)

        self.context.set_info_callback(note)

    def session_to_resume(self) -> tuple[bool, SSL.Session | None]:
        """Whether the next connection is to resume, and what; it may be that there is nothing yet."""
        self.owed += self.plan.resume
        if self.owed < 1:
            return False, None
        self.owed -= 1
        return True, self.sessions.pop() if self.sessions else None
