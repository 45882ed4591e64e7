"""A QUIC connection by qh3, and HTTP/3 on it: its handshake, its timers, its requests.

The server's acceptance is its HANDSHAKE_DONE (RFC 9001 section 4.1.2), which it sends once it has verified
the client's Finished. Lost packets and the round trip time are as the library reports them.
"""

from __future__ import annotations

import contextlib
import socket
from time import monotonic_ns
from typing import TYPE_CHECKING, Any, Final

from qh3.quic.connection import QuicConnection as Quic
from qh3.quic.events import ConnectionTerminated, HandshakeCompleted

from tlsbench.errors import MeasurementError
from tlsbench.loading.attempt import ASKING, Attempt
from tlsbench.loading.context import Shared
from tlsbench.loading.exchanges import refusal
from tlsbench.loading.exchanges.http3 import Http3
from tlsbench.loading.qh3_facts import (
    NO_ERROR,
    broken_by_peer,
    configuration_of,
    facts_of,
    why_terminated,
)
from tlsbench.protocol.http import HTTP_3

if TYPE_CHECKING:
    from qh3.quic.events import QuicEvent

#: After this many datagrams, other connections get their turn.
_MOST_READS: Final = 64
_DATAGRAM_BYTES: Final = 65_536


class QuicConnection(Attempt):
    """A connection of the load: its parameters are those of an :class:`~tlsbench.loading.attempt.Attempt`."""

    __slots__ = ("_early", "_is_early", "_quic", "_ticket", "_unsent")
    kind = socket.SOCK_DGRAM

    def __init__(self, shared: Shared, begin_ns: int, *, counted: bool) -> None:
        super().__init__(shared, begin_ns, counted=counted)
        self.step = "handshake"
        self._quic: Quic | None = None
        self._exchange: Http3 | None = None
        #: The server's latest ticket, until it is kept for a later connection.
        self._ticket: Any = None
        #: Datagrams that the socket has not taken yet.
        self._unsent: list[bytes] = []
        self._is_early = False

    def close(self) -> None:
        """Close the QUIC connection and the socket."""
        if self._quic is not None and self.sock is not None:
            if self.counted or (self._shared.plan.pool and monotonic_ns() >= self._shared.count_from_ns):
                facts = facts_of(self._quic)
                self._shared.tally.see_quic(facts.rtt_s, facts.lost)
            self._quic.close(error_code=NO_ERROR)
            with contextlib.suppress(Exception):  # of any kind: nothing depends on it any more
                self._flush(monotonic_ns())
        self._quic = self._exchange = None
        self.timer_ns = 0
        if self.sock is not None:
            self.sock.close()
            self.sock = None

    def _connected(self, now_ns: int) -> None:
        shared = self._shared
        wanted, ticket = shared.session_to_resume()
        if self.counted and wanted:
            shared.tally.wanted_resumed += 1
        self._quic = quic = Quic(
            configuration=configuration_of(shared.plan, ticket), session_ticket_handler=self._take_ticket
        )
        self._since_ns = now_ns
        self._next("handshake", self._turn, now_ns)
        quic.connect(shared.address, now=now_ns / 1e9)
        if shared.plan.early_data and wanted:
            self._begin_early(ticket, now_ns)
        self._flush(now_ns)

    def _begin_early(self, ticket: Any, now_ns: int) -> None:  # noqa: ANN401 - a ticket of qh3
        """Send requests before the handshake is complete if the server allows it; otherwise count why not."""
        assert self._quic is not None
        if ticket is None:
            why_not = "there was no session yet"
        elif not ticket.max_early_data_size:
            why_not = "the server's tickets allow no early data"
        else:
            self._is_early = True
            self._exchange = Http3(self._shared.asked, self._quic)
            self._exchange.ask(self._shared.plan.requests, now_ns, counted=self.counted)
            return
        if self.counted:
            self._shared.tally.early_data[why_not] += 1

    def _turn(self, _now_ns: int) -> None:
        """Take what has arrived, send what QUIC has to send, and go on if that completes a step."""
        quic, sock = self._quic, self.sock
        assert quic is not None
        assert sock is not None
        now_ns = monotonic_ns()
        try:
            for _ in range(_MOST_READS):
                quic.receive_datagram(sock.recv(_DATAGRAM_BYTES), self._shared.address, now=now_ns / 1e9)
            self.has_more = True
        except BlockingIOError:
            pass
        except ConnectionRefusedError:
            raise self._refused() from None
        timer_s = quic.get_timer()
        if timer_s is not None and timer_s * 1e9 <= now_ns:
            quic.handle_timer(now=now_ns / 1e9)
        while (event := quic.next_event()) is not None:
            self._take(event, now_ns)
        if self._exchange is not None and not self.is_idle:
            self._exchange.fill(now_ns)
        self._flush(now_ns)
        self._go_forward(now_ns)

    def _take(self, event: QuicEvent, now_ns: int) -> None:
        if isinstance(event, HandshakeCompleted):
            self._shaken(event, now_ns)
        elif isinstance(event, ConnectionTerminated):
            raise MeasurementError(why_terminated(event))
        elif self._exchange is not None:
            if self.counted:
                self._shared.tally.bytes_received += len(getattr(event, "data", b""))
            self._exchange.take(event, now_ns)
            if broken_by_peer(self._quic):
                raise MeasurementError("an answer that breaks the rules of HTTP/3")

    def _shaken(self, event: HandshakeCompleted, now_ns: int) -> None:
        """Go on, as the client has completed the handshake."""
        shared, quic = self._shared, self._quic
        assert quic is not None
        self._handshake_ns = now_ns - self._since_ns
        facts = facts_of(quic)
        shared.check_agreed({"cipher": facts.cipher})
        # The library does not reveal the group, which cannot be seen on the wire without the keys.
        self._words = f"1.3 {facts.cipher} ? {'resumed' if event.session_resumed else 'full'}"
        if event.alpn_protocol != HTTP_3:
            raise MeasurementError(refusal("3", f"it chose {event.alpn_protocol or 'no protocol by ALPN'}"))
        self._protocol = event.alpn_protocol
        if self._is_early and self.counted:
            shared.tally.early_data["accepted" if event.early_data_accepted else "rejected"] += 1
        if self._exchange is None:
            self._exchange = Http3(shared.asked, quic)
        if shared.plan.requests and not self._is_early:
            self._ask(now_ns)
        elif shared.plan.requests:
            self._next(ASKING, self._turn, now_ns)
        else:
            self._done_ns = 0
            self._next("acceptance", self._turn, now_ns)

    def _go_forward(self, now_ns: int) -> None:
        """Go on if the requests, or the wait for acceptance or a ticket, are over."""
        quic, exchange = self._quic, self._exchange
        if self.outcome or quic is None or not self._words:
            return
        if not self._is_accepted and facts_of(quic).is_confirmed:
            self._accept()
        is_done = self.step == ASKING and exchange is not None and not exchange.left
        if is_done or (self.step == "acceptance" and not self._done_ns):
            self._leave(now_ns)
        elif self.step in ("acceptance", "ticket"):
            self._linger(now_ns)

    def _ask(self, now_ns: int) -> None:
        assert self._exchange is not None
        self._next(ASKING, self._turn, now_ns)
        self._exchange.ask(self._shared.plan.requests, now_ns, counted=self.counted)
        self._flush(now_ns)

    def _linger(self, _now_ns: int) -> None:
        self._on_event = self._turn
        if self._wants_ticket:
            self._wants_ticket = not self._keep_session()
        if self._is_accepted and not self._wants_ticket and not self.outcome:
            self._rest()

    def _held(self, now_ns: int) -> None:
        self._turn(now_ns)

    def _take_leave(self, now_ns: int) -> None:
        """Wait one more step, as the client can send nothing that would prompt the server."""
        self._is_half_closed = True
        self._limit(now_ns)

    def _take_ticket(self, ticket: Any) -> None:  # noqa: ANN401 - of qh3
        self._ticket = ticket

    def _keep_session(self) -> bool:
        if self._ticket is None:
            return False
        self._shared.sessions.append(self._ticket)
        self._ticket = None
        return True

    def _refused(self) -> MeasurementError:
        """The error for a closed port, which the system reports after a datagram (ICMP)."""
        if self.step == "handshake":
            return MeasurementError(refusal("3", "nothing listens on that UDP port"))
        return MeasurementError("connection refused")

    def _flush(self, now_ns: int) -> None:
        """Send what QUIC has to send; what the socket does not take waits for its next event."""
        quic, sock = self._quic, self.sock
        assert quic is not None
        assert sock is not None
        unsent = self._unsent
        unsent += [data for data, _ in quic.datagrams_to_send(now=now_ns / 1e9)]
        sent = 0
        try:
            for datagram in unsent:
                sock.send(datagram)
                sent += 1
        except BlockingIOError:
            pass
        except ConnectionRefusedError:
            raise self._refused() from None
        finally:
            del unsent[:sent]
        timer_s = quic.get_timer()
        self.timer_ns = 0 if timer_s is None else max(1, int(timer_s * 1e9))
