"""The operations of a handshake on each side, and their number, from the scenario and from what was sent.

A row of the bill is a :class:`Step`, whose source is a section of an RFC. What no step covers is the rest:
writing and parsing messages, the connection's state, encrypting the tickets themselves, decoding certificates
and comparing their names, and whatever else the library does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tlsbench.pki import Identity, Peers
from tlsbench.pki.keys import key_type_of, public_key_of
from tlsbench.scenarios import Scenario
from tlsbench.scenarios.groups import groups_to_retry
from tlsbench.scenarios.parts import MADE_OF, aead_of, hash_of
from tlsbench.workloads.parts.traffic import Traffic

KEY_SHARE, AGREEMENT, SIGNATURE = "key share", "agreement", "signature"
VERIFICATION, KEY_SCHEDULE, RECORDS = "verification", "key schedule", "records"
HASHING, ALLOCATION, REST = "hashing", "allocation", "rest"
#: The parts of a side, in the order of tables; :data:`REST` is the remainder.
PARTS: Final = (
    *(KEY_SHARE, AGREEMENT, SIGNATURE, VERIFICATION, KEY_SCHEDULE, RECORDS, HASHING, ALLOCATION),
    REST,
)
_SIDES: Final = ("client", "server")
_OTHER: Final = {"client": "server", "server": "client"}
#: What each side does for a component of a group, by whether that is a KEM, in which the server's share is
#: the encapsulated secret (draft-ietf-tls-hybrid-design section 3).
_EXCHANGES: Final[Mapping[bool, Mapping[str, tuple[tuple[str, str], ...]]]] = {
    False: dict.fromkeys(_SIDES, ((KEY_SHARE, "keygen"), (AGREEMENT, "exchange"))),
    True: {
        "client": ((KEY_SHARE, "keygen"), (AGREEMENT, "decapsulate")),
        "server": ((AGREEMENT, "encapsulate"),),
    },
}
#: Calls of HKDF-Expand-Label in TLS 1.3 (RFC 8446 section 7.1): two "derived" secrets, four traffic secrets,
#: the exporter and resumption secrets; a key and an IV per traffic secret (7.3); two Finished keys (4.4.4).
_EXPANDED: Final = 2 + 4 + 2 + 4 * 2 + 2
#: The same for a binder: its key, and the Finished key for it (4.2.11.2). For early data: its traffic secret,
#: the early exporter secret, a key and an IV.
_EXPANDED_FOR_BINDER, _EXPANDED_FOR_EARLY_DATA = 2, 4
_EXTRACTED: Final = 3
#: How often the transcript hash is taken (RFC 8446 sections 4.4 and 7.1): for the handshake secrets, the
#: server's Finished, the application secrets and the client's Finished, and the resumption secret.
_SNAPSHOTS: Final = 4
#: For both Finished (RFC 5246 section 7.4.9); a full handshake adds the master secret (RFC 7627).
_SNAPSHOTS_12: Final = 2
#: What a snapshot hashes beyond the previous one: a block or two.
_SNAPSHOT_BYTES: Final = 64
#: The approximate input of an HMAC: a hash for Finished; a hash, a label and two randoms for TLS 1.2's PRF.
_FINISHED_BYTES, _PRF_BYTES = 32, 109
_MASTER_SECRET_BYTES, _VERIFY_DATA_BYTES, _HASH_BYTES = 48, 12, {"sha-256": 32, "sha-384": 48}
#: The bytes of a key and an IV for each AEAD in TLS 1.2 (RFC 5288, 6655, 7905).
_KEY_BLOCK: Final = {
    "aes-128-gcm": 16 + 4,
    "aes-256-gcm": 32 + 4,
    "aes-128-ccm": 16 + 4,
    "aes-256-ccm": 32 + 4,
    "aes-128-ccm-8": 16 + 4,
    "chacha20-poly1305": 32 + 12,
}


@dataclass(frozen=True, slots=True)
class Step:
    """A number of similar operations on one side.

    :param side: ``"client"`` or ``"server"``.
    :param part: one of :data:`PARTS`.
    :param operation: a name from :mod:`tlsbench.scenarios.algorithms`; ``""`` if the handshake times it.
    :param sizes: the bytes that each of them works on; 0 if it has no size.
    :param source: the sections that require it.
    """

    side: str
    part: str
    operation: str
    sizes: tuple[int, ...]
    source: str


def bill(scenario: Scenario, peers: Peers, traffic: Traffic, *, exchanges_keys: bool) -> tuple[Step, ...]:
    """Return the steps of a handshake, in the order of :data:`PARTS`, for the client and then the server.

    :param traffic: what the handshake sent.
    :param exchanges_keys: whether it had a key exchange, which a resumed one may omit.
    """
    is_13, is_full = scenario.version == "1.3", scenario.resumption == "none"
    steps = [
        *(_exchange(scenario) if exchanges_keys else ()),
        *(_certificates(scenario, peers) if is_full else ()),
        *(_schedule_13(scenario, traffic) if is_13 else _schedule_12(scenario, is_full=is_full)),
        *_records(scenario, traffic),
        *_hashing(scenario, traffic, is_full=is_full),
        *(Step(side, ALLOCATION, "", (0,), "the connection's own object") for side in _SIDES),
    ]
    return tuple(sorted(steps, key=lambda step: (_SIDES.index(step.side), PARTS.index(step.part))))


def _exchange(scenario: Scenario) -> Iterator[Step]:
    source = "RFC 8446 4.2.8, 7.4" if scenario.version == "1.3" else "RFC 8422 5.4, 5.7, 5.10"
    for primitive in MADE_OF[scenario.group]:
        for side, done in _EXCHANGES[primitive.startswith("ml-kem")].items():
            for part, operation in done:
                yield Step(side, part, f"{primitive}/{operation}", (0,), source)
    if scenario.hello_retry == "yes":
        unwanted = groups_to_retry(scenario.group).partition(":")[0]
        yield Step("client", KEY_SHARE, f"{unwanted}/keygen", (0,), "RFC 8446 4.1.4")


def _certificates(scenario: Scenario, peers: Peers) -> Iterator[Step]:
    """A side that presents a chain signs; the other verifies its signature and each certificate's."""
    shown = {"server": peers.server} | (
        {"client": peers.client} if scenario.client_auth == "required" else {}
    )
    signed = "RFC 8446 4.4.3" if scenario.version == "1.3" else "RFC 5246 7.4.3, 7.4.8"
    for side, identity in shown.items():
        yield Step(side, SIGNATURE, f"{identity.key_type}/sign", (0,), signed)
        yield Step(_OTHER[side], VERIFICATION, f"{identity.key_type}/verify", (0,), signed)
        for key_type, count in _issuers(identity, peers).items():
            yield Step(_OTHER[side], VERIFICATION, f"{key_type}/verify", (0,) * count, "RFC 5280 6.1.3")


