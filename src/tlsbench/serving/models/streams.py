"""Asyncio's own event loop, with a protocol for each connection."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any

from tlsbench.serving.models.common import DRAIN_S, SWEEP_S, TICK_S, Refusals, expire, lost
from tlsbench.serving.session import Service


class _Streamed(asyncio.Protocol):
    """A connection of asyncio."""

    def __init__(self, service: Service, every: set[_Streamed]) -> None:
        self._service = service
        self._every = every
        self._is_shut = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(
            high=0
        )  # to be notified whenever the system has not taken everything
        self.session = self._service.accept()
        self._transport = transport
        self._every.add(self)

    def data_received(self, data: bytes) -> None:
        self.session.receive(data)
        self._go_on()

    def _go_on(self) -> None:
        transport, session = self._transport, self.session
        if transport.is_closing():
            return
        if data := session.data_to_send():
            transport.write(data)
            if transport.get_write_buffer_size():
                return  # until resume_writing is called
            session.all_sent()
        if session.is_answering:
            transport.pause_reading()
            asyncio.get_running_loop().call_soon(self._go_on)
            return
        if session.is_over and not self._is_shut:
            self._is_shut = True
            try:
                transport.write_eof()
            except OSError:
                transport.abort()
        transport.resume_reading()

    def pause_writing(self) -> None:
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self.session.all_sent()
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        if isinstance(exc, OSError):
            self.session.lose(lost(exc))
        self.session.end()
        self._every.discard(self)

    def close(self) -> None:
        self._transport.abort()


def with_asyncio(listener: socket.socket, service: Service, stop_asked: Callable[[], bool]) -> None:
    """Asyncio's own event loop, with a protocol for each connection."""
    refusals = Refusals(service)

    def note(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, OSError):  # from accept(): asyncio tries again a second later
            refusals.count(error)
        else:
            loop.default_exception_handler(context)

    async def serve() -> None:
        every: set[_Streamed] = set()
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(note)
        server = await loop.create_server(lambda: _Streamed(service, every), sock=listener)
        sweep_s = 0.0
        until_s = float("inf")
        while (now_s := time.monotonic()) < until_s and (until_s == float("inf") or every):
            await asyncio.sleep(TICK_S)
            if now_s >= sweep_s:
                expire(every, now_s)
                sweep_s = now_s + SWEEP_S
            if stop_asked() and until_s == float("inf"):
                server.close()
                until_s = time.monotonic() + DRAIN_S
        for one in tuple(every):
            one.session.lose("the server stopped")
            one.close()
        await asyncio.sleep(0)

    listener.setblocking(False)  # noqa: FBT003
    asyncio.run(serve())
