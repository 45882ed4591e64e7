"""A thread for each connection."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from tlsbench.serving.models.common import DRAIN_S, NO_DESCRIPTORS_S, READ_BYTES, TICK_S, Refusals, lost
from tlsbench.serving.session import Service, Session
from tlsbench.serving.tally import ServerTally


class _Threads:
    """The threads of a process, one for each connection; their tallies are added as they end."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}

    def start(self, sock: socket.socket) -> None:
        one = threading.Thread(target=self._serve, args=(sock,), daemon=True)
        self._open[one] = sock
        try:
            one.start()
        except RuntimeError:  # the system has no more threads
            del self._open[one]
            sock.close()
            with self._lock:
                self._service.tally.add(ServerTally(accepted=1, ended=1))
                self._service.tally.fail("no thread left for it")

    def _serve(self, sock: socket.socket) -> None:
        tally = ServerTally()
        session = replace(self._service, tally=tally).accept()
        try:
            self._talk(sock, session)
        except TimeoutError:
            session.expire()
        except OSError as error:
            session.lose(lost(error))
        finally:
            session.end()
            sock.close()
            with self._lock:
                self._service.tally.add(tally)
                del self._open[threading.current_thread()]

    def _talk(self, sock: socket.socket, session: Session) -> None:
        """Receive and answer in turn until the client ends."""
        is_shut = False
        while True:
            if data := session.data_to_send():
                sock.settimeout(self._left_s(session))
                sock.sendall(data)
                session.all_sent()
            elif not session.is_answering:
                if session.is_over and not is_shut:
                    is_shut = True
                    sock.shutdown(socket.SHUT_WR)
                sock.settimeout(self._left_s(session))
                received = sock.recv(READ_BYTES)
                if not received:
                    return
                session.receive(received)

    def _left_s(self, session: Session) -> float | None:
        """How much longer the session may wait; None for no limit."""
        left_s = session.deadline_s - self._service.clock()
        if left_s <= 0:
            raise TimeoutError
        return min(left_s, threading.TIMEOUT_MAX) if left_s != float("inf") else None

    def drain(self) -> None:
        """Wait for the threads to end, and disconnect those that do not."""
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
    listener.settimeout(TICK_S)
    threads, refusals = _Threads(service), Refusals(service)
    while not stop_asked():
        try:
            threads.start(listener.accept()[0])
        except TimeoutError:
            pass
        except OSError as error:
            refusals.count(error)
            time.sleep(NO_DESCRIPTORS_S)
    listener.close()
    threads.drain()
