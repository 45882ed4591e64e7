"""Reasons why a library does not compress certificates, each tried."""

from __future__ import annotations

from tlsbench.scenarios import Gap, gap
from tlsbench.scenarios.axes import AXES


def no_compression(reason: str) -> Gap:
    """The gap of a library without compressed certificates (RFC 8879), for a reason of its own."""
    return gap(reason, certificate_compression=AXES["certificate_compression"].special)
