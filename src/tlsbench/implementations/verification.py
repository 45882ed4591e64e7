"""What a verifier of certificates is asked, what it answers, and how an operation on them is checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from cryptography import x509

from tlsbench.errors import ProofError

#: A host name that no certificate here has.
STRANGER: Final = "stranger.tlsbench.test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a chain is verified against.

    :param host: the DNS name or IP address that a server must have; ``""`` where it does not matter.
    :param usage: ``"server"`` or ``"client"``: what the leaf must be for.
    :param crls: revocation lists; with any, each issuer below the root must have one.
    :param at: the time to judge at.
    """

    roots: tuple[x509.Certificate, ...]
    host: str = ""
    usage: str = "server"
    crls: tuple[x509.CertificateRevocationList, ...] = ()
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class VerifierAnswer:
    """What a verifier says: ``problem`` is the rule that fails, in its own words, ``""`` if none does.

    ``remark`` is what it did not look at.
    """

    verifier: str
    problem: str
    remark: str = ""


def must_equal(what: str, wanted: object, got: object) -> None:
    """A check of a result.

    :raises ProofError: if it is another than is right.
    """
    if wanted != got:
        raise ProofError(what, wanted=wanted, got=got, witness="client")


def must_match(what: str, wanted: bytes, got: object) -> None:
    """A check of a result whose bytes tell nobody anything.

    :raises ProofError: if it is another than is right.
    """
    if wanted != got:
        raise ProofError(what, wanted="the right result", got="another", witness="client")


def must_fail(what: str, call: Callable[[], object], error: type[Exception]) -> None:
    """A check that a call fails: what accepts everything verifies nothing.

    :raises ProofError: if it does not.
    """
    try:
        call()
    except error:
        return
    raise ProofError(what, wanted="a rejection", got="an acceptance", witness="client")
