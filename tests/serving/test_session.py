"""One connection of a server without sockets: what it holds, how long it waits, and what it counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsbench import pki
from tlsbench.implementations import Endpoint
from tlsbench.implementations.pyopenssl import PyOpenSsl, bindings
from tlsbench.implementations.registry import implementations, spellings
from tlsbench.loopback.http import PIECE_BYTES, PROBLEMS
from tlsbench.scenarios import Scenario, scenario_from_id
from tlsbench.serving.answers import Answerer, Fixed, http
from tlsbench.serving.limits import LINGER_S, Limits
from tlsbench.serving.session import Service, Session
from tlsbench.serving.tally import ServerTally

Find = Callable[[str], tuple[Scenario, ...]]
MIB = 1 << 20
GET = b"GET /bytes/100 HTTP/1.1\r\nHost: a\r\n\r\n"
LARGE = b"GET /bytes/67108864 HTTP/1.1\r\nHost: a\r\n\r\n"
#: For one piece of an answer: the piece that ends it, heads, and the records around it.
MOST_AT_ONCE = 2 * PIECE_BYTES + 8192
FAKE = scenario_from_id(
    "workload=handshake implementation=fake version=1.3 cipher=TLS_AES_256_GCM_SHA384 group=secp256r1 "
    "key=ecdsa-secp256r1",
    spellings(),
)
LIMITS = Limits(handshake_s=5, request_s=20, idle_s=100)


@dataclass
class Pair:
    """A session and its client, with a clock that stands still."""

    now_s: float = 1000.0
    limits: Limits = LIMITS
    answerer: Callable[[], Answerer] = http
    implementation: str = "fake"
    tally: ServerTally = field(default_factory=ServerTally)

    def meet(self, scenario: Scenario) -> Session:
        """Do the handshake, and take what the server sends."""
        library: Any = implementations()[self.implementation]
        peers = pki.peers_for(scenario)
        context = library.server_context(scenario, peers)
        self.session = Service(context, self.answerer, self.tally, self.limits, lambda: self.now_s).accept()
        self.client = library.client_context(scenario, peers).connect()
        while not self.client.handshake():
            self.send()
        self.send()
        return self.session

    def send(self, data: bytes = b"") -> None:
        """Let the client send, without taking the server's answers except during the handshake."""
        if data:
            self.client.write(data)
        self.session.receive(self.client.data_to_send())
        if not data:
            self.client.receive_data(self.session.data_to_send())
            self.session.all_sent()

    def take(self) -> int:
        """Take everything that the server answers; return the number of bytes."""
        taken = 0
        while (data := self.session.data_to_send()) or self.session.is_answering:
            self.session.all_sent()
            taken += len(data)
        return taken


def test_a_client_that_never_reads_is_owed_one_piece_and_is_read_no_more() -> None:
    pair = Pair()
    session = pair.meet(FAKE)
    pair.send(1000 * LARGE)  # 62 GiB
    assert session.is_answering
    assert PIECE_BYTES < len(session.data_to_send()) < MOST_AT_ONCE
    assert session.is_answering
    assert pair.tally.bytes_sent < MOST_AT_ONCE


@pytest.mark.parametrize("answerer", [lambda: Fixed(1 << 40), lambda: Fixed(None), http])
def test_what_is_taken_at_once_is_bounded(answerer: Callable[[], Answerer]) -> None:
    pair = Pair(answerer=answerer)
    session = pair.meet(FAKE)
    pair.send(3 * LARGE)
    for _ in range(200):
        assert len(session.data_to_send()) < MOST_AT_ONCE
        session.all_sent()


def test_all_that_was_asked_for_comes_in_the_end() -> None:
    pair = Pair()
    session = pair.meet(FAKE)
    pair.send(500 * GET)
    assert pair.take() > 500 * 100
    assert pair.tally.requests == 500
    assert not session.is_answering


def expire_at(pair: Pair, now_s: float) -> Session:
    """Nothing is due before that time, and then it is."""
    assert pair.session.deadline_s == pytest.approx(now_s)
    pair.now_s = now_s
    pair.session.expire()
    pair.session.end()
    assert pair.session.is_over
    return pair.session


def test_a_handshake_has_a_limit_as_a_whole() -> None:
    pair = Pair()
    library: Any = implementations()["fake"]
    context = library.server_context(FAKE, pki.peers_for(FAKE))
    pair.session = Service(context, http, pair.tally, LIMITS, lambda: pair.now_s).accept()
    pair.now_s += 4
    assert pair.session.data_to_send() == b""
    expire_at(pair, 1005)
    assert pair.tally.failures == {"no handshake within the time limit": 1}