def _issuers(identity: Identity, peers: Peers) -> Mapping[str, int]:
    """The number of certificates that an identity presents, by the type of their issuer's key."""
    issuers = [*identity.certificates[1:], peers.root.certificate]
    kinds = [key_type_of(public_key_of(issuer)) for issuer in issuers]
    return {kind: kinds.count(kind) for kind in kinds}


def _schedule_13(scenario: Scenario, traffic: Traffic) -> Iterator[Step]:
    """The TLS 1.3 key schedule: an Extract or a block of Expand is one HMAC (RFC 5869 section 2)."""
    is_resumed, has_early_data = scenario.resumption != "none", scenario.resumption == "early-data"
    calls = _EXTRACTED + _EXPANDED + traffic.tickets
    calls += _EXPANDED_FOR_BINDER * is_resumed + _EXPANDED_FOR_EARLY_DATA * has_early_data
    digest = hash_of(scenario.cipher)
    for side in _SIDES:
        yield Step(side, KEY_SCHEDULE, f"hkdf-{digest}/expand", (0,) * calls, "RFC 8446 7.1, 7.3, 4.6.1")
        macs = (_FINISHED_BYTES,) * (2 + is_resumed)
        yield Step(side, KEY_SCHEDULE, f"hmac-{digest}/sign", macs, "RFC 8446 4.4.4, 4.2.11.2")


def _schedule_12(scenario: Scenario, *, is_full: bool) -> Iterator[Step]:
    """The TLS 1.2 key schedule: P_hash takes two HMACs per block of output (RFC 5246 section 5)."""
    digest = hash_of(scenario.cipher)
    made = [2 * _KEY_BLOCK[aead_of(scenario.cipher)], _VERIFY_DATA_BYTES, _VERIFY_DATA_BYTES]
    made += [_MASTER_SECRET_BYTES] * is_full
    macs = sum(2 * math.ceil(length / _HASH_BYTES[digest]) for length in made)
    for side in _SIDES:
        sizes = (_PRF_BYTES,) * macs
        yield Step(side, KEY_SCHEDULE, f"hmac-{digest}/sign", sizes, "RFC 5246 5, 6.3, 7.4.9, 8.1")


def _records(scenario: Scenario, traffic: Traffic) -> Iterator[Step]:
    aead = aead_of(scenario.cipher)
    source = "RFC 8446 5.2" if scenario.version == "1.3" else "RFC 5246 6.2.3.3"
    own: Mapping[str, Sequence[int]] = {"client": traffic.by_client, "server": traffic.by_server}
    for side in _SIDES:
        for operation, sizes in (("encrypt", own[side]), ("decrypt", own[_OTHER[side]])):
            if sizes:
                yield Step(side, RECORDS, f"{aead}/{operation}", tuple(map(_in_blocks, sizes)), source)


def _in_blocks(size: int) -> int:
    """Round a size to whole blocks: signatures, and so the records with them, vary by a byte or two."""
    return max(16, 16 * round(size / 16))


def _hashing(scenario: Scenario, traffic: Traffic, *, is_full: bool) -> Iterator[Step]:
    digest = hash_of(scenario.cipher)
    shows = scenario.client_auth == "required"
    if scenario.version == "1.3":
        # one per CertificateVerify, and for the client's Finished after its own; for a binder, for early data
        snapshots = _SNAPSHOTS + (1 + 2 * shows if is_full else 1) + (scenario.resumption == "early-data")
        source = "RFC 8446 4.4.1, 7.1"
    else:
        snapshots, source = _SNAPSHOTS_12 + is_full * (1 + shows), "RFC 5246 7.4.9, RFC 7627 4"
    for side in _SIDES:
        sizes = (_in_blocks(traffic.transcript_bytes),)
        yield Step(side, HASHING, f"{digest}/digest", sizes + (_SNAPSHOT_BYTES,) * snapshots, source)
