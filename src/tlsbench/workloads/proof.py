"""The proof: what happened must match the scenario, or there is no sample.

There are three witnesses: the wire, the client's library and the server's. Each fact that a witness reports
is compared; the first that differs raises :class:`~tlsbench.errors.ProofError`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from tlsbench.errors import ProofError
from tlsbench.implementations import Negotiated
from tlsbench.implementations.configuration import file_of, without_digest
from tlsbench.links import STREAM, Direction, Entry, Observed, WireReader
from tlsbench.links.credentials import Credentials
from tlsbench.pki import Peers
from tlsbench.protocol import groups, signature_schemes
from tlsbench.scenarios import Scenario, ciphers
from tlsbench.scenarios.axes import AXES
from tlsbench.scenarios.groups import NO_GROUP
from tlsbench.workloads.compression_proof import prove_offer
from tlsbench.workloads.credentials import (
    EXTERNAL_PSK,
    RAW_PUBLIC_KEY,
    key_type_shown,
    prove_credentials,
    prove_ticket,
    read_credentials,
    recorded,
)
from tlsbench.workloads.ech_proof import prove_ech
from tlsbench.workloads.exchange import Connection
from tlsbench.workloads.records import cuts_records, prove_handshake_records
from tlsbench.workloads.sent_chains import prove_chain


@dataclass(frozen=True, slots=True)
class Proof:
    """What the three witnesses reported of a handshake that matches its scenario.

    ``tickets`` is the number of tickets on the wire after a TLS 1.3 handshake; None if the wire does not show
    it. ``credentials`` is what was read from the wire about credentials, None unless the scenario has special
    ones, and ``special`` holds the special values that were proved.
    """

    wire: Observed
    client: Negotiated
    server: Negotiated
    tickets: int | None = None
    credentials: Credentials | None = None
    special: Mapping[str, str] = field(default_factory=dict)

    def record(self) -> Mapping[str, object]:
        """The proof as plain strings and numbers, for the stored result."""
        signature = self._signature
        return {
            "version": self.wire.version,
            "cipher": _cipher_name(self.wire.cipher),
            "group": _group_name(self.wire.group) or "none",
            "resumption": self.wire.resumption,
            **self._authenticated,
            "early_data_bytes": len(self.server.early_data),
            "ocsp": self.client.ocsp or "none",
            **({"signature": signature} if signature else {}),
            **({} if self.tickets is None else {"tickets": self.tickets}),
            **({"hello_retry": True} if self.wire.hello_retry else {}),
            **({"address_check": True} if self.wire.address_check else {}),
            **self.special,
            **({"ech": "accepted" if self.client.ech_accepted else "grease"} if self.wire.ech else {}),
            **{axis: told for axis in _TOLD_BY_BOTH if (told := getattr(self.client, axis)) is not None},
            **{axis: told for axis in _LIMITS if (told := getattr(self.client, axis)) is not None},
        }

    @property
    def _authenticated(self) -> Mapping[str, object]:
        """Who was authenticated by which type of key; an external PSK authenticates both without one."""
        if self.client.psk_identity:
            return {"psk_identity": self.client.psk_identity.decode("utf-8", "backslashreplace")}
        return {
            "server_key": key_type_shown(self.client),
            "server_verified": self.client.peer_verified,
            "client_verified": self.server.peer_verified,
        }

    @property
    def _signature(self) -> str | None:
        """The signature scheme as reported by the client, or else by the wire, which hides it in TLS 1.3."""
        if self.client.signature or self.wire.signature is None:
            return self.client.signature
        return signature_schemes.name_of(self.wire.signature)


def prove(
    exchange: Connection,
    scenario: Scenario,
    peers: Peers,
    resumption: str,
    early_data: bytes = b"",
    *,
    reader: WireReader = STREAM,
    has_session: bool = False,
) -> Proof:
    """Compare a handshake with its scenario.

    :param resumption: the kind expected of this particular handshake (a session's first is ``"none"``).
    :param early_data: the early data that the server must have received.
    :param reader: reads the wire's ledger.
    :param has_session: whether the client had a session to offer.
    :raises ProofError: at the first difference, naming what was wanted, what was got and the witness.
    """
    wire, credentials = read_credentials(scenario, exchange.entries, reader.observe(exchange.entries))
    client, server = exchange.client.negotiated(), exchange.server.negotiated()
    _agree("version", scenario.version, wire.version, client.version, server.version)
    _agree("cipher", scenario.cipher, _cipher_name(wire.cipher), client.cipher, server.cipher)
    _prove_group(scenario, wire, client, server)
    _same("resumption", resumption, wire.resumption, "wire")
    _same("address_check", scenario.address_check == "yes", wire.address_check, "wire")
    for side, witness in ((client, "client"), (server, "server")):
        if side.resumed != (resumption not in ("none", EXTERNAL_PSK)):
            got = "a resumed handshake" if side.resumed else "a full handshake"
            raise ProofError("resumption", wanted=resumption, got=got, witness=witness)
    prove_credentials(scenario, peers, credentials, resumption, client, server)
    if resumption == "none":
        wants_client = scenario.client_auth == "required"
        prove_chain(exchange.entries, scenario, peers, wire, client)
        if wants_client:
            length = None if scenario.certificate_type == RAW_PUBLIC_KEY else scenario.chain_length
            _same("chain_length", length, server.peer_chain_length, "server")
        _same("client_auth", wants_client, wire.client_auth, "wire")
        _prove_staple(scenario, wire, client)
        _prove_signature(scenario, wire, client)
        protected_bytes = partial(reader.protected_bytes, exchange.entries, Direction.TO_CLIENT)
        prove_offer(scenario, peers, wire, (client, server), protected_bytes)
    prove_handshake_records(scenario, exchange.entries, client, server)
    prove_ech(scenario, wire, client, server, exchange.entries)
    tickets = _tickets(scenario, reader.count_tickets, exchange.entries)
    prove_ticket(scenario, credentials, client, server, has_session=has_session)
    for axis, shown in _TOLD_BY_BOTH.items():
        _prove_told(axis, shown, scenario, client, server)
    if server.early_data != early_data:
        raise ProofError(
            "early data",
            wanted=f"{len(early_data)} bytes accepted",
            got=f"{len(server.early_data)} bytes" if server.early_data else "none: it was rejected",
            witness="server",
        )
    return Proof(wire, client, server, tickets, credentials, recorded(scenario))


def _agree(what: str, wanted: str, wire: str, client: str | None, server: str | None) -> None:
    _same(what, wanted, wire, "wire")
    _same(what, wanted, client, "client")
    _same(what, wanted, server, "server")


def _same(what: str, wanted: object, got: object, witness: str) -> None:
    if got is not None and got != wanted:
        raise ProofError(what, wanted=wanted, got=got, witness=witness)


def _prove_group(scenario: Scenario, wire: Observed, client: Negotiated, server: Negotiated) -> None:
    asked, retried = f"a HelloRetryRequest for {scenario.group}", scenario.hello_retry == "yes"
    if wire.hello_retry != retried:
        raise ProofError(
            "group",
            wanted=asked if retried else f"{scenario.group} at once",
            got="no HelloRetryRequest" if retried else "a HelloRetryRequest for another group",
            witness="wire",
        )
    if wire.group is None and scenario.psk_mode == "psk_ke":
        return
    if scenario.psk_mode == "psk_ke" and wire.resumption != "none":
        raise ProofError("psk_mode", wanted="no key exchange", got="one", witness="wire")
    if wire.group is None and scenario.version != "1.3" and wire.resumption not in ("none", EXTERNAL_PSK):
        return  # before TLS 1.3 a resumed handshake exchanges no keys
    if scenario.group == NO_GROUP:
        _agree("group", NO_GROUP, _group_name(wire.group) or NO_GROUP, client.group, server.group)
        return
    _agree("group", scenario.group, _group_name(wire.group) or "none", client.group, server.group)


def _prove_staple(scenario: Scenario, wire: Observed, client: Negotiated) -> None:
    wanted = scenario.ocsp == "stapled"
    _same("ocsp", wanted, wire.stapled, "wire")
    _same("ocsp", "good" if wanted else "", client.ocsp, "client")
    if wanted and client.ocsp is None:
        raise ProofError(
            "ocsp", wanted="a checked response", got="a client that does not say", witness="client"
        )


def _prove_signature(scenario: Scenario, wire: Observed, client: Negotiated) -> None:
    if scenario.signature in ("", "default"):
        return
    if wire.signature is not None:
        _same("signature", scenario.signature, signature_schemes.name_of(wire.signature), "wire")
    if client.signature != scenario.signature:
        got = client.signature or "a client that does not say"
        raise ProofError("signature", wanted=scenario.signature, got=got, witness="client")


def _tickets(
    scenario: Scenario, count_tickets: Callable[[Sequence[Entry]], int | None], entries: Sequence[Entry]
) -> int | None:
    """How many tickets followed a TLS 1.3 handshake; in a completion they are hidden among the data."""
    if scenario.version != "1.3" or scenario.workload == "completion":
        return None
    if cuts_records(scenario):
        return None  # a ticket may take several records
    count = count_tickets(entries)
    if scenario.tickets not in ("", "default"):
        _same("tickets", int(scenario.tickets), count, "wire")
    return count


def _file_told(told: str) -> str:
    """The value of ``openssl_conf`` that a library's report stands for."""
    path = without_digest(told)
    return next((value for value in AXES["openssl_conf"].values if file_of(value) == path), path)


#: Axes that the wire does not show and both libraries report, with functions from the report to the value.
_TOLD_BY_BOTH: Final[Mapping[str, Callable[[str], str]]] = {
    "security_level": str,
    "provider": str,
    "openssl_conf": _file_told,
}


#: Record limits on which the sides may agree.
_LIMITS: Final = ("max_fragment_length", "record_size_limit")


def _prove_told(
    axis: str, shown: Callable[[str], str], scenario: Scenario, client: Negotiated, server: Negotiated
) -> None:
    wanted = scenario.value(axis)
    if wanted in ("", AXES[axis].neutral):
        return
    for witness, side in (("client", client), ("server", server)):
        told = getattr(side, axis)
        if told is None or shown(told) != wanted:
            got = f"a {witness} that does not say" if told is None else told
            raise ProofError(axis, wanted=wanted, got=got, witness=witness)


def _cipher_name(code_point: int) -> str:
    suite = ciphers.BY_CODE_POINT.get(code_point)
    return suite.name if suite else f"{code_point:#06x}"


def _group_name(code_point: int | None) -> str | None:
    if code_point is None:
        return None
    return groups.name_of(code_point)
