"""The proof of credentials: what replaced a certificate, and what became of a ticket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tlsbench.errors import ProofError
from tlsbench.implementations import Negotiated
from tlsbench.links import Observed
from tlsbench.links.credentials import Credentials, credentials_of
from tlsbench.links.ledger import Entry
from tlsbench.pki import Identity, Peers, external_psk
from tlsbench.pki.keys import key_type_of, public_key_of
from tlsbench.scenarios import Scenario
from tlsbench.scenarios.credentials import REFUSED_STATES, ROTATED_STATES

EXTERNAL_PSK: Final = "external-psk"
RAW_PUBLIC_KEY: Final = "raw_public_key"
#: Servers begin a ticket with the name of the key that encrypts it (RFC 5077 section 4).
_KEY_NAME_BYTES: Final = 16
#: For the axes that are proved here, the values that request nothing special.
_USUAL: Final[Mapping[str, tuple[str, ...]]] = {
    "certificate_type": ("", "x509"),
    "psk_mode": ("", "psk_dhe_ke"),
    "ticket_state": ("", "current"),
    "ticket_lifetime": ("", "default"),
}


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket that a server issued: its lifetime in seconds, and the ticket itself."""

    lifetime_s: int
    data: bytes


def asks(scenario: Scenario) -> bool:
    """Whether a scenario requests anything that only this module proves."""
    return scenario.resumption == EXTERNAL_PSK or any(
        scenario.value(axis) not in usual for axis, usual in _USUAL.items()
    )


def resumes(scenario: Scenario) -> bool:
    """Whether a scenario's handshakes need a session from an earlier one."""
    return scenario.resumption not in ("", "none", EXTERNAL_PSK)


def wanted_resumption(scenario: Scenario, *, has_session: bool) -> str:
    """The expected kind of handshake, as ``resumption`` spells it: a refused ticket makes it a full one."""
    if resumes(scenario) and (not has_session or scenario.ticket_state in REFUSED_STATES):
        return "none"
    return scenario.resumption or "none"


def read_credentials(
    scenario: Scenario, entries: Sequence[Entry], wire: Observed
) -> tuple[Observed, Credentials | None]:
    """Read the credentials off the wire, if the scenario needs that, and correct the kind of resumption.

    TLS 1.3 also resumes by PSKs: the identity on the wire shows whether the PSK was an external one.
    """
    if not asks(scenario):
        return wire, None
    found = credentials_of(entries, wire)
    if wire.resumption == "psk" and found.taken == external_psk().identity:
        wire = replace(wire, resumption=EXTERNAL_PSK)
    return wire, found


def prove_credentials(  # noqa: PLR0917 - three witnesses, and what they are compared with
    scenario: Scenario,
    peers: Peers,
    found: Credentials | None,
    resumption: str,
    client: Negotiated,
    server: Negotiated,
) -> None:
    """Compare the credentials that each side presented with the scenario.

    :param found: what the wire says about them; None if it was not read.
    :param resumption: the kind expected of this particular handshake.
    :raises ProofError: at the first difference.
    """
    wants_client = scenario.client_auth == "required"
    for what, identity, shows, seen, witness in (
        ("server", peers.server, resumption != EXTERNAL_PSK, client, "client"),
        ("client", peers.client, wants_client, server, "server"),
    ):
        if scenario.certificate_type == RAW_PUBLIC_KEY:
            _prove_raw_key(what, identity if shows else None, seen, witness)
        else:
            _prove_certificate(what, identity if shows else None, seen, witness)
    if found is None:
        return
    if scenario.certificate_type == RAW_PUBLIC_KEY and resumption == "none":
        _prove_raw_key_on_the_wire(peers.server.public_key_der, found)
    if resumption == EXTERNAL_PSK:
        _prove_psk(scenario, found, client, server)
    _prove_mode(scenario, found, resumption)


def prove_ticket(
    scenario: Scenario,
    found: Credentials | None,
    client: Negotiated,
    server: Negotiated,
    *,
    has_session: bool,
    issued: Sequence[Ticket] | None = None,
) -> None:
    """Compare a ticket's state and lifetime with the scenario.

    :param has_session: whether the client had a ticket to offer.
    :param issued: the tickets that followed the handshake in TLS 1.3, if they were decrypted; those of TLS
        1.2 are in the clear.
    :raises ProofError: at the first difference.
    """
    if found is None:
        return
    if issued is None and scenario.version != "1.3":
        issued = [Ticket(*one) for one in found.issued]
    if scenario.ticket_state not in _USUAL["ticket_state"] and has_session:
        _prove_state(scenario.ticket_state, found, issued, server)
    if scenario.ticket_lifetime not in _USUAL["ticket_lifetime"]:
        _prove_lifetime(int(scenario.ticket_lifetime), issued if not has_session else None, client)


def key_type_shown(client: Negotiated) -> str:
    """The type of the key, certified or raw, by which the server authenticated itself."""
    if client.peer_public_key:
        return key_type_of(load_der_public_key(client.peer_public_key))
    return key_type_of(public_key_of(x509.load_der_x509_certificate(client.peer_certificate)))


