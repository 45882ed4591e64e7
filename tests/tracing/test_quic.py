"""The ladder of QUIC: packets that are decrypted, and their contents, from any library."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import WireError
from tlsbench.links import Direction
from tlsbench.links.quic import PacketKind
from tlsbench.report.ladder import WIDTH, ladder_text
from tlsbench.report.ladder_svg import ladder_svg
from tlsbench.report.page.traces import trace_findings
from tlsbench.results.trace_json import trace_in, trace_to_json
from tlsbench.session.trace import Trace, trace, traced_scenario
from tlsbench.tracing import KeyLog, Piece
from tlsbench.tracing.quic import quic_ladder_of

FULL = ["EncryptedExtensions", "Certificate", "CertificateVerify", "Finished"]
Make = Callable[[str], Trace]


@pytest.fixture
def traced(openssl_35: str) -> Make:
    @cache
    def make(axes: str) -> Trace:
        return trace(
            traced_scenario([f"implementation={openssl_35} transport=quic {axes or 'key=ecdsa-secp256r1'}"])
        )

    return make


def messages(made: Trace) -> list[str]:
    """The TLS messages, without QUIC's own frames."""
    return [one.name for one in made.ladder.messages if one.kind is not None]


def test_a_full_handshake_is_decrypted_packet_by_packet(traced: Make, openssl_35: str) -> None:
    made = traced("")
    assert made.ladder.opened
    assert made.keys_from == openssl_35
    assert made.ladder.protocol == "QUIC v1"
    assert messages(made) == [
        *("ClientHello", "ServerHello", *FULL),
        *("Finished", "NewSessionTicket", "NewSessionTicket"),
    ]
    assert [[line.content_type for line in flight.records] for flight in made.ladder.flights] == [
        ["Initial"],
        ["Initial", "Handshake"],
        ["Initial", "Handshake"],
        ["1-RTT"],
        ["1-RTT"],
    ]
    assert [flight.datagrams for flight in made.ladder.flights[:3]] == [(1200,)] * 3
    clear = {one.name for one in made.ladder.messages if one.kind is not None and not one.encrypted}
    assert clear == {"ClientHello", "ServerHello"}


def test_a_resumed_one_has_no_certificates(traced: Make) -> None:
    assert messages(traced("resumption=psk key=ecdsa-secp256r1"))[:4] == [
        *("ClientHello", "ServerHello"),
        *("EncryptedExtensions", "Finished"),
    ]


def test_sizes_add_up_to_what_went_over_the_link(traced: Make) -> None:
    made = traced("chain_length=3 client_auth=required key=ecdsa-secp256r1")
    for flight in made.ladder.flights:
        assert flight.wire_bytes == sum(flight.datagrams) == sum(line.wire_bytes for line in flight.records)
    protected = {line.number: line.encrypted for flight in made.ladder.flights for line in flight.records}
    for message in made.ladder.messages:
        assert {protected[at] for at in message.records} == {message.encrypted}


def test_a_message_stands_in_every_packet_that_carries_it(traced: Make) -> None:
    made = traced("key=ml-dsa-65 chain_length=2 group=X25519MLKEM768")
    (hello,) = (one for one in made.ladder.messages if one.name == "ClientHello")
    (certificate,) = (one for one in made.ladder.messages if one.name == "Certificate")
    assert hello.records == (0, 1)
    assert len(certificate.records) > 8
    assert len(certificate.certificates_bytes) == 2


def test_a_retry_is_shown_with_the_hello_that_follows_it(traced: Make) -> None:
    made = traced("address_check=yes key=ecdsa-secp256r1")
    names = [one.name for one in made.ladder.messages if one.name not in ("PADDING", "ACK")]
    assert names[:4] == ["ClientHello", "Retry", "ClientHello (again)", "ServerHello"]
    assert made.ladder.address_checks == ("Retry",)
    assert "asked for its token: one more round trip (Retry)" in ladder_text(made.shown)
    assert "UDP opens no connection: TCP would take one more round trip" in ladder_text(made.shown)


def test_a_hello_retry_request_too(traced: Make) -> None:
    made = traced("group=secp256r1 hello_retry=yes key=ecdsa-secp256r1")
    assert messages(made)[:4] == ["ClientHello", "HelloRetryRequest", "ClientHello", "ServerHello"]
    assert made.ladder.hello_retry


@pytest.mark.parametrize("name", ["aioquic", "qh3"])
@pytest.mark.parametrize("axes", ["", "resumption=psk", "resumption=early-data", "address_check=yes"])
def test_the_packets_of_the_other_libraries_are_opened_too(name: str, axes: str) -> None:
    pytest.importorskip(name)
    made = trace(traced_scenario([f"implementation={name} transport=quic key=ecdsa-secp256r1 {axes}"]))
    assert made.ladder.opened
    assert "HANDSHAKE_DONE" in [one.name for one in made.ladder.messages]
    early = [one for one in made.ladder.messages if one.name.endswith("(early data)")]
    assert bool(early) == (axes == "resumption=early-data")


