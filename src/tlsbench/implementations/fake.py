"""``fake``: TLS without cryptography, to measure the cost of the harness and to run tests fast.

Its messages have the shape of TLS, so that they pass over every link and are read by the same
witness as real ones; nothing in them is secret, and nothing is computed. A fake handshake takes as long
as the harness takes.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

from tlsbench.errors import HandshakeError
from tlsbench.implementations.certificate_keys import (
    BRAINPOOL,
    ED448,
    OF_ISSUERS,
    RSA_PSS,
    SECP521R1,
    SLH_DSA,
    takes,
)
from tlsbench.implementations.contract import Negotiated
from tlsbench.implementations.fake_datagrams import FakeDatagramContext
from tlsbench.implementations.fake_messages import (
    CHANGE_CIPHER_SPEC,
    FINISHED,
    FULL_ANSWER_BYTES,
    SESSION_ID_AT,
    client_hello,
    payload,
    record,
    records,
    server_flight,
)
from tlsbench.implementations.record_gaps import no_records
from tlsbench.pki import Peers
from tlsbench.protocol import messages as tls
from tlsbench.scenarios import Capabilities, Scenario, gap
from tlsbench.scenarios.axes import AXES
from tlsbench.scenarios.ciphers import BROKEN_VERSIONS

_TICKET_BYTES = 8


@dataclass(frozen=True, slots=True)
class Fake:
    """No TLS at all."""

    id: str = "fake"
    summary: str = "no cryptography: what the harness itself costs"

    def engine(self) -> str:
        return "none"

    def capabilities(self) -> Capabilities:
        return Capabilities(
            (
                gap("nothing is verified, so nothing is stapled", ocsp="stapled"),
                gap("it keeps no state of a connection", workload="memory"),
                gap("it has no secrets, so none is known beforehand", resumption="external-psk"),
                gap("nothing is verified, so no key is presented", certificate_type="raw_public_key"),
                gap(
                    "nothing seals its tickets, so no key is replaced",
                    ticket_state=AXES["ticket_state"].special,
                ),
                gap("it exchanges no keys, so it is not asked for another", hello_retry="yes"),
                gap("nothing is verified, so no roots are loaded", trust=AXES["trust"].special),
                gap("its messages have only the shape of DTLS 1.2", transport="dtls", version="1.3"),
                *no_records("it seals nothing, so its records have nothing to pad, and no limit to agree on"),
                gap("it has no keys, so it changes none", workload="key_update"),
            ),
            supports=(
                *("resumption=early-data", "workload=scaling", "transport=dtls", "mtu", "chain_sent"),
                *takes(*SECP521R1, *BRAINPOOL, *RSA_PSS, *ED448),
                *takes(*SLH_DSA, axes=OF_ISSUERS),
                *(f"version={version}" for version in BROKEN_VERSIONS),
            ),
            alone="its messages have only the shape of TLS: it talks only to itself",
        )

    def client_context(self, scenario: Scenario, peers: Peers) -> FakeClientContext:
        return FakeClientContext(scenario, peers)

    def server_context(self, scenario: Scenario, peers: Peers) -> FakeServerContext:
        return FakeServerContext(scenario, peers)

    def datagram_client_context(self, scenario: Scenario, peers: Peers) -> FakeDatagramContext:
        return FakeDatagramContext(scenario, FakeClientContext(scenario, peers))

    def datagram_server_context(self, scenario: Scenario, peers: Peers) -> FakeDatagramContext:
        return FakeDatagramContext(scenario, FakeServerContext(scenario, peers))


class FakeClientContext:
    """Holds the ClientHello of full handshakes, made once."""

    def __init__(self, scenario: Scenario, peers: Peers) -> None:
        self._scenario = scenario
        # The chain lengths are those that the server was given: nothing that the server sends is parsed.
        sent = len(peers.server.certificates)
        self._agreed = replace(
            _agreed(scenario, peers.server.leaf_der, sent), verified_length=sent + len(peers.known) + 1
        )
        self._hello = client_hello(scenario, b"")

    def connect(self, session: object | None = None, early_data: bytes = b"") -> FakeEndpoint:
        hello = self._hello
        if session is not None:
            assert isinstance(session, bytes)
            hello = client_hello(self._scenario, session) + (records(early_data) if early_data else b"")
        return FakeEndpoint(self._agreed, hello=hello, offers=session is not None)


class FakeServerContext:
    """Holds the server's flights, made once, and the tickets that may be resumed."""

    def __init__(self, scenario: Scenario, peers: Peers) -> None:
        scenario = replace(scenario, group=scenario.group.partition(":")[0])
        client = peers.client.leaf_der if scenario.client_auth == "required" else b""
        self.agreed = _agreed(scenario, client, scenario.chain_length if client else None)
        self.full_answer = server_flight(scenario, peers.server.certificates, resumed=False)
        self.resumed_answer = server_flight(scenario, peers.server.certificates, resumed=True)
        self.resumption = scenario.resumption
        self.single_use = scenario.version == "1.3"
        self.tickets: set[bytes] = set()
        self._serial = itertools.count(1)

    def accept(self) -> FakeEndpoint:
        return FakeEndpoint(self.agreed, server=self)

    def issue_ticket(self) -> bytes:
        ticket = next(self._serial).to_bytes(_TICKET_BYTES, "big")
        self.tickets.add(ticket)
        return ticket

    def redeem(self, hello: bytes) -> bool:
        at = SESSION_ID_AT if self.resumption == "session-id" else len(hello) - _TICKET_BYTES
        ticket = hello[at : at + _TICKET_BYTES]
        known = self.resumption != "none" and ticket in self.tickets
        if known and self.single_use:
            self.tickets.remove(ticket)
        return known


