"""What TLS 1.3 hides of a scenario's credentials: the certificate type and the tickets.

Before the first sample counts, one handshake is decrypted (:mod:`tlsbench.workloads.decrypted`); if it
resumes a session, so is the one before it.
"""

from __future__ import annotations

from tlsbench.errors import ProofError
from tlsbench.links import STREAM, Direction
from tlsbench.links.reader import Reader
from tlsbench.pki import Peers
from tlsbench.protocol.extensions import CLIENT_CERTIFICATE_TYPE, RAW_PUBLIC_KEY, SERVER_CERTIFICATE_TYPE
from tlsbench.protocol.messages import CERTIFICATE, NEW_SESSION_TICKET
from tlsbench.scenarios import Scenario
from tlsbench.scenarios.credentials import ROTATED_STATES
from tlsbench.workloads import credentials
from tlsbench.workloads.aging import age
from tlsbench.workloads.credentials import Ticket, resumes
from tlsbench.workloads.decrypted import DecryptedHandshake, DecryptedHandshakes


def hides_credentials(scenario: Scenario) -> bool:
    """Whether any credential that a scenario requests is hidden on the wire.

    An expired ticket needs no look: the server reports that its key opened it, so no other key is involved.
    """
    asked = (
        scenario.certificate_type == credentials.RAW_PUBLIC_KEY,
        scenario.ticket_state in ROTATED_STATES,
        scenario.ticket_lifetime not in ("", "default"),
    )
    return scenario.version == "1.3" and any(asked)


def prove_certificate_type(scenario: Scenario, peers: Peers, handshake: DecryptedHandshake) -> None:
    """Check that the hidden messages agree on a raw public key, and that nothing else is presented.

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
        agreed = handshake.encrypted_extensions.get(extension)
        if agreed != RAW_PUBLIC_KEY:
            raise ProofError(
                "certificate_type",
                wanted=credentials.RAW_PUBLIC_KEY,
                got=agreed.hex() if agreed else "x509",
                witness="wire",
            )
        shown = [_shown(one.body) for one in handshake.sent(direction, CERTIFICATE)]
        if shown != [[key]]:
            got = f"{len(shown)} entries of {sum(map(len, shown))} bytes"
            raise ProofError("certificate_type", wanted="the key and nothing else", got=got, witness="wire")


def tickets_in(handshake: DecryptedHandshake) -> list[Ticket]:
    """Return the tickets that a TLS 1.3 server issued (RFC 8446 section 4.6.1)."""
    return [_ticket(one.body) for one in handshake.sent(Direction.TO_CLIENT, NEW_SESSION_TICKET)]


def _ticket(message: bytes) -> Ticket:
    reader = Reader(message)
    lifetime_s = reader.number(4)
    reader.number(4)  # ticket_age_add
    reader.vector(1)  # ticket_nonce
    return Ticket(lifetime_s, reader.vector(2))


def _shown(certificate: bytes) -> list[bytes]:
    """The contents of the entries in a Certificate message (RFC 8446 section 4.4.2)."""
    message = Reader(certificate)
    message.vector(1)  # certificate_request_context
    entries, found = Reader(message.vector(3)), []
    while entries:
        found.append(entries.vector(3))
        entries.vector(2)  # extensions
    return found


def look_for_credentials(scenario: Scenario, peers: Peers, handshakes: DecryptedHandshakes) -> None:
    """Decrypt a handshake of a scenario, and prove what the wire hides of its credentials.

    :raises MeasurementError: if neither side's library logs its secrets.
    :raises ProofError: if what is hidden differs from the scenario.
    """
    has_session, session = resumes(scenario), None
    if has_session:
        with handshakes.one() as first:
            _prove_ticket(scenario, first, has_session=False)
            session = first.connection.client.session()
        age(scenario, handshakes.servers)
    with handshakes.one(session) as found:
        if not has_session:
            prove_certificate_type(scenario, peers, found)
        _prove_ticket(scenario, found, has_session=session is not None)


def _prove_ticket(scenario: Scenario, found: DecryptedHandshake, *, has_session: bool) -> None:
    entries, connection = found.entries, found.connection
    _wire, told = credentials.read_credentials(scenario, entries, STREAM.observe(entries))
    client, server = connection.client.negotiated(), connection.server.negotiated()
    issued = tickets_in(found)
    credentials.prove_ticket(scenario, told, client, server, has_session=has_session, issued=issued)
