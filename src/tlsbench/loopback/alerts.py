"""Alerts: how one side informs the other why it gives up (RFC 8446 section 6)."""

from __future__ import annotations

from dataclasses import dataclass

from tlsbench.protocol.alerts import CLOSE_NOTIFY, DESCRIPTIONS


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert, as one side sent or received it. ``sender`` is ``"client"`` or ``"server"``."""

    code: int
    sender: str

    @property
    def description(self) -> str:
        """Its name, such as ``"unknown_ca"``."""
        return DESCRIPTIONS.get(self.code, f"alert {self.code}")

    @property
    def is_refusal(self) -> bool:
        """Whether it ends the connection for a reason; close_notify ends it without one."""
        return self.code != CLOSE_NOTIFY

    def __str__(self) -> str:
        return f"{self.description} ({self.code}), sent by the {self.sender}"
