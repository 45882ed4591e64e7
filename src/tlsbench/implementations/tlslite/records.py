"""The records of tlslite-ng: their size, their padding, and the limit that it announces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tlsbench.protocol.messages import RECORD_BYTES
from tlsbench.scenarios import Scenario
from tlsbench.scenarios.records import most_plaintext, number_of, padding_bytes


@dataclass(frozen=True, slots=True)
class RecordSettings:
    """The settings of a side's records.

    :param limit: the limit that it announces (``record_size_limit``); None for the library's default.
    :param most: the most plaintext bytes that it puts into a record.
    :param block: the block size to which each plaintext is padded; None for no padding.
    """

    limit: int | None
    most: int
    block: int | None

    @classmethod
    def of(cls, scenario: Scenario) -> RecordSettings:
        """The settings of a scenario."""
        limit = scenario.record_size_limit
        return cls(
            limit=number_of(limit),
            most=most_plaintext(scenario.record_size, "", limit, scenario.version),
            block=number_of(scenario.padding),
        )

    def configure(self, settings: Any) -> None:
        """Set the limit, which is agreed on, in its HandshakeSettings."""
        if self.limit is not None:
            settings.record_size_limit = self.limit

    def apply(self, connection: Any) -> None:
        """Set the rest on a connection that has not begun."""
        if self.most < RECORD_BYTES:
            connection.recordSize = self.most
        if self.block is not None:
            # HandshakeSettings.padding_cb ends up on the socket in 0.8, where nothing reads it.
            connection._recordLayer.padding_cb = self._padding(self.block)

    def _padding(self, block: int) -> Callable[[int, int, int], int]:
        def padding(length: int, _content_type: int, _most: int) -> int:
            return padding_bytes(length - 1, block, self.most)  # its length includes the content type

        return padding
