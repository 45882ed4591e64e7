"""Early data: what reaches a server, and what an attacker on the path can replay."""

from __future__ import annotations

import re

import pytest

from tlsbench.errors import HandshakeError, RequestError
from tlsbench.loopback import ClientSetup, Kept, Server, ServerSetup, Tap, Visit, meet, send_again
from tlsbench.pki import Template, root_authority

ROOT = root_authority("ecdsa-secp256r1")
SERVER = ROOT.issue(Template(names=("localhost", "127.0.0.1")))
CLIENT = ROOT.issue(Template(names=("alice.test",), usages=("client",)))
ACCEPTING = ServerSetup(identity=SERVER, early_data=True)
CARELESS = ServerSetup(identity=SERVER, early_data=True, anti_replay=False)


def client(kept: Kept | None = None, early_path: str = "", version: str = "1.3") -> ClientSetup:
    return ClientSetup(roots=(ROOT.certificate,), kept=kept, early_path=early_path, version=version)


def kept_of(server: Server) -> Kept:
    meeting = meet(server.address, client())
    assert server.next_visit().problem == ""
    assert meeting.kept is not None
    return meeting.kept


def captured(server: Server) -> bytes:
    """The first flight of a client whose early request the server has answered."""
    with Tap(server.address) as tap:
        meeting = meet(tap.address, client(kept_of(server), "/early"))
    assert (meeting.early_data, meeting.resumed, meeting.problem) == ("accepted", True, "")
    visit = server.next_visit()
    assert (visit.requests, visit.resumed, visit.problem) == (1, True, "")
    assert visit.early_bytes > len("GET /early HTTP/1.1")
    return tap.first_flight


def replayed(server: Server, flight: bytes) -> Visit:
    assert send_again(server.address, flight)
    return server.next_visit()


def test_an_early_request_is_answered_before_the_handshake_is_over() -> None:
    with Server(ACCEPTING) as server:
        meeting = meet(server.address, client(kept_of(server), "/early"))
    assert b"request: 1 of this connection\nearly data: " in meeting.reply
    assert meeting.early_data == "accepted"


@pytest.mark.parametrize(("setup", "times"), [(CARELESS, 2), (ACCEPTING, 1)], ids=["without", "with"])
def test_a_replay_reaches_a_server_again_without_anti_replay_alone(setup: ServerSetup, times: int) -> None:
    with Server(setup) as server:
        flight = captured(server)
        again = replayed(server, flight)
    assert 1 + again.requests == times
    assert bool(again.early_bytes) is again.resumed is (times == 2)
    # The replayer cannot complete the handshake; with data unread, the system closes with a reset.
    assert re.search("without an alert|connection broke", again.problem)


def test_a_replay_is_answered_as_often_as_it_comes_where_nothing_is_recorded() -> None:
    with Server(CARELESS) as server:
        flight = captured(server)
        assert [replayed(server, flight).requests for _ in range(3)] == [1, 1, 1]


def test_a_spent_ticket_is_worth_nothing_in_another_hello_and_the_request_is_sent_again() -> None:
    with Server(ACCEPTING) as server:
        kept = kept_of(server)
        first, second = (meet(server.address, client(kept, "/early")) for _ in range(2))
    assert (first.resumed, first.early_data) == (True, "accepted")
    assert (second.resumed, second.early_data, second.problem) == (False, "rejected", "")
    assert b"request: 1 of this connection" in second.reply
    assert b"early data" not in second.reply


def test_a_server_that_accepts_no_early_data_gives_no_ticket_for_it() -> None:
    with Server(ServerSetup(identity=SERVER)) as server:
        meeting = meet(server.address, client(kept_of(server), "/early"))
    assert "does not allow early data" in meeting.problem


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_server_that_accepts_early_data_serves_clients_without_any(version: str) -> None:
    with Server(ACCEPTING) as server:
        meeting = meet(server.address, client(version=version))
        visit = server.next_visit()
    assert (meeting.problem, visit.problem, visit.requests, visit.early_bytes) == ("", "", 1, 0)


def test_why_a_handshake_failed_is_known_to_a_server_that_accepts_early_data() -> None:
    setup = ServerSetup(
        identity=SERVER, early_data=True, client_auth="required", client_roots=(ROOT.certificate,)
    )
    with Server(setup) as server:
        meet(server.address, client())
        assert "peer did not return a certificate" in server.next_visit().problem
        meet(server.address, ClientSetup())
        refused = server.next_visit()
    assert "unknown ca" in refused.problem
    assert str(refused.alert) == "unknown_ca (48), sent by the client"
    with Server(ACCEPTING) as server:  # it fails at the very first message
        meet(server.address, ClientSetup(signature_algorithms="rsa_pss_rsae_sha256"))
        unsuitable = server.next_visit()
    assert "no suitable signature algorithm" in unsuitable.problem
    assert str(unsuitable.alert) == "handshake_failure (40), sent by the server"
    with Server(setup) as server:
        named = meet(server.address, ClientSetup(roots=(ROOT.certificate,), identity=CLIENT))
        assert named.problem == server.next_visit().problem == ""


def test_without_anti_replay_a_server_listens_on_loopback_alone() -> None:
    with pytest.raises(
        RequestError, match=r"without anti-replay is only for loopback, and 0\.0\.0\.0 is not"
    ):
        Server(CARELESS, ("0.0.0.0", 0))


def test_a_tap_hands_on_what_it_notes_and_an_unused_one_has_nothing() -> None:
    with Server(ACCEPTING) as server:
        with Tap(server.address) as tap:
            assert meet(tap.address, client()).problem == ""
        assert tap.first_flight[:1] == b"\x16", "a ClientHello"
        with Tap(server.address) as unused, pytest.raises(HandshakeError, match="nobody has sent anything"):
            _ = unused.first_flight
        assert not unused._thread.is_alive()


def test_nothing_is_sent_again_to_where_nobody_listens() -> None:
    with Server(ACCEPTING) as server:
        address = server.address
    with pytest.raises(RequestError, match="cannot send to"):
        send_again(address, b"x")
