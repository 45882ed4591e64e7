"""Why libraries lack certificate compression or Encrypted ClientHello: each was tried."""

from __future__ import annotations

from tlsbench.scenarios import Gap, gap
from tlsbench.scenarios.axes import AXES


def no_compression(reason: str) -> Gap:
    """The gap of a library without certificate compression (RFC 8879), for a reason of its own."""
    return gap(reason, certificate_compression=AXES["certificate_compression"].special)


def no_ech(reason: str) -> Gap:
    """The gap of a library without Encrypted ClientHello (RFC 9849), for a reason of its own.

    A server without it still accepts GREASE, and ignores it.
    """
    return gap(reason, ech="on")
