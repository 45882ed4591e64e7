"""Why libraries do not compress certificates, or have no Encrypted ClientHello: each was tried."""

from __future__ import annotations

from tlsbench.scenarios import Gap, gap
from tlsbench.scenarios.axes import AXES


def no_compression(reason: str) -> Gap:
    """The gap of a library without compressed certificates (RFC 8879), for a reason of its own."""
    return gap(reason, certificate_compression=AXES["certificate_compression"].special)


def no_ech(reason: str) -> Gap:
    """The gap of a library without Encrypted ClientHello (RFC 9849), for a reason of its own.

    A server without it takes GREASE all the same, and passes over it.
    """
    return gap(reason, ech="on")
