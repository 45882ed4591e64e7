"""HTTP/3 clients from PyPI, as programs that load a server and print their rate.

python benchmarks/http3_clients.py curl_cffi PORT SECONDS [--connections N] [--streams N]
"""

from __future__ import annotations

import argparse
import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence


async def _workers(ask: Callable[[], Awaitable[None]], count: int, until_s: float) -> int:
    """Ask in that many concurrent tasks until then, and return the number of answers."""
    done = 0

    async def work() -> None:
        nonlocal done
        while time.monotonic() < until_s:
            await ask()
            done += 1

    await asyncio.gather(*(work() for _ in range(count)))
    return done


async def curl_cffi(port: int, seconds: float, connections: int, streams: int) -> float:
    """Sessions of libcurl with ngtcp2, each with its own connections."""
    from curl_cffi import CurlHttpVersion
    from curl_cffi.requests import AsyncSession

    url = f"https://localhost:{port}/"
    sessions = [
        AsyncSession(verify=False, http_version=CurlHttpVersion.V3ONLY, max_clients=streams)
        for _ in range(connections)
    ]

    async def ask(session: AsyncSession) -> None:
        answer = await session.get(url)
        if answer.status_code != 200 or answer.content != b"hello\n":
            raise SystemExit(f"an answer of status {answer.status_code}")

    for session in sessions:
        await ask(session)
    began_s = time.monotonic()
    counts = await asyncio.gather(
        *(_workers(lambda session=session: ask(session), streams, began_s + seconds) for session in sessions)
    )
    rate = sum(counts) / (time.monotonic() - began_s)
    for session in sessions:
        await session.close()
    return rate


async def aioquic(  # noqa: C901 - a class within
    port: int, seconds: float, connections: int, streams: int
) -> float:
    """Connections of aioquic, with its asyncio protocol."""
    from aioquic.asyncio.client import connect
    from aioquic.asyncio.protocol import QuicConnectionProtocol
    from aioquic.h3.connection import H3_ALPN, H3Connection
    from aioquic.h3.events import DataReceived, HeadersReceived
    from aioquic.quic.configuration import QuicConfiguration
    from aioquic.quic.events import QuicEvent

    fields = [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"localhost"), (b":path", b"/")]

    class Client(QuicConnectionProtocol):
        """A client that sends requests and counts the answers."""

        def begin(self) -> None:
            self.http, self.done, self.until_s = H3Connection(self._quic), 0, time.monotonic() + seconds
            self.over = asyncio.get_running_loop().create_future()
            for _ in range(streams):
                self.ask()
            self.transmit()

        def ask(self) -> None:
            self.http.send_headers(self._quic.get_next_available_stream_id(), fields, end_stream=True)

        def quic_event_received(self, event: QuicEvent) -> None:
            if not hasattr(self, "http"):
                return
            for one in self.http.handle_event(event):
                if isinstance(one, HeadersReceived | DataReceived) and one.stream_ended:
                    self.done += 1
                    if time.monotonic() < self.until_s:
                        self.ask()
                    elif not self.over.done():
                        self.over.set_result(None)

    configuration = QuicConfiguration(
        is_client=True, alpn_protocols=H3_ALPN, verify_mode=ssl.CERT_NONE, server_name="localhost"
    )

    async def one() -> float:
        async with connect("127.0.0.1", port, configuration=configuration, create_protocol=Client) as client:
            began_s = time.monotonic()
            client.begin()
            await client.over
            return client.done / (time.monotonic() - began_s)

    return sum(await asyncio.gather(*(one() for _ in range(connections))))


_CLIENTS = {"curl_cffi": curl_cffi, "aioquic": aioquic}


def main(arguments: Sequence[str] | None = None) -> None:
    """Load, and print the rate."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("client", choices=list(_CLIENTS))
    parser.add_argument("port", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--streams", type=int, default=10)
    given = parser.parse_args(arguments)
    rate = asyncio.run(_CLIENTS[given.client](given.port, given.seconds, given.connections, given.streams))
    print(f"{rate:.1f} requests/s")


if __name__ == "__main__":
    main()