def recorded(scenario: Scenario) -> Mapping[str, str]:
    """What was proved, for the stored result: the special values that the scenario requests."""
    return {
        axis: value for axis, usual in _USUAL.items() if (value := str(scenario.value(axis))) not in usual
    }


def _prove_certificate(what: str, wanted: Identity | None, seen: Negotiated, witness: str) -> None:
    what = f"{what} certificate"
    der = wanted.leaf_der if wanted is not None else b""
    if seen.peer_public_key:
        raise ProofError(what, wanted=describe(der), got="a raw public key", witness=witness)
    if seen.peer_certificate != der:
        raise ProofError(what, wanted=describe(der), got=describe(seen.peer_certificate), witness=witness)
    if der and not seen.peer_verified:
        raise ProofError(what, wanted="a verified chain", got="an unverified chain", witness=witness)


def _prove_raw_key(what: str, wanted: Identity | None, seen: Negotiated, witness: str) -> None:
    what, key = f"{what} key", wanted.public_key_der if wanted is not None else b""
    if seen.peer_certificate:
        got = f"a certificate: {describe(seen.peer_certificate)}"
        raise ProofError(what, wanted="a raw public key" if key else "none", got=got, witness=witness)
    if seen.peer_public_key != key:
        got = "another raw public key" if seen.peer_public_key else "none"
        raise ProofError(what, wanted="its raw public key" if key else "none", got=got, witness=witness)
    if key and not seen.peer_verified:
        raise ProofError(what, wanted="the key that was expected", got="an unverified key", witness=witness)


def _prove_raw_key_on_the_wire(key: bytes, found: Credentials) -> None:
    if RAW_PUBLIC_KEY not in found.offered_types:
        got = f"a client that accepts {', '.join(found.offered_types) or 'only X.509'}"
        raise ProofError("certificate_type", wanted=RAW_PUBLIC_KEY, got=got, witness="wire")
    if found.certificate is None:
        return  # TLS 1.3 hides it: see tlsbench.workloads.hidden_credentials
    if found.chosen_type != RAW_PUBLIC_KEY:
        got = found.chosen_type or "x509"
        raise ProofError("certificate_type", wanted=RAW_PUBLIC_KEY, got=got, witness="wire")
    if found.certificate != len(key).to_bytes(3, "big") + key:
        got = f"a Certificate message of {len(found.certificate)} bytes"
        raise ProofError("certificate_type", wanted="its key and nothing else", got=got, witness="wire")


def _prove_psk(scenario: Scenario, found: Credentials, client: Negotiated, server: Negotiated) -> None:
    identity = external_psk().identity
    if scenario.version != "1.3" and found.identities != (identity,):
        got = "another identity" if found.identities else "none"
        raise ProofError("psk identity", wanted=identity.decode(), got=got, witness="wire")
    for side, witness in ((client, "client"), (server, "server")):
        if side.psk_identity != identity:
            got = side.psk_identity.decode("utf-8", "backslashreplace") or "another credential"
            raise ProofError("psk identity", wanted=identity.decode(), got=got, witness=witness)


def _prove_mode(scenario: Scenario, found: Credentials, resumption: str) -> None:
    if scenario.psk_mode in _USUAL["psk_mode"] or resumption == "none":
        return
    if scenario.psk_mode not in found.psk_modes:
        got = ", ".join(found.psk_modes) or "none"
        raise ProofError("psk_mode", wanted=scenario.psk_mode, got=got, witness="wire")


def _prove_state(
    wanted: str, found: Credentials, issued: Sequence[Ticket] | None, server: Negotiated
) -> None:
    offered = found.ticket or next(iter(found.identities), b"")
    if not offered:
        raise ProofError("ticket_state", wanted=wanted, got="a client that offers no ticket", witness="wire")
    if server.ticket_state != wanted:
        got = server.ticket_state or "a server that does not say"
        raise ProofError("ticket_state", wanted=wanted, got=got, witness="server")
    if issued is None:
        return
    is_rotated = any(one.data[:_KEY_NAME_BYTES] != offered[:_KEY_NAME_BYTES] for one in issued)
    if is_rotated != (wanted in ROTATED_STATES):
        got = "a new ticket under another key" if is_rotated else "a new ticket under the same key"
        raise ProofError(
            "ticket_state", wanted=wanted, got=got if issued else "no new ticket", witness="wire"
        )


def _prove_lifetime(wanted: int, issued: Sequence[Ticket] | None, client: Negotiated) -> None:
    for one in issued or ():
        if one.lifetime_s != wanted:
            got = f"{one.lifetime_s} s"
            raise ProofError("ticket_lifetime", wanted=f"{wanted} s", got=got, witness="wire")
    if client.ticket_lifetime is not None and client.ticket_lifetime != wanted:
        got = f"{client.ticket_lifetime} s"
        raise ProofError("ticket_lifetime", wanted=f"{wanted} s", got=got, witness="client")


def describe(der: bytes) -> str:
    """Describe a certificate by its key type and its serial number."""
    if not der:
        return "none"
    certificate = x509.load_der_x509_certificate(der)
    return f"{key_type_of(public_key_of(certificate))} with serial number {certificate.serial_number:x}"
