"""Which operations a handshake has on each side, and how often: by the scenario, and by what it sent.

A row of the bill is a :class:`Step`; where it comes from is a section of an RFC. What no step is of, is the
rest: the messages that are written and parsed, the state of the connection, the tickets' own encryption,
certificates that are decoded and their names compared, and whatever the library does beyond its operations.
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
#: The parts of a side, in the order of tables; :data:`REST` is what is left.
PARTS: Final = (
    *(KEY_SHARE, AGREEMENT, SIGNATURE, VERIFICATION, KEY_SCHEDULE, RECORDS, HASHING, ALLOCATION),
    REST,
)
_SIDES: Final = ("client", "server")
_OTHER: Final = {"client": "server", "server": "client"}
#: By the kind of what a group is made of, what each side does of it: in a KEM the server's share is the
#: secret, encapsulated (draft-ietf-tls-hybrid-design section 3).
_EXCHANGES: Final[Mapping[bool, Mapping[str, tuple[tuple[str, str], ...]]]] = {
    False: dict.fromkeys(_SIDES, ((KEY_SHARE, "keygen"), (AGREEMENT, "exchange"))),
    True: {
        "client": ((KEY_SHARE, "keygen"), (AGREEMENT, "decapsulate")),
        "server": ((AGREEMENT, "encapsulate"),),
    },
}
#: HKDF-Expand-Label of TLS 1.3 (RFC 8446 section 7.1): two "derived", four traffic secrets, the exporter's
#: and the resumption's; a key and an IV of each traffic secret (7.3); two Finished keys (4.4.4).
_EXPANDED: Final = 2 + 4 + 2 + 4 * 2 + 2
#: The same of a binder: its key, and the key of its Finished (4.2.11.2). Of early data: its traffic secret,
#: the early exporter's, a key and an IV.
_EXPANDED_FOR_BINDER, _EXPANDED_FOR_EARLY_DATA = 2, 4
_EXTRACTED: Final = 3
#: Where the transcript's hash is taken (RFC 8446 sections 4.4 and 7.1): for the handshake's secrets, the
#: server's Finished, the application's secrets and the client's Finished, and the resumption's secret.
_SNAPSHOTS: Final = 4
#: RFC 5246 section 7.4.9 and RFC 7627: both Finished, and the master secret.
_SNAPSHOTS_12: Final = 2
#: What is hashed for a snapshot beyond what was before: a block or two.
_SNAPSHOT_BYTES: Final = 64
#: About what an HMAC of Finished is over: a hash; of the PRF of TLS 1.2: a hash, a label and two randoms.
_FINISHED_BYTES, _PRF_BYTES = 32, 109
_MASTER_SECRET_BYTES, _VERIFY_DATA_BYTES, _HASH_BYTES = 48, 12, {"sha-256": 32, "sha-384": 48}
#: Of each AEAD in TLS 1.2: the bytes of a key and of an IV (RFC 5288, 6655, 7905).
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
    """Some like operations of one side.

    :param side: ``"client"`` or ``"server"``.
    :param part: one of :data:`PARTS`.
    :param operation: a name of :mod:`tlsbench.scenarios.algorithms`; ``""`` of what the handshake times.
    :param sizes: the bytes that each of them works on; 0 where it has no size.
    :param source: the sections that ask for it.
    """

    side: str
    part: str
    operation: str
    sizes: tuple[int, ...]
    source: str


def bill(scenario: Scenario, peers: Peers, traffic: Traffic, *, exchanges_keys: bool) -> tuple[Step, ...]:
    """The steps of a handshake, in the order of :data:`PARTS` on the client and then on the server.

    :param traffic: what it sent.
    :param exchanges_keys: whether it had a key exchange: a resumed one may do without.
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
    """Who shows a chain signs; the other verifies that, and each certificate by its issuer's key."""
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
    """By the type of their issuer's key, the certificates that an identity shows."""
    issuers = [*identity.certificates[1:], peers.root.certificate]
    kinds = [key_type_of(public_key_of(issuer)) for issuer in issuers]
    return {kind: kinds.count(kind) for kind in kinds}


def _schedule_13(scenario: Scenario, traffic: Traffic) -> Iterator[Step]:
    """An Extract is one HMAC, and so is an Expand of one block (RFC 5869 sections 2.2 and 2.3)."""
    is_resumed, has_early_data = scenario.resumption != "none", scenario.resumption == "early-data"
    calls = _EXTRACTED + _EXPANDED + traffic.tickets
    calls += _EXPANDED_FOR_BINDER * is_resumed + _EXPANDED_FOR_EARLY_DATA * has_early_data
    digest = hash_of(scenario.cipher)
    for side in _SIDES:
        yield Step(side, KEY_SCHEDULE, f"hkdf-{digest}/expand", (0,) * calls, "RFC 8446 7.1, 7.3, 4.6.1")
        macs = (_FINISHED_BYTES,) * (2 + is_resumed)
        yield Step(side, KEY_SCHEDULE, f"hmac-{digest}/sign", macs, "RFC 8446 4.4.4, 4.2.11.2")


def _schedule_12(scenario: Scenario, *, is_full: bool) -> Iterator[Step]:
    """P_hash has two HMACs for each block of output (RFC 5246 section 5)."""
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
    """A size as it is measured, in blocks: signatures, and records with them, differ by a byte or two."""
    return max(16, 16 * round(size / 16))


def _hashing(scenario: Scenario, traffic: Traffic, *, is_full: bool) -> Iterator[Step]:
    digest = hash_of(scenario.cipher)
    shows = scenario.client_auth == "required"
    if scenario.version == "1.3":
        # one for each CertificateVerify, one for the Finished behind the client's; of a binder, of early data
        snapshots = _SNAPSHOTS + (1 + 2 * shows if is_full else 1) + (scenario.resumption == "early-data")
        source = "RFC 8446 4.4.1, 7.1"
    else:
        snapshots, source = _SNAPSHOTS_12 + is_full * (1 + shows), "RFC 5246 7.4.9, RFC 7627 4"
    for side in _SIDES:
        sizes = (_in_blocks(traffic.transcript_bytes),)
        yield Step(side, HASHING, f"{digest}/digest", sizes + (_SNAPSHOT_BYTES,) * snapshots, source)
