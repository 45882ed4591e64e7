"""What the connections of a worker share: their context, their sessions, their counts."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from OpenSSL import SSL
from OpenSSL.crypto import X509

from tlsbench.errors import MeasurementError, RequestError
from tlsbench.implementations.openssl_names import (
    cipher_from_openssl,
    group_from_openssl,
    version_from_openssl,
)
from tlsbench.implementations.pyopenssl import bindings
from tlsbench.implementations.pyopenssl.library import show_identity
from tlsbench.implementations.pyopenssl.tapped import MakeTap, log_keys, untapped
from tlsbench.loading.clients import Clients
from tlsbench.loading.credentials import identity_of, roots_of
from tlsbench.loading.exchanges import OFFERED, Asked, refusal, spoken
from tlsbench.loading.names import is_address
from tlsbench.loading.plan import LoadPlan
from tlsbench.loading.tally import LoadTally, record_times
from tlsbench.loading.tapped import TappedClient
from tlsbench.loading.watchdog import Turn
from tlsbench.protocol.http import HTTP_1
from tlsbench.scenarios import ciphers
from tlsbench.sockets import HAS_TCP_INFO, UNIX, Settings

_VERSIONS: Final = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}
#: The most sessions kept for resumption.
_MOST_SESSIONS: Final = 4096


def client_context(plan: LoadPlan) -> SSL.Context:
    """The OpenSSL context of a worker's connections.

    :raises RequestError: if OpenSSL does not accept what the plan requires.
    """
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)  # sessions are passed on by hand
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
            store = context.get_cert_store()
            assert store is not None
            for root in roots_of(plan.root):
                store.add_cert(X509.from_cryptography(root))
            context.set_verify(SSL.VERIFY_PEER)
            bindings.check_host_name(context, plan.name)
        if plan.key_log or plan.captured:
            log_keys(context, plan.key_log)
        if offered := OFFERED[plan.http]:
            context.set_alpn_protos([protocol.encode("ascii") for protocol in offered])
        if plan.cert:
            show_identity(context, identity_of(plan.cert, plan.key))
    except (SSL.Error, MeasurementError) as error:
        raise RequestError(f"OpenSSL refuses the client's configuration: {error}") from error
    return context


def resolve(plan: LoadPlan) -> tuple[socket.AddressFamily, tuple[str, int] | str]:
    """The address family and address of the (first) target.

    :raises RequestError: if its name has no address.
    """
    if plan.target.is_unix:
        return socket.AF_UNIX, plan.target.host.removeprefix(UNIX)
    host = plan.addresses.get(plan.target.host, plan.target.host)
    try:
        found = socket.getaddrinfo(host, plan.target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # UnicodeError: not a name by Python's own IDNA
        reason = getattr(error, "strerror", None) or "it is not a host name"
        raise RequestError(f"{plan.target.host} has no address: {reason}") from error
    family, _, _, _, address = found[0]
    return family, (str(address[0]), int(address[1]))


@dataclass(slots=True)
class Shared:
    """What the connections of a worker to one target share."""

    #: The plan for that target alone.
    plan: LoadPlan
    context: SSL.Context
    address: tuple[str, int] | str
    family: socket.AddressFamily
    settings: Settings
    tally: LoadTally
    tap: MakeTap = untapped
    #: The index of the target, among those of the load.
    backend: int = 0
    #: Sessions to resume: OpenSSL's, or for QUIC the tickets of its library.
    sessions: deque[Any] | Clients = field(default_factory=lambda: deque(maxlen=_MOST_SESSIONS))
    #: Connections whose early data the server has accepted, until their handshake completes.
    accepted: set[SSL.Connection] = field(default_factory=set)
    #: Whether the server is silent after a handshake, so that a client must end its half to see acceptance.
    is_server_quiet: bool = False
    #: Shared by the whole worker.
    turn: Turn = field(default_factory=Turn)
    #: When connections begin to count, by CLOCK_MONOTONIC.
    count_from_ns: int = 0
    #: Accumulates the share to resume, so that it holds for any ten consecutive connections.
    owed: float = 0.0
    #: How long each step of a connection may take.
    limit_ns: int = field(init=False)
    #: By phase, times in nanoseconds that are not yet in the tally's histograms: see :meth:`note_times`.
    took: dict[str, list[int]] = field(init=False)
    asked: Asked = field(init=False)
    receive: Callable[[SSL.Connection], bytes] = field(init=False)
    #: The protocol spoken last, by its ALPN name: early data uses it, before one is agreed.
    protocol: str = field(init=False)

    def __post_init__(self) -> None:
        plan = self.plan
        host = f"[{plan.name}]" if is_address(plan.name) and ":" in plan.name else plan.name
        self.limit_ns = int(plan.step_limit_s * 1e9)
        self.took = {phase: [] for phase in self.tally.times}
        self.asked = Asked(
            # the port is included unless it is that of https (RFC 9110 section 7.2)
            authority=(host if plan.target.port in (0, 443) else f"{host}:{plan.target.port}").encode(
                "ascii"
            ),
            path=plan.path.encode("ascii"),
            size_bytes=plan.size_bytes,
            streams=plan.streams,
            tally=self.tally,
            first_bytes_ns=self.took["first byte"],
            requests_ns=self.took["request"],
        )
        self.receive = bindings.reader()
        self.protocol = (*OFFERED[plan.http], HTTP_1)[0]

    def note_times(self) -> None:
        """Move recent times to the tally's histograms, where recording takes longer than in a list."""
        for phase, took_ns in self.took.items():
            record_times(self.tally.times[phase], took_ns)
            took_ns.clear()

    def protocol_of(self, tls: SSL.Connection) -> str:
        """The protocol agreed by ALPN, which is spoken from now on; ``""`` if the plan offers none.

        :raises MeasurementError: if it is not what the plan requires.
        """
        agreed = bindings.chosen_protocol(tls)
        self.protocol = spoken(self.plan.http, agreed)
        return (agreed or "none") if self.plan.http else ""

    def why_refused(self, words: str) -> str:
        """Why a handshake failed, with a hint if the server speaks another protocol."""
        if self.plan.http and "no application protocol" in words:
            return refusal(self.plan.http, "it refuses that by ALPN")
        return words

    def connection(self) -> SSL.Connection:
        """A new connection over memory."""
        tap = self.tap()
        return SSL.Connection(self.context, None) if tap is None else TappedClient(self.context, tap)

    @property
    def is_tcp(self) -> bool:
        """Whether the kernel can report TCP statistics of its connections."""
        return HAS_TCP_INFO and self.family != socket.AF_UNIX

    def watch_early_data(self) -> None:
        """Record in :attr:`accepted` the connections whose early data the server accepts."""

        def note(connection: SSL.Connection, _where: int, _code: int) -> None:
            if connection.get_state_string() == bindings.EARLY_DATA_ACCEPTED:
                self.accepted.add(connection)

        self.context.set_info_callback(note)

    @staticmethod
    def send_early(tls: SSL.Connection, session: SSL.Session | None, request: bytes) -> str:
        """Put a request into the first flight of a connection that resumes; return why not, or ``""``."""
        if session is None:
            return "there was no session yet"
        most_bytes = bindings.most_early_data(session)
        if not most_bytes:
            return "the server's tickets allow no early data"
        if most_bytes < len(request):
            return "the server's tickets allow less early data than the request has"
        bindings.write_early_data(tls, request)
        return ""

    def agreed(self, tls: SSL.Connection) -> str:
        """What was negotiated, in the words by which handshakes are counted.

        :raises MeasurementError: if it is not what the plan requires.
        """
        agreed = {
            "version": version_from_openssl(tls.get_protocol_version_name()),
            "cipher": cipher_from_openssl(tls.get_cipher_name()),
            "group": group_from_openssl(tls.get_group_name()),
        }
        self.check_agreed(agreed)
        kind = "resumed" if bindings.session_reused(tls) else "full"
        return " ".join((*(value or "none" for value in agreed.values()), kind))

    def check_agreed(self, agreed: Mapping[str, str | None]) -> None:
        """Check that what was negotiated, by axis, is what the plan requires.

        :raises MeasurementError: if it is not.
        """
        for axis, got in agreed.items():
            wanted = getattr(self.plan, axis)
            if wanted and got not in (wanted, None):
                raise MeasurementError(f"negotiated {got}, not {wanted}")

    def session_to_resume(self) -> tuple[bool, Any]:
        """Whether the next connection should resume, and the session, which is None if there is none yet."""
        self.owed += self.plan.resume
        if self.owed < 1:
            return False, None
        self.owed -= 1
        return True, self.sessions.pop() if self.sessions else None
