"""``workload=handshake``: full or resumed, from making two ends to an established connection."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tlsbench.errors import MeasurementError, ProofError
from tlsbench.implementations import ClientContext, DatagramClientContext
from tlsbench.links import Direction, Entry, Ledger, TcpLink, WireReader, sizes_of
from tlsbench.scenarios.transports import DATAGRAMS
from tlsbench.workloads.aging import age
from tlsbench.workloads.compression_proof import CompressionWitness
from tlsbench.workloads.connection import ConnectionCell
from tlsbench.workloads.credentials import resumes, wanted_resumption
from tlsbench.workloads.disturbance import watched
from tlsbench.workloads.exchange import Connection
from tlsbench.workloads.parts import Prices
from tlsbench.workloads.proof import prove
from tlsbench.workloads.sample import Sample

#: Sent in the first flight with ``resumption=early-data``; the size of a small HTTP request.
EARLY_DATA_BYTES = 512
#: A session is used for this long; then a new full handshake (not measured) provides the next. It is well
#: below the shortest session lifetime of any library: OpenSSL's 300 s for TLS 1.2.
_SESSION_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Taken:
    """A measured handshake: what it must prove, and what preceded it.

    ``has_session`` is whether its client had a session to offer. ``context_ns`` is the time to make the
    client's context, ``tcp_ns`` the time to open the TCP connection; 0 if there was none to make or open.
    """

    exchange: Connection
    resumption: str
    early_data: bytes
    context_ns: int
    tcp_ns: int
    has_session: bool = False


@dataclass(slots=True)
class Handshake(ConnectionCell):
    """A cell of handshakes. Its sessions come from its own contexts, and are used nowhere else.

    With ``make_clients``, the client context, including the trust store that it loads, is made anew for each
    handshake and charged to the client, as in a program that keeps no context. With ``price``, each visit
    also measures the parts of its handshakes; it is called with one of them, whose operations are those of
    all. The ``witness`` proves in each visit, and ``look`` once before the first sample counts, what the wire
    of such handshakes hides.
    """

    make_clients: Callable[[], ClientContext | DatagramClientContext] | None = None
    price: Callable[[Connection], Prices] | None = None
    witness: CompressionWitness | None = None
    look: Callable[[], None] | None = None

    _early_data: bytes = field(default=b"", init=False)
    _prices: Prices | None = field(default=None, init=False)
    _session: object | None = field(default=None, init=False)
    _session_until: float = field(default=0.0, init=False)
    _hidden: Mapping[str, object] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        if self.scenario.resumption == "early-data":
            self._early_data = os.urandom(EARLY_DATA_BYTES)

    def sample(self) -> Sample:
        taken = self._take()
        proved = self._proved(taken)
        # Where instructions are counted, only the sample is made: a handshake was decrypted before.
        self._look([taken.exchange.entries], anew=False)
        return proved

    def visit(self, rewarm: int, samples: int) -> list[Sample]:
        taken = watched(self._take, lambda one: one.exchange.close(), rewarm, samples)
        proved = [self._proved(one, disturbed=disturbed) for one, disturbed in taken]
        self._look([one.exchange.entries for one, _ in taken])
        return self._with_parts(proved, [one.exchange for one, _ in taken])

    def proof(self) -> Mapping[str, object]:
        return {**ConnectionCell.proof(self), **self._hidden}

    def close(self) -> None:
        ConnectionCell.close(self)
        if self.witness is not None:
            self.witness.close()

    def _look(self, measured: Sequence[Sequence[Entry]], *, anew: bool = True) -> None:
        """Have the witness prove what the wire hides."""
        if self.witness is not None:
            self._hidden = self.witness.prove(measured, anew=anew)

    def _take(self) -> _Taken:
        """Make one handshake, yet to be proved."""
        context_ns = self._renew_clients() if self.make_clients is not None else 0
        taken = self._exchange(self._usable_session() if resumes(self.scenario) else None, context_ns)
        self._keep_session(taken.exchange)
        return taken

    def _keep_session(self, exchange: Connection) -> None:
        """Keep the next session from a handshake that resumed one, if it can be used."""
        scenario = self.scenario
        if resumes(scenario) and scenario.version == "1.3" and scenario.ticket_state in ("", "current"):
            # Tickets are for single use (RFC 8446 appendix C.4): this handshake provided the next.
            self._session = self._session_of(exchange)

    def _proved(self, taken: _Taken, *, disturbed: bool = False) -> Sample:
        exchange, context_ns = taken.exchange, taken.context_ns
        self._proof = prove(
            exchange,
            self.scenario,
            self.peers,
            taken.resumption,
            taken.early_data,
            reader=self.reader,
            has_session=taken.has_session,
        )
        self._look_once()
        exchange.close()
        return Sample(
            client=context_ns + exchange.client_ns,
            server=exchange.server_ns,
            total=context_ns + exchange.total_ns,
            ledger=_ledger_of(taken, self.scenario.version, self.reader),
            phases=_phases(taken, self.scenario.version),
            disturbed=disturbed,
        )

    def _look_once(self) -> None:
        if self.look is not None:
            look, self.look = self.look, None
            look()

    def _with_parts(self, samples: list[Sample], exchanges: Sequence[Connection]) -> list[Sample]:
        if self.price is None:
            return samples
        if self._prices is None:
            self._prices = self.price(exchanges[-1])
        made = ({"client": one.client_made_ns, "server": one.server_made_ns} for one in exchanges)
        prices = self._prices.visit()
        return [replace(sample, parts=prices.parts(ends)) for sample, ends in zip(samples, made, strict=True)]

    def _renew_clients(self) -> int:
        """Make a client context for the next handshake; return the time it took."""
        assert self.make_clients is not None
        began = self.clock()
        self.clients = self.make_clients()
        return self.clock() - began

    def _exchange(self, session: object | None, context_ns: int = 0) -> _Taken:
        early_data = self._early_data if session is not None else b""
        # Each handshake has its own connection, whose cost is kept separate.
        tcp_ns = self.link.open_ns(self.clock) if isinstance(self.link, TcpLink) else 0
        exchange = self.shake(self.clients, self.servers, self.link, self.clock, session, early_data)
        has_session = session is not None
        resumption = wanted_resumption(self.scenario, has_session=has_session)
        return _Taken(exchange, resumption, early_data, context_ns, tcp_ns, has_session)

    def _usable_session(self) -> object:
        if self._session is None or time.monotonic() > self._session_until:
            first = self._exchange(None)
            self._session = self._session_of(first.exchange)
            self._session_until = time.monotonic() + _SESSION_SECONDS
            self._proved(first)
            age(self.scenario, self.servers)
        if self._session is None:
            raise MeasurementError(f"{self.scenario.server} gave {self.scenario.client} no session to resume")
        return self._session

    def _session_of(self, exchange: Connection) -> object | None:
        if self.scenario.transport not in DATAGRAMS and exchange.entries[-1][0] is Direction.TO_SERVER:
            # BoringSSL's server sends its tickets with its first write.
            exchange.pour(Direction.TO_CLIENT, b"\0", 1, self.clock)
        session = exchange.client.session()
        if self.scenario.session == "serialised" and not isinstance(session, bytes | None):
            got = f"a {type(session).__name__}"
            raise ProofError("session", wanted="bytes", got=got, witness="client")
        return session


def _phases(taken: _Taken, version: str) -> dict[str, int] | None:
    """The parts of the total by name, and the time to open TCP; None if there is only one part."""
    exchange = taken.exchange
    before = {"client_context": taken.context_ns, "tcp_open": taken.tcp_ns}
    before = {name: spent_ns for name, spent_ns in before.items() if spent_ns}
    after = {"client_tickets": exchange.client_tickets_ns} if version == "1.3" else {}
    handshake_ns = exchange.total_ns - exchange.client_tickets_ns
    return {**before, "handshake": handshake_ns, **after} if before or after else None


def _ledger_of(taken: _Taken, version: str, reader: WireReader) -> Ledger:
    """Return the ledger with its round trips, which must match what the client's library saw.

    :raises ProofError: if the client was done sooner or later than the wire says.
    """
    exchange = taken.exchange
    counted = reader.round_trips(exchange.entries, version, early_data=bool(taken.early_data))
    if not taken.early_data and counted.count != exchange.heard:
        raise ProofError(
            "round trips",
            wanted=f"{counted.count}, as on the wire",
            got=f"done after {exchange.heard}",
            witness="client",
        )
    summed = reader.summarise(exchange.entries)
    sizes = None if summed.client_datagrams is None else sizes_of(exchange.entries)
    return replace(summed, round_trips=counted.count, handshake_flights=counted.flights, sizes=sizes)
