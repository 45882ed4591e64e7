"""The HTTP/3 server with aioquic clients that misbehave, or request what others do not."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import QuicEvent

from tlsbench import pki
from tlsbench.scenarios import Scenario
from tlsbench.serving import Limits, ServerPlan, ServerTally, Serving
from tlsbench.serving.limits import DEFAULT

pytestmark = pytest.mark.slow
MIB = 1 << 20


class Client(QuicConnectionProtocol):
    """Sends hand-made requests, and records what arrives."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.http = H3Connection(self._quic)
        self.status: dict[int, bytes] = {}
        self.got: dict[int, int] = {}
        self.ended: set[int] = set()

    def ask(self, path: str = "/", *, ends: bool = True) -> int:
        stream: int = self._quic.get_next_available_stream_id()
        fields = [(":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", path)]
        self.http.send_headers(stream, [(name.encode(), value.encode()) for name, value in fields], ends)
        self.transmit()
        return stream

    def quic_event_received(self, event: QuicEvent) -> None:
        for one in self.http.handle_event(event):
            if isinstance(one, HeadersReceived):
                self.status[one.stream_id] = dict(one.headers)[b":status"]
            elif isinstance(one, DataReceived):
                self.got[one.stream_id] = self.got.get(one.stream_id, 0) + len(one.data)
            if isinstance(one, HeadersReceived | DataReceived) and one.stream_ended:
                self.ended.add(one.stream_id)

    async def until(self, is_so: Callable[[], bool]) -> None:
        until_s = time.monotonic() + 20
        while not is_so():
            assert time.monotonic() < until_s, (self.status, self.got, self.ended)
            await asyncio.sleep(0.02)


@pytest.fixture
def tally_of(scenarios_of: Callable[[str], tuple[Scenario, ...]]) -> Callable[..., ServerTally]:
    """The server's counts after what a client does to it."""

    def serve(act: Callable[[Client], Awaitable[None]], limits: Limits = DEFAULT) -> ServerTally:
        (scenario,) = scenarios_of("version=1.3")
        peers = pki.peers_for(scenario).to_pem()
        configuration = QuicConfiguration(
            alpn_protocols=["h3"], verify_mode=ssl.CERT_NONE, server_name="localhost"
        )

        async def meet(port: int) -> None:
            with contextlib.suppress(ConnectionError):
                async with connect(
                    "127.0.0.1", port, configuration=configuration, create_protocol=Client
                ) as client:
                    assert isinstance(client, Client)
                    await act(client)

        with Serving(ServerPlan(scenario=scenario.id, peers=peers, http="3", limits=limits)) as server:
            asyncio.run(meet(server.port))
        return server.tally()

    return serve


def test_requests_are_answered_on_their_streams(tally_of: Callable[..., ServerTally]) -> None:
    async def act(client: Client) -> None:
        sizes = {client.ask(f"/bytes/{size}"): size for size in (0, 1, 1000, MIB)}
        missing = client.ask("/bytes/x")
        await client.until(lambda: len(client.ended) == 5)
        assert {stream: client.got.get(stream, 0) for stream in sizes} == sizes
        assert client.status[missing] == b"404"

    tally = tally_of(act)
    assert tally.requests == 5
    assert tally.accepted == tally.ended == 1
    assert dict(tally.protocols) == {"h3": 1}
    assert not tally.failures


def test_a_request_that_never_ends_is_given_up(tally_of: Callable[..., ServerTally]) -> None:
    async def act(client: Client) -> None:
        client.ask(ends=False)
        await asyncio.wait_for(client.wait_closed(), 10)

    tally = tally_of(act, Limits(request_s=0.4))
    assert dict(tally.failures) == {"no whole request within the time limit": 1}
    assert tally.ended == 1


def test_a_connection_without_requests_is_closed_after_its_time(tally_of: Callable[..., ServerTally]) -> None:
    async def act(client: Client) -> None:
        stream = client.ask()
        await client.until(lambda: stream in client.ended)
        await asyncio.wait_for(client.wait_closed(), 10)

    tally = tally_of(act, Limits(idle_s=0.5))
    assert tally.closed_idle == 1
    assert not tally.failures


def test_a_client_that_goes_within_a_request_has_failed(tally_of: Callable[..., ServerTally]) -> None:
    async def act(client: Client) -> None:
        client.ask("/bytes/67108864")
        await client.until(lambda: bool(client.got))

    tally = tally_of(act)
    assert dict(tally.failures) == {"closed within a request": 1}
    assert tally.bytes_sent < 32 * MIB  # it was made only as fast as it was taken