def test_without_secrets_only_the_initial_packets_are_opened(traced: Make) -> None:
    ladder = quic_ladder_of(traced("").pieces, KeyLog())
    assert not ladder.opened
    closed = {one.name for one in ladder.messages if not one.opened}
    assert closed == {PacketKind.HANDSHAKE.value, PacketKind.ONE_RTT.value}
    assert {"ClientHello", "ServerHello"} <= {one.name for one in ladder.messages if one.opened}


def test_secrets_of_another_connection_are_refused(traced: Make) -> None:
    made, other = traced(""), traced("tickets=1 key=ecdsa-secp256r1")
    assert not quic_ladder_of(made.pieces, other.key_log).opened  # it has another client random
    random = made.key_log.lines[0][1]
    forged = KeyLog(tuple((label, random, secret) for label, _, secret in other.key_log.lines))
    with pytest.raises(WireError, match="cannot be opened with these keys"):
        quic_ladder_of(made.pieces, forged)


@pytest.mark.parametrize("axes", ["", "address_check=yes key=rsa-2048"])
def test_it_is_stored_read_back_and_drawn(axes: str, traced: Make) -> None:
    made = traced(axes)
    text = trace_to_json(made.shown)
    assert trace_in(text.encode(), "x") == made.shown
    assert not [secret.hex() for _, _, secret in made.key_log.lines if secret.hex() in text]
    lines = ladder_text(made.shown).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert {len(line) for line in lines if line[:1] in "│├" and line} == {WIDTH}
    assert "1 datagram, 2 packets" in ladder_svg(made.shown)


def test_frames_that_are_alike_share_a_line_and_are_no_message() -> None:
    pytest.importorskip("aioquic")
    made = trace(traced_scenario(["implementation=aioquic key=ecdsa-secp256r1"]))
    ids = [one for one in made.ladder.messages if one.name == "NEW_CONNECTION_ID"]
    sent = dict.fromkeys(("client", "server"), 0)
    for flight in made.ladder.flights:
        sent[flight.sender] += sum(one.name == ids[0].name for one in flight.messages)
    lines = [line.split() for line in ladder_text(made.shown).splitlines() if "NEW_CONNECTION_ID" in line]
    assert [line[1:5] for line in lines] == [
        ["NEW_CONNECTION_ID", "×", str(count), str(count * ids[0].wire_bytes)] for count in sent.values()
    ]
    assert max(made.ladder.messages, key=lambda one: one.wire_bytes).name == "PADDING"
    (finding,) = trace_findings([made.shown])
    assert "Certificate is the largest message" in finding.details[-1]


@given(st.lists(st.tuples(st.sampled_from(Direction), st.binary(max_size=60))))
def test_garbage_is_a_clear_error(pieces: list[tuple[Direction, bytes]]) -> None:
    with pytest.raises(WireError, match="."):
        quic_ladder_of([Piece(*one) for one in pieces], KeyLog())


def test_a_datagram_that_is_missing_or_changed_is_a_clear_error_or_shown(traced: Make) -> None:
    made = traced("")
    whole = made.pieces
    for at, piece in enumerate(whole):
        changed = bytearray(piece.data)
        changed[-20] ^= 1
        for pieces in (
            [*whole[:at], *whole[at + 1 :]],
            [*whole[:at], Piece(piece.direction, bytes(changed)), *whole[at + 1 :]],
            [*whole[:at], piece, piece, *whole[at + 1 :]],
        ):
            try:
                quic_ladder_of(pieces, made.key_log)
            except WireError as error:
                assert str(error)


#: What the RFCs have QUIC add to a ClientHello: transport parameters (RFC 9001 section 8.2) and ALPN.
ADDED = {"quic_transport_parameters", "application_layer_protocol_negotiation"}
#: And what it omits: the session ID that TLS has for middleboxes (RFC 9001 section 8.4).
SESSION_ID_BYTES = 32


@pytest.mark.parametrize("group", ["x25519", "X25519MLKEM768"])
@pytest.mark.parametrize("chain_length", [1, 3])
def test_the_messages_are_those_of_the_same_engine_over_tls_but_for_what_quic_adds(
    group: str, chain_length: int, openssl_35: str
) -> None:
    of = f"implementation={openssl_35} version=1.3 group={group} key=rsa-2048 chain_length={chain_length}"
    tls, quic = (
        [one for one in trace(traced_scenario([f"{of} transport={one}"])).ladder.messages if one.kind]
        for one in ("tls", "quic")
    )
    assert [one.name for one in tls] == [one.name for one in quic]
    for over_tls, over_quic in zip(tls, quic, strict=True):
        before, after = (
            {ext.name: ext.wire_bytes for ext in one.extensions} for one in (over_tls, over_quic)
        )
        assert after.keys() - before.keys() <= ADDED
        assert before.keys() <= after.keys() | {"encrypt_then_mac", "extended_master_secret"}
        if over_tls.name == "NewSessionTicket":  # it contains the session, including ALPN
            continue
        hello = SESSION_ID_BYTES if over_tls.name.endswith("Hello") else 0
        added = sum(after.values()) - sum(before.values())
        assert over_quic.wire_bytes == over_tls.wire_bytes + added - hello