class FakeEndpoint:
    """One end: the client sends ClientHello and Finished, the server its flight and a ticket."""

    def __init__(
        self,
        agreed: Negotiated,
        *,
        hello: bytes = b"",
        offers: bool = False,
        server: FakeServerContext | None = None,
    ) -> None:
        self._agreed = agreed
        self._is_tls12 = agreed.version != "1.3"  # or older, which has the same shape
        self._server = server
        self._out = [hello] if hello else []
        self._in: list[bytes] = []
        self._offers = offers
        self._resumed = False
        self._greeted = False
        self._complete = False
        self._early_data = b""
        self._ticket: bytes | None = None

    def handshake(self) -> bool:
        if not self._complete and self._in:
            received = b"".join(self._in)
            self._in.clear()
            if self._server is not None:
                self._serve(self._server, received)
            else:
                self._finish(received)
        return self._complete

    def _serve(self, server: FakeServerContext, received: bytes) -> None:
        if self._greeted:
            self._complete = True
            if not self._is_tls12:
                self._out.append(record(tls.APPLICATION_DATA, server.issue_ticket()))
            elif not self._resumed:
                self._out.append(CHANGE_CIPHER_SPEC + record(tls.HANDSHAKE, server.issue_ticket()))
            return
        if received[:1] != bytes([tls.HANDSHAKE]):
            raise HandshakeError("fake: unexpected message")
        hello_bytes = tls.RECORD_HEADER_BYTES + int.from_bytes(received[3:5], "big")
        self._resumed = server.redeem(received[:hello_bytes])
        self._early_data = payload(received[hello_bytes:]) if self._resumed else b""
        self._greeted = True
        self._out.append(server.resumed_answer if self._resumed else server.full_answer)

    def _finish(self, received: bytes) -> None:
        if self._is_tls12 and received.startswith(CHANGE_CIPHER_SPEC):
            self._complete, self._ticket = True, payload(received[len(CHANGE_CIPHER_SPEC) :])
            return
        if received[:1] != bytes([tls.HANDSHAKE]):
            raise HandshakeError("fake: unexpected message")
        self._resumed = self._offers and len(received) < FULL_ANSWER_BYTES
        if self._is_tls12:  # a full handshake ends with the server's Finished and its ticket
            self._complete = self._resumed
            self._ticket = b"" if self._resumed else None
            self._out.append(CHANGE_CIPHER_SPEC + record(tls.HANDSHAKE, FINISHED))
            return
        self._complete = True
        self._out.append(record(tls.APPLICATION_DATA, FINISHED))

    def data_to_send(self) -> bytes:
        data = b"".join(self._out)
        self._out.clear()
        return data

    def receive_data(self, data: bytes) -> None:
        self._in.append(data)

    def write(self, data: bytes) -> None:
        self._out.append(records(data))

    def read(self) -> bytes:
        data = payload(b"".join(self._in))
        self._in.clear()
        if self._server is None and self._ticket is None:
            self._ticket = data
            return b""
        return data

    def negotiated(self) -> Negotiated:
        agreed = self._agreed
        return Negotiated(
            version=agreed.version,
            cipher=agreed.cipher,
            group=agreed.group,
            resumed=self._resumed,
            peer_certificate=agreed.peer_certificate,
            peer_verified=agreed.peer_verified,
            peer_chain_length=agreed.peer_chain_length,
            verified_length=agreed.verified_length,
            early_data=self._early_data,
        )

    def session(self) -> object | None:
        return self._ticket or None

    def close(self) -> None:
        pass


def _agreed(scenario: Scenario, peer_certificate: bytes, peer_chain_length: int | None) -> Negotiated:
    return Negotiated(
        version=scenario.version,
        cipher=scenario.cipher,
        group=scenario.group,
        resumed=False,
        peer_certificate=peer_certificate,
        peer_verified=bool(peer_certificate),
        peer_chain_length=peer_chain_length,
    )
