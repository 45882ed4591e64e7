"""The axis for how much of its chain a server sends to a client that does not need the rest."""

from __future__ import annotations

from typing import Final, Protocol

from tlsbench.scenarios.axis import row

_FULL: Final = "full"
#: Only the leaf is sent: the client already has the intermediates.
KNOWN: Final = "leaf"
#: Only the leaf is sent: the client trusts its issuer.
ANCHORED: Final = "leaf-anchored"

CHAIN_SENT: Final = row(
    meaning="how much of its chain the server sends: all; only the leaf, because the client knows the "
    "intermediates and verifies up to the root; or only the leaf, because the client trusts its issuer",
    values=(_FULL, KNOWN, ANCHORED),
    default=(_FULL,),
    neutral=_FULL,
    workloads=("handshake", "completion"),
    rare=True,
    aliases={"suppressed": KNOWN, "anchored": ANCHORED},
    denied={
        KNOWN: "it cannot be given intermediates that it does not trust as roots, or does not say how far it "
        "verified: chain_sent=leaf-anchored may be possible",
        ANCHORED: "it trusts only self-signed certificates",
    },
    ends=("client",),
)


class _HasChain(Protocol):
    """The part of a scenario that describes a chain."""

    @property
    def chain_length(self) -> int: ...
    @property
    def chain_sent(self) -> str: ...
    @property
    def certificate_type(self) -> str: ...


def is_suppressed(scenario: _HasChain) -> bool:
    """Whether the server sends less than its whole chain."""
    return scenario.chain_sent not in ("", _FULL)


def sent_length(scenario: _HasChain) -> int:
    """How many certificates the server sends; none if it presents a raw public key (RFC 7250)."""
    if scenario.certificate_type == "raw_public_key":
        return 0
    return 1 if is_suppressed(scenario) else scenario.chain_length


def verified_length(scenario: _HasChain) -> int:
    """How many certificates the client's verification path has, including its trust anchor."""
    return 2 if scenario.chain_sent == ANCHORED else scenario.chain_length + 1
