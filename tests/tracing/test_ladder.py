from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.decryption.messages import read_body
from tlsbench.decryption.records import records_of
from tlsbench.errors import WireError
from tlsbench.links import Direction
from tlsbench.scenarios import Scenario
from tlsbench.session.trace import Trace, trace, traced_scenario
from tlsbench.tracing import KeyLog, Piece, ladder_of

OF = "implementation=pyopenssl key=ecdsa-secp256r1"


@cache
def example() -> Trace:
    """A trace for property tests, which cannot use fixtures."""
    return trace(traced_scenario([f"{OF} version=1.3"]))


@pytest.fixture
def traced(scenarios_of: Callable[[str], tuple[Scenario, ...]]) -> Callable[[str], Trace]:
    def make(selector: str) -> Trace:
        (scenario,) = scenarios_of(selector)
        return trace(scenario)

    return make


def joined(pieces: tuple[Piece, ...], at: int) -> list[Piece]:
    """The same bytes, with each piece cut in two."""
    return [
        Piece(piece.direction, part)
        for piece in pieces
        for part in (piece.data[:at], piece.data[at:])
        if part
    ]


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("at", [1, 5, 9, 300])
def test_where_writes_are_cut_changes_nothing(version: str, at: int, traced: Callable[[str], Trace]) -> None:
    made = traced(f"{OF} version={version}")
    again = ladder_of(joined(made.pieces, at), made.key_log)
    assert again.messages == made.ladder.messages
    assert [flight.records for flight in again.flights] == [flight.records for flight in made.ladder.flights]


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_sizes_add_up_to_what_went_over_the_link(version: str, traced: Callable[[str], Trace]) -> None:
    made = traced(f"{OF} version={version}")
    for flight in made.ladder.flights:
        assert flight.wire_bytes == sum(record.wire_bytes for record in flight.records)
    for message in made.ladder.messages:
        carried = [
            record
            for flight in made.ladder.flights
            for record in flight.records
            if record.number in message.records
        ]
        assert message.wire_bytes < sum(record.wire_bytes for record in carried)
        assert all(record.encrypted == message.encrypted for record in carried)


def test_without_secrets_the_rest_is_shown_as_encrypted(traced: Callable[[str], Trace]) -> None:
    made = traced(f"{OF} version=1.3")
    ladder = ladder_of(made.pieces, KeyLog())
    assert not ladder.opened
    assert [message.name for message in ladder.messages if message.opened] == [
        "ClientHello",
        "ServerHello",
        "ChangeCipherSpec",
        "ChangeCipherSpec",
    ]


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_secrets_of_another_connection_are_refused(version: str, traced: Callable[[str], Trace]) -> None:
    made, other = (traced(f"{OF} version={version}") for _ in range(2))
    assert not ladder_of(made.pieces, other.key_log).opened  # it has another client random
    forged = KeyLog(
        tuple((label, made.key_log.lines[0][1], secret) for label, _, secret in other.key_log.lines)
    )
    with pytest.raises(WireError, match="cannot be opened with the secrets"):
        ladder_of(made.pieces, forged)


@given(st.lists(st.tuples(st.sampled_from(Direction), st.binary(max_size=60))))
def test_garbage_is_a_clear_error(pieces: list[tuple[Direction, bytes]]) -> None:
    with pytest.raises(WireError, match="."):
        ladder_of([Piece(*one) for one in pieces], KeyLog())


@given(st.integers(0, 255), st.binary(max_size=80), st.sampled_from(["1.2", "1.3"]))
def test_a_message_is_read_or_refused(kind: int, body: bytes, version: str) -> None:
    with suppress(WireError):
        read_body(kind, body, version)


@given(data=st.data())
def test_a_changed_byte_is_read_otherwise_or_refused(data: st.DataObject) -> None:
    """Whatever happens, only a WireError is raised."""
    pieces = list(example().pieces)
    at = data.draw(st.integers(0, len(pieces) - 1))
    changed = bytearray(pieces[at].data)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    pieces[at] = Piece(pieces[at].direction, bytes(changed))
    with suppress(WireError):
        ladder_of(pieces, example().key_log)


def test_a_record_that_the_other_side_interrupts_is_put_together() -> None:
    whole = bytes((22, 3, 3, 0, 4, 1, 2, 3, 4))
    cut = [Piece(Direction.TO_SERVER, whole[:6]), Piece(Direction.TO_CLIENT, whole)]
    (server, client) = records_of([*cut, Piece(Direction.TO_SERVER, whole[6:])])
    assert (server.flight, client.flight) == (1, 2)
    assert client.fragment == server.fragment == whole[5:]
    with pytest.raises(WireError, match="from client to server end within a record"):
        records_of(cut)


def test_a_record_longer_than_tls_allows_is_refused() -> None:
    with pytest.raises(WireError, match="longer than TLS allows"):
        records_of([Piece(Direction.TO_SERVER, bytes((22, 3, 3, 255, 255)))])


@pytest.mark.parametrize("line", ["CLIENT_RANDOM 00 00", "nonsense", f"CLIENT_RANDOM {'0' * 64} 0"])
def test_a_line_that_is_none_of_a_key_log_is_refused(line: str) -> None:
    with pytest.raises(WireError, match="line 2 of the key log"):
        KeyLog.parse(f"# a comment\n{line}\n")


def test_a_key_log_survives_being_written_and_read_and_is_not_shown() -> None:
    log = KeyLog.parse(f"CLIENT_RANDOM {'01' * 32} {'ab' * 48}\n")
    assert KeyLog.parse(log.text()) == log
    assert "ab" * 4 not in repr(log)
    assert not log.of(bytes(32))
