"""``workload=key_update``: new keys on an open TLS 1.3 connection (RFC 8446 section 4.6.3).

The client sends a KeyUpdate, and a byte under its new keys. If requested, the server answers with a KeyUpdate
of its own before it next writes, which is the echo of the byte: most libraries send it with that write, some
as soon as they have read. So both bytes are part of the operation.

The proof is the wire, decrypted with the key log of one of the ends: each side's KeyUpdate under its old
traffic secret, and the byte after it under the next one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from tlsbench import files
from tlsbench.decryption.keylog import KeyLog
from tlsbench.decryption.piece import Piece
from tlsbench.decryption.protection import Suite
from tlsbench.decryption.records import Record, records_of
from tlsbench.decryption.traffic import LABELS, Sent, TrafficReader
from tlsbench.errors import MeasurementError, ProofError, WireError
from tlsbench.implementations import UpdatesKeys
from tlsbench.links import Direction, Entry
from tlsbench.protocol.messages import APPLICATION_DATA
from tlsbench.scenarios import ciphers
from tlsbench.workloads.disturbance import watched
from tlsbench.workloads.exchange import Exchange
from tlsbench.workloads.key_logs import one_logs_keys
from tlsbench.workloads.sample import Sample
from tlsbench.workloads.stream import Stream

#: The random in a ClientHello: after the record header, the message header and the version.
_RANDOM: Final = slice(11, 43)
_REQUESTED: Final = "update_requested"
#: KeyUpdate messages by the value of their request_update.
_NAMES: Final = {0: "KeyUpdate(update_not_requested)", 1: "KeyUpdate(update_requested)"}


class Followed:
    """A connection whose application data is decrypted from the wire through each change of keys."""

    def __init__(self, exchange: Exchange, key_log: Path, cipher: str) -> None:
        self.exchange = exchange
        random = exchange.entries[0][1][_RANDOM]
        secrets = KeyLog.parse(key_log.read_text(encoding="ascii")).of(random).secrets()
        suite = Suite.of(ciphers.BY_NAME[cipher].code_point)
        lacking = [label for label in LABELS.values() if label not in secrets]
        if lacking or suite is None:
            raise MeasurementError(f"the key log has no {' and no '.join(lacking)} for the connection")
        self._readers = {way: TrafficReader(suite, secrets[label]) for way, label in LABELS.items()}
        self._read(exchange.entries)

    def _read(self, entries: Sequence[Entry]) -> dict[Direction, list[Sent]]:
        records = records_of(Piece(direction, data) for direction, data in entries)
        return {way: list(self._of(way, records)) for way in Direction}

    def _of(self, way: Direction, records: Sequence[Record]) -> list[Sent]:
        reader = self._readers[way]
        try:
            return list(reader.read(record for record in records if record.direction is way))
        except WireError:
            wanted = f"records under traffic secret {reader.generation} {way.value}"
            raise ProofError("keys", wanted=wanted, got="another key", witness="wire") from None

    def pass_over(self, entries: Sequence[Entry]) -> None:
        """Read what was sent outside an update.

        :raises ProofError: if it was not protected under the current keys.
        """
        self._read(entries)

    def prove(self, entries: Sequence[Entry], data: bytes, *, is_requested: bool) -> None:
        """Compare what an update sent with what it must send.

        :raises ProofError: if a side did not change its keys, or changed them without being asked to.
        """
        before = {way: reader.generation for way, reader in self._readers.items()}
        found = self._read(entries)
        for way, asks in ((Direction.TO_SERVER, int(is_requested)), (Direction.TO_CLIENT, 0)):
            changes = is_requested or way is Direction.TO_SERVER
            update = [f"{_NAMES[asks]} under traffic secret {before[way]}"] if changes else []
            wanted = [*update, _data_under(before[way] + changes)]
            got = [_shown(sent, data) for sent in found[way]]
            if got != wanted:
                raise ProofError(
                    f"key update {way.value}",
                    wanted=" and ".join(wanted),
                    got=" and ".join(got) or "nothing",
                    witness="wire",
                )


def _data_under(generation: int) -> str:
    return f"the data under traffic secret {generation}"


def _shown(sent: Sent, data: bytes) -> str:
    if sent.content_type == APPLICATION_DATA and sent.content == data:
        return _data_under(sent.generation)
    asks = sent.request_update
    what = "something else" if asks is None else _NAMES.get(asks, f"KeyUpdate({asks})")
    return f"{what} under traffic secret {sent.generation}"


@dataclass(frozen=True, slots=True)
class _Taken:
    """A measured update, with what it put on the wire."""

    sample: Sample
    entries: list[Entry]
    followed: Followed
    data: bytes


@dataclass(slots=True)
class KeyUpdate(Stream):
    """A cell of key updates, on connections that stay open."""

    _kept: ExitStack = field(default_factory=ExitStack, init=False)
    _key_log: Path | None = field(default=None, init=False)
    _followed: Followed | None = field(default=None, init=False)
    _unproved: list[_Taken] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._payload = os.urandom(1)

    def sample(self) -> Sample:
        return self.visit(0, 1)[0]

    def visit(self, rewarm: int, samples: int) -> list[Sample]:
        # Each continues from the keys of the one before, so the proof must include them all.
        taken = watched(self._take, lambda _: None, rewarm, samples)
        unproved, self._unproved = self._unproved, []
        is_requested = self.scenario.request_update == _REQUESTED
        for one in unproved:
            one.followed.prove(one.entries, one.data, is_requested=is_requested)
        ledger_of = self.reader.summarise_data or self.reader.summarise
        return [
            replace(one.sample, disturbed=disturbed, ledger=ledger_of(one.entries))
            for one, disturbed in taken
        ]

    def proof(self) -> Mapping[str, object]:
        ways = "both ways" if self.scenario.request_update == _REQUESTED else "from client to server"
        return {**Stream.proof(self), "keys_changed": ways} if self._proof is not None else {}

    def close(self) -> None:
        Stream.close(self)
        self._kept.close()

    def _take(self) -> _Taken:
        followed, clock, data = self._follow(), self.clock, self._payload
        exchange = followed.exchange
        client, server, carry = exchange.client, exchange.server, exchange.link.carry
        assert isinstance(client, UpdatesKeys)
        is_requested = self.scenario.request_update == _REQUESTED
        start = clock()
        client.update_keys(requests_update=is_requested)
        client.write(data)
        asked = clock()
        server.receive_data(carry(Direction.TO_SERVER, client.data_to_send()))
        began = clock()
        server.write(server.read())
        server_ns = clock() - began
        client.receive_data(carry(Direction.TO_CLIENT, server.data_to_send()))
        began = clock()
        echoed = client.read()
        end = clock()
        if echoed != data:
            got = f"{len(echoed)} bytes"
            raise ProofError("echo", wanted="the byte that was sent", got=got, witness="client")
        sample = Sample(
            client=asked - start + end - began,
            server=server_ns,
            total=end - start,
            phases={"client_update": asked - start, "server_answer": server_ns, "client_read": end - began},
        )
        taken = _Taken(sample, self.link.take_ledger(), followed, data)
        self._unproved.append(taken)
        return taken

    def _follow(self) -> Followed:
        """Return the connection, whose keys are followed from the handshake on."""
        key_log = self._key_log or self._log_keys()
        exchange = self._connection(1)
        assert isinstance(exchange, Exchange)
        if self._followed is None or self._followed.exchange is not exchange:
            if not isinstance(exchange.client, UpdatesKeys):
                raise MeasurementError(f"{self.scenario.client} cannot update its keys")
            self._followed = Followed(exchange, key_log, self.scenario.cipher)
            # BoringSSL's server sends its tickets with its first write.
            exchange.echo(self._payload, self.clock)
            self._followed.pass_over(self.link.take_ledger())
        return self._followed

    def _log_keys(self) -> Path:
        """Have one of the ends log its secrets, which happens during handshakes and so is not timed.

        :raises MeasurementError: if neither can.
        """
        path = self._key_log = self._kept.enter_context(files.temporary(b"", ".keylog"))
        if not one_logs_keys((self.servers, self.clients), path):
            ends = " and ".join(dict.fromkeys((self.scenario.client, self.scenario.server)))
            raise MeasurementError(f"new keys cannot be proved: no secrets are exported by {ends}")
        return path
