"""Ways to serve many connections in one process: an epoll loop, a thread for each, asyncio.

Each is given a listening socket and a service, and serves until it is told to stop; then it accepts no
more, and what is open may go on for a while.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import selectors
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from tlsbench.serving.session import Service, Session
from tlsbench.serving.tally import Tally

_READ_BYTES: Final = 256 * 1024
_TICK_S: Final = 0.1
#: So long connections that are open at the stop may go on.
DRAIN_S: Final = 3.0
#: When descriptors run out, accepting waits so long: some may have been closed by then.
_NO_DESCRIPTORS_S: Final = 0.05

#: Serves a listening socket until the function says stop; told of each tick.
Model = Callable[[socket.socket, Service, Callable[[], bool]], None]


def _lost(error: OSError) -> str:
    return "connection reset" if error.errno in (errno.ECONNRESET, errno.EPIPE) else str(error.strerror)


class _Selected:
    """A connection of the event loop, with what the kernel did not take yet."""

    __slots__ = ("_selector", "session", "sock", "unsent")

    def __init__(self, sock: socket.socket, session: Session, selector: selectors.BaseSelector) -> None:
        self.sock, self.session, self.unsent = sock, session, b""
        self._selector = selector
        selector.register(sock, selectors.EVENT_READ, self)

    def go_on(self, mask: int) -> None:
        try:
            if mask & selectors.EVENT_READ:
                data = self.sock.recv(_READ_BYTES)
                if not data:
                    self.close()
                    return
                self.unsent += self.session.receive(data)
            self._flush()
        except BlockingIOError:
            pass
        except OSError as error:
            self.session.lose(_lost(error))
            self.close()

    def _flush(self) -> None:
        had_some = bool(self.unsent)
        if had_some:
            sent = self.sock.send(self.unsent)
            self.unsent = self.unsent[sent:]
        if self.unsent:
            self._selector.modify(self.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, self)
        elif self.session.is_over:
            self.close()
        elif self._selector.get_key(self.sock).events != selectors.EVENT_READ:
            self._selector.modify(self.sock, selectors.EVENT_READ, self)

    def close(self) -> None:
        if self.sock.fileno() >= 0:
            self._selector.unregister(self.sock)
            self.session.end()
            self.sock.close()


def selector(listener: socket.socket, service: Service, stop_asked: Callable[[], bool]) -> None:
    """One thread and an event loop."""
    listener.setblocking(False)  # noqa: FBT003
    with selectors.DefaultSelector() as chosen:
        chosen.register(listener, selectors.EVENT_READ)
        until = float("inf")
        while time.monotonic() < until and (until == float("inf") or len(chosen.get_map())):
            for key, mask in chosen.select(_TICK_S):
                if key.data is not None:
                    key.data.go_on(mask)
                else:
                    _accept_all(listener, service, chosen)
            if stop_asked() and until == float("inf"):
                chosen.unregister(listener)
                listener.close()
                until = time.monotonic() + DRAIN_S
        for key in list(chosen.get_map().values()):
            key.data.session.lose("the server stopped")
            key.data.close()


def _accept(listener: socket.socket, service: Service) -> socket.socket | None:
    """The next connection; None where there is none now, or no descriptor for it."""
    try:
        return listener.accept()[0]
    except (BlockingIOError, TimeoutError):
        return None
    except OSError as error:
        service.tally.failures[f"accept: {error.strerror}"] += 1
        time.sleep(_NO_DESCRIPTORS_S)
        return None


def _accept_all(listener: socket.socket, service: Service, chosen: selectors.BaseSelector) -> None:
    while (sock := _accept(listener, service)) is not None:
        sock.setblocking(False)  # noqa: FBT003
        _Selected(sock, service.accept(), chosen)


class _Threads:
    """The threads of a process, one for each connection; their tallies are added up as they end."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}

    def start(self, sock: socket.socket) -> None:
        one = threading.Thread(target=self._serve, args=(sock,), daemon=True)
        self._open[one] = sock
        one.start()

    def _serve(self, sock: socket.socket) -> None:
        tally = Tally()
        session = replace(self._service, tally=tally).accept()
        try:
            while not session.is_over and (data := sock.recv(_READ_BYTES)):
                sock.sendall(session.receive(data))
        except OSError as error:
            session.lose(_lost(error))
        session.end()
        sock.close()
        with self._lock:
            self._service.tally.add(tally)
            del self._open[threading.current_thread()]

    def drain(self) -> None:
        """Wait for their ends, and end what does not."""
        deadline = time.monotonic() + DRAIN_S
        for one in tuple(self._open):
            one.join(max(0.0, deadline - time.monotonic()))
        for sock in tuple(self._open.values()):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for one in tuple(self._open):
            one.join(1.0)


def thread(listener: socket.socket, service: Service, stop_asked: Callable[[], bool]) -> None:
    """A thread for each connection."""
    listener.settimeout(_TICK_S)
    threads = _Threads(service)
    while not stop_asked():
        if (sock := _accept(listener, service)) is not None:
            sock.settimeout(None)
            threads.start(sock)
    listener.close()
    threads.drain()


class _Protocol(asyncio.Protocol):
    """A connection of asyncio."""

    def __init__(self, service: Service, transports: set[asyncio.Transport]) -> None:
        self._service = service
        self._transports = transports

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._session = self._service.accept()
        self._transport = transport
        self._transports.add(transport)

    def data_received(self, data: bytes) -> None:
        if answer := self._session.receive(data):
            self._transport.write(answer)
        if self._session.is_over:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if isinstance(exc, OSError):
            self._session.lose(_lost(exc))
        self._session.end()
        self._transports.discard(self._transport)


def with_asyncio(listener: socket.socket, service: Service, stop_asked: Callable[[], bool]) -> None:
    """Asyncio's own event loop, with a protocol for each connection."""

    async def serve() -> None:
        transports: set[asyncio.Transport] = set()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Protocol(service, transports), sock=listener)
        while not stop_asked():
            await asyncio.sleep(_TICK_S)
        server.close()
        deadline = time.monotonic() + DRAIN_S
        while transports and time.monotonic() < deadline:
            await asyncio.sleep(_TICK_S)
        for transport in tuple(transports):
            transport.abort()
        await asyncio.sleep(0)

    listener.setblocking(False)  # noqa: FBT003
    asyncio.run(serve())


BY_NAME: Final[dict[str, Model]] = {"selector": selector, "thread": thread, "asyncio": with_asyncio}
