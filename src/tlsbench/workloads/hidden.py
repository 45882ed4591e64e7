"""What TLS 1.3 hides of a scenario's handshakes: its certificate type, and its tickets.

No sample is decrypted. Before the first one counts, a handshake like those of the cell is made apart, with
contexts of its own whose secrets are logged, and read with :mod:`tlsbench.decryption`.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tlsbench.decryption.decoding import Opened, opened_of
from tlsbench.decryption.keylog import KeyLog
from tlsbench.decryption.piece import Piece
from tlsbench.decryption.records import records_of
from tlsbench.errors import MeasurementError, ProofError
from tlsbench.implementations import LogsKeys, RotatesTicketKeys
from tlsbench.links import STREAM, Direction, Entry, MemoryLink
from tlsbench.links.reader import Reader
from tlsbench.pki import Peers
from tlsbench.protocol.extensions import CLIENT_CERTIFICATE_TYPE, RAW_PUBLIC_KEY, SERVER_CERTIFICATE_TYPE
from tlsbench.protocol.messages import CERTIFICATE, ENCRYPTED_EXTENSIONS, NEW_SESSION_TICKET
from tlsbench.scenarios import Scenario
from tlsbench.scenarios.credentials import EXPIRING_LIFETIME_S, ROTATED_STATES
from tlsbench.workloads import credentials
from tlsbench.workloads.credentials import Ticket, resumes
from tlsbench.workloads.exchange import Connection, shake_hands

#: Libraries count whole seconds, at both ends of a lifetime.
_WHOLE_SECONDS_S: Final = 1.2


def hides(scenario: Scenario) -> bool:
    """Whether something that a scenario asks for is hidden on its wire.

    Of a ticket that is over the server says that its key opened it: there is no other key to be seen.
    """
    asked = (
        scenario.certificate_type == credentials.RAW_PUBLIC_KEY,
        scenario.ticket_state in ROTATED_STATES,
        scenario.ticket_lifetime not in ("", "default"),
    )
    return scenario.version == "1.3" and any(asked)


@dataclass(frozen=True, slots=True)
class Opener:
    """Reads what two contexts hide in their handshakes.

    :param path: of the file to which their secrets are logged.
    """

    path: Path

    def read(self, entries: Sequence[Entry]) -> list[Opened]:
        """The messages of a handshake between them.

        :raises WireError: if they cannot be read.
        """
        pieces = [Piece(direction, data) for direction, data in entries]
        return opened_of(records_of(pieces), KeyLog.parse(self.path.read_text(encoding="ascii")))


def with_opener(clients: object, servers: object, run: Callable[[Opener], None]) -> None:
    """Log the secrets of one of two contexts, and run what reads them.

    :raises MeasurementError: if neither logs its secrets.
    """
    with tempfile.TemporaryDirectory(prefix="tlsbench-") as folder:
        path = Path(folder) / "keys"
        path.touch(mode=0o600)
        if not any(_logs(side, path) for side in (clients, servers)):
            raise MeasurementError("neither library logs its secrets, so that nobody sees what TLS 1.3 hides")
        run(Opener(path))


def _logs(side: object, path: Path) -> bool:
    """Have a context log its secrets; whether it does."""
    if not isinstance(side, LogsKeys):
        return False
    try:
        side.log_keys(str(path))
    except MeasurementError:  # this very library cannot
        return False
    return True


def prove_certificate_type(scenario: Scenario, peers: Peers, messages: Sequence[Opened]) -> None:
    """See to it that both hidden messages agree on a raw public key, and that nothing but it is shown.

    :raises ProofError: if not.
    """
    if scenario.certificate_type != credentials.RAW_PUBLIC_KEY:
        return
    wants_client = scenario.client_auth == "required"
    for direction, extension, key, is_wanted in (
        (Direction.TO_CLIENT, SERVER_CERTIFICATE_TYPE, peers.server.public_key_der, True),
        (Direction.TO_SERVER, CLIENT_CERTIFICATE_TYPE, peers.client.public_key_der, wants_client),
    ):
        if not is_wanted:
            continue
        agreed = extensions_of(_one(messages, ENCRYPTED_EXTENSIONS, Direction.TO_CLIENT)).get(extension)
        if agreed != RAW_PUBLIC_KEY:
            raise ProofError(
                "certificate_type",
                wanted=credentials.RAW_PUBLIC_KEY,
                got=agreed.hex() if agreed else "x509",
                witness="wire",
            )
        shown = _shown(_one(messages, CERTIFICATE, direction))
        if shown != [key]:
            got = f"{len(shown)} entries of {sum(map(len, shown))} bytes"
            raise ProofError("certificate_type", wanted="the key and nothing else", got=got, witness="wire")


def tickets_in(messages: Sequence[Opened]) -> list[Ticket]:
    """The tickets that a server of TLS 1.3 issued (RFC 8446 section 4.6.1)."""
    return [_ticket(one.body) for one in messages if one.kind == NEW_SESSION_TICKET]


def _ticket(message: bytes) -> Ticket:
    reader = Reader(message)
    lifetime_s = reader.number(4)
    reader.number(4)  # ticket_age_add
    reader.vector(1)  # ticket_nonce
    return Ticket(lifetime_s, reader.vector(2))


def _one(messages: Sequence[Opened], kind: int, direction: Direction) -> bytes:
    found = (one.body for one in messages if one.kind == kind and one.direction is direction)
    body = next(found, None)
    if body is None:
        raise ProofError("certificate_type", wanted="a message that says so", got="none", witness="wire")
    return body


def extensions_of(encrypted_extensions: bytes) -> dict[int, bytes]:
    """The extensions in a message of that name, by their code points (RFC 8446 section 4.3.1)."""
    rest, found = Reader(Reader(encrypted_extensions).vector(2)), {}
    while rest:
        code_point = rest.number(2)
        found[code_point] = rest.vector(2)
    return found


def _shown(certificate: bytes) -> list[bytes]:
    """What the entries of a Certificate message hold (RFC 8446 section 4.4.2)."""
    message = Reader(certificate)
    message.vector(1)  # certificate_request_context
    entries, found = Reader(message.vector(3)), []
    while entries:
        found.append(entries.vector(3))
        entries.vector(2)  # extensions
    return found


def age(scenario: Scenario, servers: object) -> None:
    """Let happen to a ticket that was issued what the scenario says of it.

    :raises MeasurementError: if the server's keys cannot be replaced.
    """
    state = scenario.ticket_state
    if state in ROTATED_STATES:
        if not isinstance(servers, RotatesTicketKeys):
            raise MeasurementError(f"the ticket keys of {scenario.server} cannot be replaced")
        servers.rotate_ticket_key(keep_previous=state == "previous-key")
    elif state == "expired":
        time.sleep(EXPIRING_LIFETIME_S + _WHOLE_SECONDS_S)


def look(
    scenario: Scenario, peers: Peers, make_clients: Callable[[], Any], make_servers: Callable[[], Any]
) -> None:
    """Make a handshake of a scenario apart, and prove what its wire hides.

    :param make_clients: makes a client's context, which is used for nothing else, as a server's is.
    :raises MeasurementError: if neither side's library logs its secrets.
    :raises ProofError: if what is hidden is not what the scenario asks for.
    """
    clients, servers = make_clients(), make_servers()

    def shake(session: object | None) -> Connection:
        return shake_hands(clients, servers, MemoryLink(), time.perf_counter_ns, session)

    def prove(opener: Opener) -> None:
        has_session, session = resumes(scenario), None
        if has_session:
            first = shake(None)
            issued = tickets_in(opener.read(first.entries))
            _prove_ticket(scenario, first, issued, has_session=False)
            session = first.client.session()
            age(scenario, servers)
        exchange = shake(session)
        messages = opener.read(exchange.entries)
        if not has_session:
            prove_certificate_type(scenario, peers, messages)
        _prove_ticket(scenario, exchange, tickets_in(messages), has_session=session is not None)
        exchange.close()

    with_opener(clients, servers, prove)


def _prove_ticket(
    scenario: Scenario, exchange: Connection, issued: Sequence[Ticket], *, has_session: bool
) -> None:
    _wire, found = credentials.read_credentials(scenario, exchange.entries, STREAM.observe(exchange.entries))
    client, server = exchange.client.negotiated(), exchange.server.negotiated()
    credentials.prove_ticket(scenario, found, client, server, has_session=has_session, issued=issued)
