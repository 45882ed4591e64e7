"""A connection of a load until its client is done with the handshake, and how any of its steps ends."""

from __future__ import annotations

import contextlib
import errno
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable
from time import monotonic_ns
from typing import Final

from OpenSSL import SSL

from tlsbench.errors import MeasurementError, RequestError
from tlsbench.implementations.pyopenssl import bindings
from tlsbench.links.hello import HELLO_BYTES, asks_to_retry
from tlsbench.loading.context import Shared
from tlsbench.loading.failures import reason_of, words_of
from tlsbench.loading.names import server_name_indication
from tlsbench.loading.tally import SUCCESS
from tlsbench.loading.tapped import TappedClient
from tlsbench.sockets import sent_data_with_syn, tcp_info

#: More than any first flight: a ticket has 64 KiB at most, and a request of early data less.
_FIRST_FLIGHT_BYTES: Final = 96 * 1024
_SHUT_DOWN: Final = SSL.SENT_SHUTDOWN | SSL.RECEIVED_SHUTDOWN


class Opening(ABC):
    """A connection that begins; :class:`~tlsbench.loading.client.Connection` goes on with it.

    :param begin_ns: when it should have begun: times are counted from there.
    :param counted: whether it counts, or warms up.
    """

    __slots__ = (
        "_early_ns",
        "_handshake_ns",
        "_is_accepted",
        "_is_cut",
        "_on_event",
        "_peeked_bytes",
        "_shared",
        "_since_ns",
        "_tls",
        "_unsent",
        "_words",
        "began_ns",
        "begin_ns",
        "counted",
        "deadline_ns",
        "has_more",
        "outcome",
        "sock",
        "step",
    )

    def __init__(self, shared: Shared, begin_ns: int, *, counted: bool) -> None:
        self._shared = shared
        self.begin_ns = begin_ns
        self.counted = counted
        self.sock: socket.socket | None = None
        self.step = "connect"
        self.outcome = ""
        #: Whether there may be more to read, of which no event will tell.
        self.has_more = False
        self.deadline_ns = 0
        #: When it began to connect; :attr:`begin_ns` is that of its present use.
        self.began_ns = 0
        self._tls: SSL.Connection | None = None
        self._since_ns = begin_ns
        #: When its request was sent as early data; 0 if it was not.
        self._early_ns = 0
        self._unsent = b""
        #: How much of the server's first bytes was seen; -1 once it is known what they are.
        self._peeked_bytes = 0
        #: What the client's handshake took, and what came of it; "" while it goes on.
        self._handshake_ns, self._words = 0, ""
        #: Whether the server was seen to have accepted it.
        self._is_accepted = False
        #: Whether its turn took too long.
        self._is_cut = False
        self._on_event: Callable[[int], None] = self._connected

    @abstractmethod
    def _shaken(self, tls: SSL.Connection, done_ns: int) -> None:
        """The client is done with the handshake."""

    @abstractmethod
    def _end(self, outcome: str) -> None:
        """Count an end; called again, it does nothing."""

    def open(self, now_ns: int) -> None:
        """Begin to connect; ends at once with an outcome if that cannot be."""
        shared = self._shared
        self.began_ns = now_ns
        self._limit(now_ns)
        try:
            self.sock = sock = socket.socket(shared.family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            shared.settings.apply(sock)
            code = sock.connect_ex(shared.address)
        except OSError as error:
            self._fail(words_of(error.errno or 0))
            return
        except RequestError as error:
            self._fail(str(error))
            return
        if code not in (0, errno.EINPROGRESS):
            self._fail(words_of(code))

    def go_on(self, now_ns: int) -> None:
        """Do what can be done now; with an outcome the connection has ended."""
        self.has_more = False
        turn = self._shared.turn
        turn.number, turn.connection = turn.number + 1, self
        try:
            self._on_event(now_ns)
        except (SSL.WantReadError, SSL.WantWriteError, BlockingIOError):
            pass
        except SSL.ZeroReturnError:
            self._fail("closed by the server")
        except SSL.SysCallError as error:
            bindings.clear_errors()
            code = error.args[0] if error.args else -1
            self._fail(words_of(code) if code > 0 else "closed by the server without close_notify")
        except SSL.Error as error:
            if self._words and not self._is_accepted:
                self.step = "handshake"  # the client was done, and the server refuses
            self._fail(f"TLS: {reason_of(error)}")
        except MeasurementError as error:
            self._fail(str(error))
        except OSError as error:
            self._fail(words_of(error.errno or 0))
        except Exception as error:  # noqa: BLE001 - whatever a server sends, the counts of a worker survive it
            self._fail(f"unexpected {type(error).__name__}")
        finally:
            turn.connection = None

    def cut(self) -> None:
        """End what OpenSSL reads for it now, from another thread: its turn ends, and so does it."""
        self._is_cut = True
        if (sock := self.sock) is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def give_up(self, why: str) -> None:
        """End it from outside."""
        self._fail(why)

    def close(self) -> None:
        """Give the socket back, after a word of goodbye where there is something to end."""
        if self._tls is not None:
            self._look_at_path()
            self._shared.accepted.discard(self._tls)
            if self._words and self.outcome in ("", SUCCESS):
                self._say_goodbye()
            if isinstance(self._tls, TappedClient):
                self._tls.tap.end()
            self._tls.set_shutdown(_SHUT_DOWN)  # else OpenSSL forgets its session
            self._tls = None
        if self.sock is not None:
            self.sock.close()
            self.sock = None

    def _look_at_path(self) -> None:
        shared = self._shared
        assert self.sock is not None
        # A pool's connection counts no more when it lies unused, and may have been opened in the warm-up.
        counts = self.counted or (shared.plan.pool and self._clock() >= shared.count_from_ns)
        if shared.is_tcp and counts:
            with contextlib.suppress(OSError):
                shared.tally.see_path(tcp_info(self.sock))

    def _connected(self, now_ns: int) -> None:
        assert self.sock is not None
        code = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._fail(words_of(code))
            return
        self._took("connect", now_ns - self._since_ns)
        shared = self._shared
        # Over memory until the ClientHello is out: so nothing of the server is read before it is seen here.
        self._tls = tls = shared.connection()
        tls.set_connect_state()
        if indicated := server_name_indication(shared.plan.name):
            tls.set_tlsext_host_name(indicated)
        wanted, session = shared.session_to_resume()
        if self.counted and wanted:
            shared.tally.wanted_resumed += 1
        self._since_ns = now_ns
        if session is not None:
            tls.set_session(session)
        if shared.plan.early_data and wanted:
            why_not = shared.send_early(tls, session)
            if not why_not:
                self._early_ns = now_ns
            elif self.counted:
                shared.tally.early_data[why_not] += 1
        self._next("handshake", self._greet, now_ns)
        if not self._early_ns:
            with contextlib.suppress(SSL.WantReadError):
                tls.do_handshake()
        self._unsent = tls.bio_read(_FIRST_FLIGHT_BYTES)
        self._greet(now_ns)

    def _greet(self, _now_ns: int) -> None:
        """Send the first flight."""
        assert self.sock is not None
        assert self._tls is not None
        self._unsent = self._unsent[self.sock.send(self._unsent) :]
        if not self._unsent:
            if isinstance(self._tls, TappedClient):
                self._tls.attach(self.sock)
            else:
                bindings.attach(self._tls, self.sock)
            self._on_event = self._shake

    def _shake(self, _now_ns: int) -> None:
        tls = self._tls
        assert tls is not None
        if self._peeked_bytes >= 0 and not self._look_at_hello():
            return
        tls.do_handshake()
        done_ns = self._clock()
        self._handshake_ns = done_ns - self._since_ns
        self._words = self._shared.agreed(tls)
        if self.counted and self._shared.plan.uses_fast_open and self.sock and sent_data_with_syn(self.sock):
            self._shared.tally.fast_opened += 1
        self._shaken(tls, done_ns)

    def _look_at_hello(self) -> bool:
        """See whether the server's first bytes ask for another ClientHello; False if more must come first."""
        assert self.sock is not None
        try:
            data = self.sock.recv(HELLO_BYTES, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        asked = asks_to_retry(data)
        if asked is None and len(data) > self._peeked_bytes:
            self._peeked_bytes = len(data)
            return False
        self._peeked_bytes = -1
        if asked and self.counted:
            self._shared.tally.hello_retry_requests += 1
        return True

    def _say_goodbye(self) -> None:
        """Send close_notify (RFC 8446 section 6.1), once."""
        assert self._tls is not None
        if not self._tls.get_shutdown() & SSL.SENT_SHUTDOWN:
            try:
                self._tls.shutdown()
            except SSL.Error:  # it is gone: what it said before is still to be read
                bindings.clear_errors()

    def _next(self, step: str, on_event: Callable[[int], None], now_ns: int) -> None:
        self.step, self._on_event = step, on_event
        self._limit(now_ns)

    def _limit(self, now_ns: int) -> None:
        self.deadline_ns = now_ns + int(self._shared.plan.step_limit_s * 1e9)

    def _took(self, phase: str, took_ns: int) -> None:
        if self.counted:
            self._shared.tally.times[phase].record_value(max(1000, took_ns))

    def _fail(self, why: str) -> None:
        self._end(f"{self.step}: {'timeout' if self._is_cut else why}")

    @staticmethod
    def _clock() -> int:
        return monotonic_ns()