def test_a_request_that_drips_has_a_limit_as_a_whole() -> None:
    pair = Pair()
    session = pair.meet(FAKE)
    for byte in GET[:10]:
        pair.send(bytes([byte]))
        assert session.data_to_send() == b""
        pair.now_s += 1
    expire_at(pair, 1020)
    assert pair.tally.failures == {"no whole request within the time limit": 1}


def test_a_body_that_drips_is_part_of_its_request() -> None:
    pair = Pair()
    session = pair.meet(FAKE)
    pair.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(10):
        pair.send(b"x")
        assert session.data_to_send() == b""
        pair.now_s += 1
    expire_at(pair, 1020)


def test_each_request_has_the_whole_limit() -> None:
    pair = Pair()
    pair.meet(FAKE)
    pair.send(GET[:10])
    pair.take()
    pair.now_s += 19
    pair.send(GET[10:] + GET[:10])
    pair.take()
    pair.now_s += 19
    expire_at(pair, 1039)


def test_an_answer_has_a_limit_from_the_last_moment_in_which_some_of_it_was_taken() -> None:
    pair = Pair()
    session = pair.meet(FAKE)
    pair.send(LARGE)
    for _ in range(10):
        assert session.data_to_send()
        pair.now_s += 19
        session.all_sent()
    session.data_to_send()
    expire_at(pair, 1000 + 190 + 20)
    assert pair.tally.failures == {"the client did not take its answer within the time limit": 1}


def test_an_answer_between_two_of_its_pieces_is_an_answer_still() -> None:
    pair = Pair()
    session = pair.meet(FAKE)
    pair.send(LARGE)
    assert session.data_to_send()
    session.all_sent()  # and then the system takes nothing more
    expire_at(pair, 1020)
    assert pair.tally.failures == {"the client did not take its answer within the time limit": 1}


def test_a_body_in_many_chunks_that_drips_is_part_of_its_request() -> None:
    pair = Pair()
    pair.meet(FAKE)
    pair.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(10):
        pair.send(500 * b"1\r\nx\r\n")
        assert pair.take() == 0
        pair.now_s += 1
    expire_at(pair, 1020)


def test_an_idle_connection_is_closed_when_asked_and_has_not_failed() -> None:
    pair = Pair()
    pair.meet(FAKE)
    pair.now_s += 50
    pair.send(GET)
    pair.take()
    expire_at(pair, 1150)
    assert not pair.tally.failures
    assert (pair.tally.closed_idle, pair.tally.ended) == (1, 1)


def test_without_limits_nothing_is_ever_due() -> None:
    pair = Pair(limits=Limits(handshake_s=0, request_s=0, idle_s=0))
    session = pair.meet(FAKE)
    assert session.deadline_s == float("inf")
    pair.send(GET[:10])
    session.data_to_send()
    assert session.deadline_s == float("inf")


def test_a_connection_that_is_over_waits_a_moment_for_the_client_and_no_longer() -> None:
    pair = Pair()
    session = pair.meet(FAKE)
    pair.send(b"GET / HTTP/1.0\r\n\r\n")
    pair.take()
    assert session.is_over
    for _ in range(3):
        pair.now_s += LINGER_S / 10
        session.receive(b"more, and more")
        assert session.data_to_send() == b""
    expire_at(pair, 1000 + LINGER_S)
    assert not pair.tally.failures


def test_a_reset_is_a_failure_of_who_is_owed_something_alone() -> None:
    for data, taken, fails in (
        (b"", True, False),
        (GET, True, False),
        (GET, False, True),
        (GET[:9], True, True),
    ):
        pair = Pair()
        session = pair.meet(FAKE)
        if data:
            pair.send(data)
            if taken:
                pair.take()
            else:
                session.data_to_send()
        session.lose("connection reset")
        session.end()
        assert pair.tally.failures == ({"connection reset": 1} if fails else {}), data


def test_an_end_within_a_request_is_a_failure() -> None:
    pair = Pair()
    session = pair.meet(FAKE)
    pair.send(GET[:9])
    session.data_to_send()
    session.end()
    assert pair.tally.failures == {"closed within a request": 1}


def test_an_error_of_no_known_kind_ends_its_connection_alone() -> None:
    pair = Pair()
    session = pair.meet(FAKE)

    def broken(data: bytes) -> None:
        raise ZeroDivisionError(data)

    pair.send(GET)
    session._endpoint.write = broken  # type: ignore[method-assign]
    session.data_to_send()
    session.end()
    assert session.is_over
    assert pair.tally.failures == {"builtins.ZeroDivisionError": 1}


