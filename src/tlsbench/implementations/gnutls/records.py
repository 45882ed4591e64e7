"""The records of GnuTLS: their size, their padding, their agreed limits, and key updates.

GnuTLS asks the peer for a size that is set (``max_fragment_length`` and ``record_size_limit``). Otherwise it
makes smaller records only if it is given less data at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tlsbench.errors import HandshakeError
from tlsbench.implementations.gnutls.bindings import E_SUCCESS, Library, ffi
from tlsbench.implementations.native import text
from tlsbench.protocol.messages import RECORD_BYTES
from tlsbench.scenarios import Gap, Scenario, gap
from tlsbench.scenarios.axes import AXES
from tlsbench.scenarios.capabilities import special_values
from tlsbench.scenarios.records import most_plaintext, number_of, padding_bytes

#: GNUTLS_KU_PEER of gnutls_session_key_update(3).
_ASKS_PEER: Final = 1
#: Below this, a limit needs a keyword in the priorities.
_SMALL_BYTES: Final = 512


@dataclass(frozen=True, slots=True)
class RecordSettings:
    """The settings of a side's records.

    :param asks: the plaintext bytes that it asks for with ``max_fragment_length``; None if it does not.
    :param takes: the most plaintext bytes that it announces with ``record_size_limit``; None if it does not.
    :param most: the most plaintext bytes that are written as one record.
    :param block: the block size to which each plaintext is padded; None for no padding.
    :param type_bytes: the bytes of a limit that are for the content type.
    """

    asks: int | None = None
    takes: int | None = None
    most: int = RECORD_BYTES
    block: int | None = None
    type_bytes: int = 0

    @classmethod
    def of(cls, scenario: Scenario, *, is_client: bool) -> RecordSettings:
        """The settings of one side of a scenario."""
        type_bytes = int(scenario.version == "1.3")
        limit = number_of(scenario.record_size_limit)
        return cls(
            asks=number_of(scenario.max_fragment_length) if is_client else None,
            takes=limit - type_bytes if limit is not None else None,
            most=most_plaintext(
                scenario.record_size,
                scenario.max_fragment_length,
                scenario.record_size_limit,
                scenario.version,
            ),
            block=number_of(scenario.padding),
            type_bytes=type_bytes,
        )

    @property
    def priorities(self) -> str:
        """What its priorities need in addition."""
        is_small = self.takes is not None and self.takes < _SMALL_BYTES
        return ":%ALLOW_SMALL_RECORDS" if is_small else ""

    @property
    def writes_otherwise(self) -> bool:
        """Whether its writes must be split or padded."""
        return self.block is not None or self.most < RECORD_BYTES

    def configure(self, lib: Library, session: Any) -> None:
        """Apply the settings to a session that has not begun.

        :raises HandshakeError: if the library refuses.
        """
        if self.asks is not None:
            lib.must(lib.gnutls_record_set_max_size(session, self.asks))
        if self.takes is not None:
            lib.must(lib.gnutls_record_set_max_recv_size(session, self.takes))

    def write(self, lib: Library, session: Any, data: bytes) -> None:
        """Seal application data.

        :raises HandshakeError: if the library gives up.
        """
        send, whole = lib.gnutls_record_send2, ffi.from_buffer(data)
        at, end, most, block = 0, len(data), self.most, self.block
        while at < end:
            length = min(most, end - at)
            padding = padding_bytes(length, block, most) if block is not None else 0
            sent = send(session, whole + at, length, padding, 0)
            if sent < 0:
                raise HandshakeError(f"gnutls: {text(lib.gnutls_strerror(sent))}")
            at += sent

    def told(self, lib: Library, session: Any) -> dict[str, Any]:
        """The agreed limit, if one was asked for: the most that the library takes in a record."""
        agreed = lib.gnutls_record_get_max_size(session)
        if self.asks is not None:
            return {"max_fragment_length": agreed if agreed < RECORD_BYTES else 0}
        return {"record_size_limit": agreed + self.type_bytes} if self.takes is not None else {}


def update_keys(lib: Library, session: Any, *, requests_update: bool) -> None:
    """Send a KeyUpdate (gnutls_session_key_update(3)).

    :raises HandshakeError: if the library refuses.
    """
    if (result := lib.gnutls_session_key_update(session, _ASKS_PEER if requests_update else 0)) != E_SUCCESS:
        raise HandshakeError(f"gnutls: {text(lib.gnutls_strerror(result))}")


def record_gaps(library: str) -> tuple[Gap, ...]:
    """What GnuTLS does not support of these axes.

    :param library: the library's id.
    """
    return (
        *(
            Gap(
                "it can set the size and padding of records only for application data",
                {axis: special_values(axis), "workload": frozenset(("handshake",))},
            )
            for axis in ("padding", "record_size")
        ),
        gap(
            "its client also offers record_size_limit, which its server accepts instead of "
            "max_fragment_length",
            client=library,
            server=library,
            max_fragment_length=AXES["max_fragment_length"].special,
        ),
        gap(
            "it accepts no limit below 64 bytes of plaintext plus the content type",
            version="1.3",
            record_size_limit="64",
        ),
    )
