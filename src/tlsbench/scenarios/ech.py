"""The axis for Encrypted ClientHello (RFC 9849)."""

from __future__ import annotations

from typing import Final

from tlsbench.scenarios.axis import ENDS, row

ECH: Final = row(
    meaning="Encrypted ClientHello (RFC 9849): on, or grease, which looks like it and hides nothing "
    "(default: what the library does)",
    values=("default", "grease", "on"),
    default=("default",),
    neutral="default",
    workloads=("handshake", "completion"),
    rare=True,
    denied={"grease": "its client sends no GREASE", "on": "it has no Encrypted ClientHello"},
    ends=("client",),
    ends_of={"on": ENDS},
)