@pytest.mark.parametrize("name", ["pyopenssl", "ssl", "libssl", "utls", "rtls", "tlslite"])
@pytest.mark.parametrize("groups", ["x25519:secp256r1", "secp384r1"])
def test_hello_retry_requests_are_counted_where_they_are(name: str, groups: str, scenarios_of: Find) -> None:
    library: Any = implementations()[name]
    if not hasattr(library, "client_context"):
        pytest.skip(f"{name} is not installed")
    own = "X25519MLKEM768" if name == "rtls" else "secp256r1"
    (scenario,) = scenarios_of(f"implementation={name} version=1.3 group={own}")
    pair = Pair(tally=ServerTally())
    peers = pki.peers_for(scenario)
    context = library.server_context(replace(scenario, group=groups), peers)
    session = Service(context, http, pair.tally).accept()
    (other,) = scenarios_of("implementation=pyopenssl version=1.3 group=x25519")
    openssl: Any = implementations()["pyopenssl"]
    client = openssl.client_context(
        replace(other, cipher=scenario.cipher, group="x25519:secp384r1"), peers
    ).connect()
    while not client.handshake():
        session.receive(client.data_to_send())
        client.receive_data(session.data_to_send())
    session.receive(client.data_to_send())
    assert pair.tally.handshakes == 1
    # nothing tells rtls which groups to accept
    assert pair.tally.hello_retry_requests == (groups == "secp384r1" and name != "rtls")


def test_early_data_is_answered_and_counted(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("implementation=pyopenssl version=1.3 resumption=early-data")
    library: Any = implementations()["pyopenssl"]
    peers = pki.peers_for(scenario)
    service = Service(library.server_context(scenario, peers), http, ServerTally())
    context = library.client_context(scenario, peers)
    session_ticket = None
    for _ in range(2):
        client = context.connect(session_ticket, GET if session_ticket else b"")
        session = service.accept()
        while not client.handshake():
            session.receive(client.data_to_send())
            client.receive_data(session.data_to_send())
        session.receive(client.data_to_send())
        client.receive_data(session.data_to_send())
        answer = client.read()
        session_ticket = client.session()
        client.close()
        session.end()  # otherwise, OpenSSL forgets the session
    assert answer.endswith(bytes(100))
    assert (service.tally.early_data, service.tally.requests) == (1, 1)


@settings(max_examples=60)
@given(
    stream=st.lists(
        st.one_of(
            st.sampled_from([GET, LARGE, b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", GET[:9], b"\r\n"]),
            st.binary(min_size=1, max_size=40),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_a_client_asks_the_reasons_are_of_a_fixed_set(stream: list[bytes]) -> None:
    pair = Pair()
    session = pair.meet(FAKE)
    for data in stream:
        pair.send(data)
        for _ in range(3):
            assert len(session.data_to_send()) < MOST_AT_ONCE
            session.all_sent()
        while session.is_answering and pair.tally.bytes_sent < MIB:
            session.data_to_send()
            session.all_sent()
        if session.is_answering or session.is_over:
            break
    session.lose("connection reset")
    session.end()
    assert pair.tally.ended == 1
    assert set(pair.tally.failures) <= {*PROBLEMS, "connection reset"}


def test_early_data_is_answered_at_the_end_of_the_handshake_and_so_no_replay_of_it(
    scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even if nothing else prevents it: whoever replays a flight cannot complete the handshake."""
    accept_early_data = bindings.accept_early_data
    monkeypatch.setattr(
        bindings, "accept_early_data", lambda context: accept_early_data(context, anti_replay=False)
    )
    (scenario,) = scenarios_of("implementation=pyopenssl resumption=early-data")
    peers, library, tally = pki.peers_for(scenario), PyOpenSsl(), ServerTally()
    clients, service = (
        library.client_context(scenario, peers),
        Service(library.server_context(scenario, peers), http, tally),
    )

    def meet(client: Endpoint, session: Session) -> bytes:
        client.handshake()
        first = flight = client.data_to_send()
        while flight:
            session.receive(flight)
            answer = session.data_to_send()
            session.all_sent()
            client.receive_data(answer)
            client.handshake()
            client.read()
            flight = client.data_to_send()
        return first

    client = clients.connect()
    meet(client, service.accept())
    early = clients.connect(client.session(), GET)
    flight = meet(early, service.accept())
    assert (tally.requests, tally.early_data) == (1, 1)
    replay = service.accept()
    replay.receive(flight)
    assert replay._endpoint.negotiated().early_data == GET, "the library has it, and gives it to nobody"
    assert replay.data_to_send()
    assert (tally.requests, tally.early_data) == (1, 1)
