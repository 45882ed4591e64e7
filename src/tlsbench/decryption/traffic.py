"""Application data of TLS 1.3, followed from one key to the next (RFC 8446 sections 4.6.3 and 7.2).

A key log has the first application traffic secret of each side. The next is derived from it when that side
sends a KeyUpdate, which is the last message that it protects with the old keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import new as new_hash
from typing import Final

from tlsbench.decryption.protection import Suite, Tls13Opener
from tlsbench.decryption.records import Record
from tlsbench.errors import WireError
from tlsbench.links import Direction
from tlsbench.links.key_schedule import expand_label
from tlsbench.protocol.messages import (
    APPLICATION_DATA,
    HANDSHAKE,
    KEY_UPDATE,
    MESSAGE_HEADER_BYTES,
)

#: The secrets needed to follow each side's application data, as key logs label them (RFC 9850).
LABELS: Final[Mapping[Direction, str]] = {
    Direction.TO_SERVER: "CLIENT_TRAFFIC_SECRET_0",
    Direction.TO_CLIENT: "SERVER_TRAFFIC_SECRET_0",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """The content of one record.

    :param generation: the number of the application traffic secret that protected it, from 0.
    """

    generation: int
    content_type: int
    content: bytes

    @property
    def request_update(self) -> int | None:
        """Whether a KeyUpdate asks the other side for one, 0 or 1; None for anything else."""
        if self.content_type != HANDSHAKE or self.content[0] != KEY_UPDATE:
            return None
        return self.content[MESSAGE_HEADER_BYTES]


@dataclass(slots=True)
class TrafficReader:
    """Opens the records of one side under its application traffic secrets, one after another."""

    suite: Suite
    secret: bytes = field(repr=False)
    generation: int = field(default=0, init=False)
    _opener: Tls13Opener = field(init=False)
    _has_begun: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._opener = Tls13Opener(self.suite, self.secret)

    def read(self, records: Iterable[Record]) -> Iterator[Sent]:
        """Open the next records of the side; those before the first that opens belong to its handshake.

        :raises WireError: if a later one was not protected by the expected keys.
        """
        for record in records:
            if record.content_type != APPLICATION_DATA:
                continue
            try:
                content_type, content = self._opener.open(record)
            except WireError:
                if self._has_begun:
                    raise
                continue
            self._has_begun = True
            sent = Sent(self.generation, content_type, content)
            if sent.request_update is not None:
                self._update()
            yield sent

    def _update(self) -> None:
        """Switch to the next secret (RFC 8446 section 7.2)."""
        name = self.suite.hash_name
        self.secret = expand_label(self.secret, "traffic upd", new_hash(name).digest_size, name)
        self._opener = Tls13Opener(self.suite, self.secret)
        self.generation += 1
