"""What the wire shows of credentials: certificate types, PSKs and tickets, as far as they are in the clear.

In TLS 1.3 only the hellos are in the clear (RFC 8446); :mod:`tlsbench.decryption` reads the rest if the
secrets of the handshake are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tlsbench.links.ledger import Direction, Entry, Flight, flights
from tlsbench.links.reader import Reader
from tlsbench.links.wire import Observed, clear_messages, hello_extensions, opening
from tlsbench.protocol.extensions import (
    PRE_SHARED_KEY,
    PSK_KEY_EXCHANGE_MODES,
    SERVER_CERTIFICATE_TYPE,
    SESSION_TICKET,
)
from tlsbench.protocol.messages import (
    CERTIFICATE,
    CHANGE_CIPHER_SPEC,
    CLIENT_HELLO,
    CLIENT_KEY_EXCHANGE,
    HELLO_RETRY_REQUEST_RANDOM,
    NEW_SESSION_TICKET,
    SERVER_HELLO,
)
from tlsbench.scenarios import ciphers
from tlsbench.scenarios.credentials import PSK

#: IANA's "TLS Certificate Types", by code point, as scenarios spell them.
CERTIFICATE_TYPES: Final = {0: "x509", 2: "raw_public_key"}
#: IANA's "TLS PskKeyExchangeMode".
PSK_MODES: Final = {0: "psk_ke", 1: "psk_dhe_ke"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What the hellos, and in TLS 1.2 the messages after them, say about credentials.

    :param offered_types: the server certificate types that the client accepts; empty if it names none.
    :param chosen_type: the type that the server chose in the clear; None if it did not.
    :param certificate: the body of the server's TLS 1.2 Certificate message; None if there is none.
    :param identities: the PSK identities that the client offers: in TLS 1.3 in its hello, in TLS 1.2 in its
        ClientKeyExchange (RFC 4279 section 2).
    :param selected: the index of the PSK that a TLS 1.3 server accepts; None if it accepts none.
    :param psk_modes: the PSK key exchange modes that the client allows.
    :param ticket: the session ticket that a TLS 1.2 client offers; ``b""`` if it offers none.
    :param issued: the session tickets that a TLS 1.2 server sends, each with its lifetime in seconds.
    """

    offered_types: tuple[str, ...] = ()
    chosen_type: str | None = None
    certificate: bytes | None = None
    identities: tuple[bytes, ...] = ()
    selected: int | None = None
    psk_modes: tuple[str, ...] = ()
    ticket: bytes = b""
    issued: tuple[tuple[int, bytes], ...] = ()

    @property
    def taken(self) -> bytes | None:
        """The identity of the PSK that the server accepts; None if it accepts none or does not say which."""
        if self.selected is None or self.selected >= len(self.identities):
            return None
        return self.identities[self.selected]


def credentials_of(entries: Iterable[Entry], wire: Observed) -> Credentials:
    """Read the credentials from the first flights of a stream, those after any HelloRetryRequest.

    :param wire: what :func:`~tlsbench.links.wire.observe` read from the same entries.
    :raises WireError: if they do not open a TLS handshake, or a message ends too early.
    """
    flown = flights(entries)
    client, server = opening(flown)
    if server[SERVER_HELLO][2:34] == HELLO_RETRY_REQUEST_RANDOM:
        flown = flown[2:]
        client, server = opening(flown)
    offered = hello_extensions(client[CLIENT_HELLO], from_client=True)
    chosen = hello_extensions(server[SERVER_HELLO], from_client=False)
    types = Reader(offered[SERVER_CERTIFICATE_TYPE]).vector(1) if SERVER_CERTIFICATE_TYPE in offered else b""
    if wire.version == "1.3":
        return Credentials(
            offered_types=_named(types, CERTIFICATE_TYPES),
            identities=_identities(offered.get(PRE_SHARED_KEY)),
            selected=int.from_bytes(chosen[PRE_SHARED_KEY], "big") if PRE_SHARED_KEY in chosen else None,
            psk_modes=_named(_modes(offered.get(PSK_KEY_EXCHANGE_MODES)), PSK_MODES),
        )
    type_of = chosen.get(SERVER_CERTIFICATE_TYPE)
    suite = ciphers.BY_CODE_POINT.get(wire.cipher)
    sent = [
        message
        for flight in flown[1:]
        # After a ChangeCipherSpec at the beginning, everything is protected.
        if flight.direction is Direction.TO_CLIENT and flight.data[0] != CHANGE_CIPHER_SPEC
        for message in clear_messages(flight.data)
    ]
    return Credentials(
        offered_types=_named(types, CERTIFICATE_TYPES),
        chosen_type=_named(type_of, CERTIFICATE_TYPES)[0] if type_of else None,
        certificate=server.get(CERTIFICATE),
        identities=_identities_of_12(flown) if suite is not None and suite.authentication == PSK else (),
        ticket=offered.get(SESSION_TICKET, b""),
        issued=tuple(_issued(body) for kind, body in sent if kind == NEW_SESSION_TICKET),
    )


def _named(code_points: bytes, names: Mapping[int, str]) -> tuple[str, ...]:
    return tuple(names.get(code_point, str(code_point)) for code_point in code_points)


def _modes(extension: bytes | None) -> bytes:
    return Reader(extension).vector(1) if extension is not None else b""


def _identities(extension: bytes | None) -> tuple[bytes, ...]:
    """The identities in a client's pre_shared_key extension (RFC 8446 section 4.2.11)."""
    offered, found = Reader(Reader(extension).vector(2) if extension is not None else b""), []
    while offered:
        found.append(offered.vector(2))
        offered.number(4)  # obfuscated_ticket_age
    return tuple(found)


def _identities_of_12(flown: Iterable[Flight]) -> tuple[bytes, ...]:
    """The identity that begins a ClientKeyExchange (RFC 4279 section 2, RFC 5489 section 2)."""
    return tuple(
        Reader(body).vector(2)
        for flight in flown
        if flight.direction is Direction.TO_SERVER and flight.data[0] != CHANGE_CIPHER_SPEC
        for kind, body in clear_messages(flight.data)
        if kind == CLIENT_KEY_EXCHANGE
    )


def _issued(message: bytes) -> tuple[int, bytes]:
    """The lifetime and the ticket in a TLS 1.2 NewSessionTicket (RFC 5077 section 3.3)."""
    reader = Reader(message)
    return reader.number(4), reader.vector(2)
