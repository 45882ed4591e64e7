"""One thread and an event loop."""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections.abc import Callable
from typing import Final

from tlsbench.serving.models.common import (
    DRAIN_S,
    NO_DESCRIPTORS_S,
    READ_BYTES,
    SWEEP_S,
    TICK_S,
    Refusals,
    expire,
    lost,
)
from tlsbench.serving.session import Service, Session

#: Connections accepted at once before the open ones get their turn.
_ACCEPTS_A_TURN: Final = 64


class _Selected:
    """A connection of the event loop, with the data that the kernel has not taken yet."""

    __slots__ = ("_every", "_is_shut", "_selector", "_unsent", "_wants", "session", "sock")

    def __init__(
        self, sock: socket.socket, session: Session, selector: selectors.BaseSelector, every: set[_Selected]
    ) -> None:
        self.sock, self.session = sock, session
        self._unsent = memoryview(b"")
        self._selector, self._every = selector, every
        self._is_shut = False
        self._wants = selectors.EVENT_READ
        selector.register(sock, self._wants, self)
        every.add(self)

    def go_on(self, mask: int) -> None:
        try:
            if mask & selectors.EVENT_READ:
                data = self.sock.recv(READ_BYTES)
                if not data:
                    self.close()
                    return
                self.session.receive(data)
            self._send()
        except BlockingIOError:
            pass
        except OSError as error:
            self.session.lose(lost(error))
            self.close()

    def _send(self) -> None:
        session = self.session
        self._unsent = self._unsent or memoryview(session.data_to_send())
        if self._unsent:
            with contextlib.suppress(BlockingIOError):
                self._unsent = self._unsent[self.sock.send(self._unsent) :]
            if not self._unsent:
                session.all_sent()
        if session.is_over and not self._unsent and not self._is_shut:
            self._is_shut = True
            self.sock.shutdown(socket.SHUT_WR)
        wants = selectors.EVENT_WRITE if self._unsent or session.is_answering else selectors.EVENT_READ
        if wants != self._wants:
            self._wants = wants
            self._selector.modify(self.sock, wants, self)

    def close(self) -> None:
        if self.sock.fileno() >= 0:
            self._selector.unregister(self.sock)
            self._every.discard(self)
            self.session.end()
            self.sock.close()


class _Door:
    """The listening socket in the event loop, briefly removed from it when descriptors run out."""

    def __init__(self, listener: socket.socket, selector: selectors.BaseSelector, service: Service) -> None:
        self._listener, self._selector = listener, selector
        self._refusals = Refusals(service)
        self._opens_s = 0.0
        self._is_open = False

    def open(self, now_s: float) -> None:
        if not self._is_open and now_s >= self._opens_s:
            self._is_open = True
            self._selector.register(self._listener, selectors.EVENT_READ)

    def shut(self, until_s: float) -> None:
        self._opens_s = until_s
        if self._is_open:
            self._is_open = False
            self._selector.unregister(self._listener)

    def accept(self, service: Service, every: set[_Selected]) -> None:
        try:
            for _ in range(_ACCEPTS_A_TURN):
                sock = self._listener.accept()[0]
                sock.setblocking(False)  # noqa: FBT003
                _Selected(sock, service.accept(), self._selector, every)
        except BlockingIOError:
            pass
        except OSError as error:
            self._refusals.count(error)
            self.shut(time.monotonic() + NO_DESCRIPTORS_S)


def selector(listener: socket.socket, service: Service, stop_asked: Callable[[], bool]) -> None:
    """One thread and an event loop."""
    listener.setblocking(False)  # noqa: FBT003
    every: set[_Selected] = set()
    with selectors.DefaultSelector() as chosen:
        door = _Door(listener, chosen, service)
        until_s, sweep_s = float("inf"), 0.0
        while (now_s := time.monotonic()) < until_s and (until_s == float("inf") or every):
            if until_s == float("inf"):
                door.open(now_s)
            for key, mask in chosen.select(TICK_S):
                if key.data is not None:
                    key.data.go_on(mask)
                else:
                    door.accept(service, every)
            if now_s >= sweep_s:
                expire(every, time.monotonic())
                sweep_s = now_s + SWEEP_S
            if stop_asked() and until_s == float("inf"):
                door.shut(float("inf"))
                listener.close()
                until_s = time.monotonic() + DRAIN_S
        for one in tuple(every):
            one.session.lose("the server stopped")
            one.close()
